"""Pictures of one camera in, metric hands out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.pipeline.hand_rig import HandRig
from hand_recon_ros.pipeline.smoothing import OneEuro
from hand_recon_ros.types import ByteImage, CameraModel, FloatArray, Frame, HandFrame, Side

CAMERA = ""
"""The one camera has no name, so that errors do not speak of one."""


class HandPipeline:
    """Reconstructs the hands of one camera's pictures; a stateful object for one thread.

    Example:
        pipeline = HandPipeline.create()
        for hand in pipeline(rgb, camera=CameraModel(fx, fy, cx, cy, width, height)).hands:
            print(hand.side.name, hand.wrist.position)
    """

    def __init__(self, rig: HandRig) -> None:
        """A pipeline on a rig that serves nothing else; `create` is the usual way."""
        self._rig = rig

    @classmethod
    def create(
        cls,
        model: str = "default",
        device: str = "auto",
        tracking: bool = False,
        max_hands: int = 4,
        min_score: float = 0.5,
        smoothing: OneEuro | None = None,
        fov_deg: float = 60.0,
        threads: int | None = None,
        mano: Path | None = None,
        random_weights: bool = False,
        precision: str = "float32",
    ) -> HandPipeline:
        """Load a model by a name that `hand-recon models` lists, onto "cpu", "cuda", or whichever is there ("auto").

        Arguments and errors are those of HandRig.create.
        """
        rig = HandRig.create(
            model, device, tracking, max_hands, min_score, smoothing, fov_deg, threads, mano, random_weights, precision
        )
        return cls(rig)

    @property
    def models(self) -> Mapping[Side, HandModel]:
        """Hand model of each side, which the hands' poses and shapes belong to."""
        return self._rig.models

    def reset(self) -> None:
        """Forget all tracks."""
        self._rig.reset(CAMERA)

    def __call__(
        self,
        rgb: ByteImage,
        camera: CameraModel | None = None,
        stamp_ns: int = 0,
        frame_id: str = "",
        depth: FloatArray | None = None,
    ) -> HandFrame:
        """Reconstruct every hand of a picture.

        Args:
            rgb: (H, W, 3) uint8.
            camera: intrinsics, of this size or a pure scale of it; None assumes a field of view.
            stamp_ns: time of exposure; drives smoothing and the forgetting of tracks.
            frame_id: copied to the result.
            depth: (H, W) metres registered to rgb, NaN or 0 where unknown.

        Raises:
            ValueError: a picture, camera or depth image of the wrong form.
        """
        return self._rig({CAMERA: Frame(rgb, stamp_ns, frame_id, camera, depth)})[CAMERA]
