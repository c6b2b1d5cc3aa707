"""All outputs of the node for one camera."""

from __future__ import annotations

from hand_recon_ros.bus.hand_codec import Delivery
from hand_recon_ros.bus.interface import Bus
from hand_recon_ros.node.outputs.debug_image import DebugImageOutput
from hand_recon_ros.node.outputs.markers import MarkerOutput
from hand_recon_ros.node.outputs.posed_hand import posed_hands
from hand_recon_ros.node.outputs.results import ResultOutput
from hand_recon_ros.node.outputs.side_topics import SideOutput
from hand_recon_ros.node.outputs.transforms import TransformOutput
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.types import Frame, HandFrame, Side


class HandOutputs:
    """Publishers of everything the node says about the hands of one camera.

    `~/hands` is published for every frame; all others are built only while somebody subscribes.
    """

    def __init__(self, bus: Bus, parameters: NodeParameters, camera: str = ""):
        self._results = ResultOutput(bus)
        self._markers = MarkerOutput(bus)
        self._sides = {side: SideOutput(bus, side) for side in (Side.LEFT, Side.RIGHT)}
        self._transforms = TransformOutput(bus, camera) if parameters.publish_tf else None
        self._debug_image = DebugImageOutput(bus)

    def publish(self, frame: Frame, result: HandFrame, delivery: Delivery, parameters: NodeParameters) -> None:
        """Publish what was found in one picture, with the parameters of that moment."""
        self._results.publish(result, delivery, parameters.publish_vertices)
        self._markers.publish(result, parameters.marker_style)
        hands = {side: posed_hands(result.hands, side) for side in self._sides}
        for side, output in self._sides.items():
            if hands[side]:
                output.publish(hands[side][0], result.stamp_ns, result.frame_id)
        if self._transforms:
            self._transforms.publish(result, [*hands.values()], parameters.tf_prefix, parameters.tf_assumed_scale)
        self._debug_image.publish(frame.rgb, result, parameters.debug_image_quality)

    def reset(self) -> None:
        """Another stream begins: clear the markers with the next frame."""
        self._markers.reset()

    def clear(self) -> None:
        """Take everything off the displays now."""
        self._markers.clear()

    def close(self) -> None:
        """Leave all topics."""
        for output in (self._results, self._markers, *self._sides.values(), self._transforms, self._debug_image):
            if output:
                output.close()
