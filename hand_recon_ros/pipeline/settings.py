"""How a pipeline works: what users may choose beside the model and the device."""

from __future__ import annotations

from dataclasses import dataclass

from hand_recon_ros.pipeline.smoothing import OneEuro


@dataclass(frozen=True)
class Settings:
    """How a pipeline works.

    Attributes:
        tracking: follow hands from frame to frame; off, every picture stands alone.
        max_hands: most hands a picture.
        min_score: probability of being a hand under which a finding is dropped.
        smoothing: one-euro filter of tracked hands, or None.
        fov_deg: field of view across the longer side that is assumed without intrinsics.
    """

    tracking: bool = False
    max_hands: int = 4
    min_score: float = 0.5
    smoothing: OneEuro | None = None
    fov_deg: float = 60.0

    def __post_init__(self) -> None:
        if self.max_hands < 1:
            raise ValueError(f"max_hands must be at least 1, got {self.max_hands}")
        if not 0 < self.min_score < 1:
            raise ValueError(f"min_score must lie between 0 and 1, got {self.min_score}")
