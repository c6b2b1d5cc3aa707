"""Batches of bounded size, so that many cameras cannot ask an engine for more memory than a few do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hand_recon_ros.types import ByteImage, FloatArray

if TYPE_CHECKING:
    from hand_recon_ros.runtime import Engine

MAX_BATCH = 32


def run_in_chunks(engine: Engine, images: ByteImage) -> tuple[FloatArray, ...]:
    """An engine's outputs for images (N, H, W, 3), at least one, in calls of at most MAX_BATCH."""
    if len(images) <= MAX_BATCH:
        return engine(images)
    parts = [engine(images[start : start + MAX_BATCH]) for start in range(0, len(images), MAX_BATCH)]
    return tuple(np.concatenate(outputs) for outputs in zip(*parts, strict=True))
