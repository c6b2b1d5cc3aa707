"""`/tf`: hands as frames below the camera's, when asked for."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from hand_recon_ros.bus.interface import Bus, Qos
from hand_recon_ros.bus.tf_codec import TF_MESSAGE, Transform, encode_transforms
from hand_recon_ros.node.outputs.posed_hand import PosedHand
from hand_recon_ros.types import HandFrame, Joint, ScaleSource

logger = logging.getLogger(__name__)

TF = Qos(reliable=True, depth=100)
"""That of tf2_ros."""


class TransformOutput:
    """Frames `<side>_hand` at the wrist (operator frame), and the other 20 joints below it.

    The longest tracked hand of a side has plain names, such as `right_hand` and `right_index_tip`; further ones end in
    their track, as in `right_hand_7`, and are left out when they are not tracked. Hands of a named camera have its name
    in front, as in `left_eye_right_hand`, since a frame has one parent only.
    """

    def __init__(self, bus: Bus, camera: str = ""):
        self._camera = f"{camera}_" if camera else ""
        self._publisher = bus.publisher("/tf", TF_MESSAGE, TF)
        self._last_ns = 0
        self._warned = False

    def publish(self, result: HandFrame, sides: Sequence[Sequence[PosedHand]], prefix: str, assumed: bool) -> None:
        """Publish all hands in one message, never twice for one stamp: tf2 refuses repeated data.

        Args:
            result: for its stamp and frame.
            sides: hands of each side, the longest tracked first.
            prefix: before all names.
            assumed: also hands whose scale is assumed.
        """
        if not result.stamp_ns or not result.frame_id:
            self._warn_once("stamp" if not result.stamp_ns else "frame_id")
            return
        if result.stamp_ns == self._last_ns or not self._publisher.subscription_count():
            return
        allowed = (ScaleSource.METRIC, ScaleSource.ASSUMED) if assumed else (ScaleSource.METRIC,)
        transforms = [
            transform
            for hands in sides
            for place, posed in enumerate(hands)
            if posed.hand.scale_source in allowed and (place == 0 or posed.hand.track_id)
            for transform in _transforms(posed, place, result.frame_id, prefix + self._camera)
        ]
        if transforms:
            self._last_ns = result.stamp_ns
            self._publisher.publish(encode_transforms(result.stamp_ns, transforms))

    def close(self) -> None:
        """Leave the topic."""
        self._publisher.close()

    def _warn_once(self, missing: str) -> None:
        if not self._warned:
            logger.warning("no transforms are published for images without a %s", missing)
            self._warned = True


def _transforms(posed: PosedHand, place: int, frame_id: str, prefix: str) -> Iterator[Transform]:
    side = prefix + posed.hand.side.name.lower()
    track = f"_{posed.hand.track_id}" if place else ""
    root = f"{side}_hand{track}"
    yield Transform(frame_id, root, posed.wrist.tolist())
    for joint, pose in zip(Joint, posed.poses_from_wrist.tolist(), strict=True):
        if joint != Joint.WRIST:
            yield Transform(root, f"{side}_{joint.name.lower()}{track}", pose)
