"""All outputs of the node for one camera."""

from __future__ import annotations

from typing import Any

from hand_recon_ros.bus.interface import Bus
from hand_recon_ros.node.outputs.markers import MarkerOutput
from hand_recon_ros.node.outputs.results import ResultOutput
from hand_recon_ros.node.parameters import NodeParameters


class HandOutputs:
    """Publishers of everything the node says about the hands of one camera.

    `~/hands` is published for every frame; all others are built only while somebody subscribes.
    """

    def __init__(self, bus: Bus, parameters: NodeParameters | None = None):
        self._results = ResultOutput(bus)
        self._markers = MarkerOutput(bus)

    def publish(self, *frame_result_delivery_parameters: Any) -> None:
        """Publish one frame; callers without the picture give (result, delivery, parameters)."""
        *_, result, delivery, parameters = frame_result_delivery_parameters
        self._results.publish(result, delivery, parameters.publish_vertices)
        self._markers.publish(result, parameters.marker_style)

    def reset(self) -> None:
        """Another stream begins: clear the markers with the next frame."""
        self._markers.reset()

    def clear(self) -> None:
        """Take everything off the displays now."""
        self._markers.clear()

    def close(self) -> None:
        """Leave all topics."""
        self._results.close()
        self._markers.close()
