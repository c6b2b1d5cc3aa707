"""The thread that owns the pipeline of a live node."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from hand_recon_ros.node.camera_stream import Arrival
from hand_recon_ros.node.hand_node import Pipeline
from hand_recon_ros.node.mailbox import Mailbox
from hand_recon_ros.runtime.device import release_device_memory

logger = logging.getLogger(__name__)

POLL_S = 0.05
PATIENCE_S = 0.5
"""How long stopping waits for the picture in work; an abandoned thread ends with the process."""


class Worker:
    """Loads the pipeline and works off a mailbox until it is stopped.

    State of CUDA belongs to a thread, so everything that touches the pipeline happens on this one.

    Args:
        load: makes the pipeline.
        process: reconstructs and publishes the newest images of some cameras.
        on_failure: told why the thread ended, from that thread, when it was not stopped.
    """

    def __init__(
        self,
        load: Callable[[], Pipeline],
        process: Callable[[Pipeline, Mapping[str, Arrival]], None],
        on_failure: Callable[[Exception], None],
    ):
        self.mailbox: Mailbox[str, Arrival] = Mailbox()
        self.description: Mapping[str, str] = {}
        self._load, self._process, self._on_failure = load, process, on_failure
        self._ready = threading.Event()
        self._load_error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="hands", daemon=True)

    def start(self, give_up: threading.Event) -> None:
        """Return when the pipeline is loaded, or when give_up is set before that.

        Raises:
            Exception: what loading raised.
        """
        self._thread.start()
        while not self._ready.wait(POLL_S) and not give_up.is_set():
            pass
        if self._load_error is not None:
            raise self._load_error

    def stop(self, give_up: threading.Event) -> None:
        """End after the picture in work and release the pipeline; hardly wait for it when give_up is set."""
        self.mailbox.close()
        while self._thread.is_alive() and not give_up.is_set():
            self._thread.join(POLL_S)
        self._thread.join(PATIENCE_S)
        if self._thread.is_alive():
            logger.warning("the work in hand takes longer than %g s and is left behind", PATIENCE_S)

    def _run(self) -> None:
        try:
            pipeline = self._load()
            self.description = pipeline.description
        except Exception as error:
            self._load_error = error
            return
        finally:
            self._ready.set()
        try:
            while arrivals := self.mailbox.get():
                self._process(pipeline, arrivals)
        except Exception as error:
            self._on_failure(error)
        finally:
            del pipeline
            release_device_memory()
