"""The life of the node on a live bus, as ROS 2's managed nodes live: configure, activate, deactivate, clean up.

The design article "Managed nodes" names the states and transitions. What each of them does here:

- configure: the parameters hold and the weights are there and intact; the outputs exist.
- activate: the networks are on the device and warm; only now is there a subscription to the cameras.
- deactivate: no subscription, no networks, no memory of the device.
- clean up: no outputs.

A transition that fails leaves the state before it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from hand_recon_ros.bus.interface import Answer, LiveBus
from hand_recon_ros.node.diagnostics import Diagnostics
from hand_recon_ros.node.hand_node import HandNode, Pipeline
from hand_recon_ros.node.load import check_model, load_pipeline
from hand_recon_ros.node.parameters import NodeParameters, changed_parameters, parameters_from
from hand_recon_ros.node.worker import Worker

logger = logging.getLogger(__name__)

DIAGNOSTICS_PERIOD_S = 1.0


class ManagedNode:
    """The node with its services and diagnostics; its methods are called from one thread, that of `bus.spin`.

    Args:
        bus: where the topics and services are.
        parameters: at the start; they hold from `configure` on.
        stop: set when the process ends; loading is then given up.
        on_failure: told, from another thread, why the results cannot be published any more.
        load: makes the pipeline.
        check: raises ValueError when the pipeline could not be loaded.
    """

    def __init__(
        self,
        bus: LiveBus,
        parameters: NodeParameters,
        stop: threading.Event,
        on_failure: Callable[[Exception], None],
        load: Callable[[NodeParameters], Pipeline] = load_pipeline,
        check: Callable[[NodeParameters], None] = check_model,
    ):
        self.parameters = parameters
        self._bus, self._stop, self._on_failure = bus, stop, on_failure
        self._load, self._check = load, check
        self._node: HandNode | None = None
        self._worker: Worker | None = None
        self._enabled = True
        self._diagnostics = Diagnostics(bus)
        bus.trigger_service("~/reset_tracks", self._reset_tracks)
        bus.switch_service("~/enable", self._enable)
        bus.every(DIAGNOSTICS_PERIOD_S, self._diagnose)

    @property
    def active(self) -> bool:
        """Whether the networks are loaded."""
        return self._worker is not None

    @property
    def transitions(self) -> Mapping[str, Callable[[], None]]:
        """What to do for each transition of a ROS 2 managed node, by its label."""
        return {
            "configure": self.configure,
            "activate": self.activate,
            "deactivate": self.deactivate,
            "cleanup": self.clean_up,
            "shutdown": self.clean_up,
        }

    def configure(self) -> None:
        """Check the model and create the outputs.

        Raises:
            ValueError: weights are missing or damaged.
            RuntimeError: the device is not there.
        """
        self._check(self.parameters)
        self._node = HandNode(self._bus, self.parameters)

    def activate(self) -> None:
        """Load the networks and subscribe to the cameras.

        Raises:
            Exception: what loading raised.
        """
        node = self._configured()
        worker = Worker(lambda: self._load(node.parameters), node.process, self._on_failure)
        try:
            worker.start(self._stop)
            if self._enabled:
                node.open(worker.mailbox.put)
        except BaseException:
            node.close()
            worker.stop(self._stop)
            raise
        self._worker = worker
        for stream in node.streams.values():
            logger.info("waiting for images on %s", stream.image_topic)

    def deactivate(self) -> None:
        """Unsubscribe, clear what is displayed, and free the networks."""
        if self._node is not None:
            self._node.close()
        if self._worker is not None:
            self._worker.stop(self._stop)
            self._worker = None
        if self._node is not None:
            self._node.clear()

    def clean_up(self) -> None:
        """Leave all topics."""
        self.deactivate()
        if self._node is not None:
            self._node.dispose()
            self._node = None

    def change(self, values: Mapping[str, Any]) -> None:
        """Take new values of parameters; once the node is configured, of live ones only, from the next image on.

        Raises:
            ValueError: an unknown name, a value that is not allowed, or one that cannot change now.
        """
        if self._node is None:
            self.parameters = parameters_from({**self.parameters.values(), **values})
        else:
            self._node.parameters = self.parameters = changed_parameters(self.parameters, values)

    def summary(self) -> str:
        """What became of the images so far, in a sentence."""
        stats = [stream.stats() for stream in self._node.streams.values()] if self._node else []
        processed, dropped, failed = (
            sum(getattr(s, name) for s in stats) for name in ("processed", "dropped", "failed")
        )
        return f"{processed} images processed, {dropped} dropped, {failed} failed"

    def _configured(self) -> HandNode:
        if self._node is None:
            raise ValueError("expected a configured node; configure it first")
        return self._node

    def _reset_tracks(self) -> Answer:
        if self._node is None or self._worker is None:
            return Answer(False, "the node is not active; there are no tracks")
        self._node.forget_tracks()
        return Answer(True, "all hands are new from the next image on")

    def _enable(self, wanted: bool) -> Answer:
        if wanted != self._enabled and self._node is not None and self._worker is not None:
            if wanted:
                self._node.open(self._worker.mailbox.put)
            else:
                self._node.close()
        self._enabled = wanted
        return Answer(True, "images are processed" if wanted else "images are ignored; the networks stay loaded")

    def _diagnose(self) -> None:
        streams = self._node.streams if self._node else {}
        stats = {camera: stream.stats() for camera, stream in streams.items()}
        model = dict(self._worker.description) if self._worker else {}
        self._diagnostics.publish(stats, model, self.active and self._enabled)
