"""Files that benchmark servers take: joints and vertices of every picture, in the order of the evaluation list."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hand_recon_ros.atomic import written_whole
from hand_recon_ros.types import FloatArray
from hand_recon_train.datasets import Sample
from hand_recon_train.evaluation.finding import FoundHand

HO3D_ORDER = (0, 5, 6, 7, 9, 10, 11, 17, 18, 19, 13, 14, 15, 1, 2, 3, 4, 8, 12, 16, 20)
"""HO-3D's joints in ours: wrist; index, middle, pinky, ring, thumb; tips from thumb to pinky."""
OPENGL = np.array([1, -1, -1], np.float32)
MEMBER = "pred.json"


def freihand_entry(hand: FoundHand) -> tuple[FloatArray, FloatArray]:
    """Joints and vertices as FreiHAND's server takes them: metres, camera axes, anywhere."""
    return hand.joints, _vertices(hand)


def ho3d_entry(hand: FoundHand, root: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Joints and vertices as HO-3D's server takes them: moved to the wrist (3,) it gives, OpenGL axes, its order."""
    joints, vertices = ((points - hand.joints[0] + root) * OPENGL for points in (hand.joints, _vertices(hand)))
    return joints[list(HO3D_ORDER)], vertices


def _vertices(hand: FoundHand) -> FloatArray:
    if hand.vertices is None:
        raise ValueError("expected a mesh of every hand for a submission, got joints only; evaluate a mesh network")
    return hand.vertices


class Submission:
    """Collects the hands of one benchmark and writes its file."""

    def __init__(self, dataset: str) -> None:
        """Collect for a data set.

        Raises:
            ValueError: no server takes files for it.
        """
        if not dataset.startswith(("freihand", "ho3d")):
            raise ValueError(f"expected freihand or ho3d for a submission, got {dataset}; leave --submit out")
        self._ho3d = dataset.startswith("ho3d")
        self._entries: list[tuple[FloatArray, FloatArray]] = []

    def add(self, number: int, sample: Sample, found: Sequence[FoundHand | None]) -> None:
        """Take the hand of the next picture.

        Raises:
            ValueError: none was found, or pictures come in another order.
        """
        if number != len(self._entries) or not found or found[0] is None:
            raise ValueError(
                f"expected a hand in every picture in order, got none for sample {number} ({sample.source})"
            )
        hand = found[0]
        self._entries.append(ho3d_entry(hand, sample.hands[0].joints[0]) if self._ho3d else freihand_entry(hand))

    def save(self, file: Path) -> None:
        """Write pred.json, alone for FreiHAND (whose zip it may also be), in a flat zip for HO-3D."""
        columns = [[values.round(7).tolist() for values in column] for column in zip(*self._entries, strict=True)]
        text = json.dumps(columns)
        with written_whole(file) as partial:
            if file.suffix == ".zip":
                with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
                    archive.writestr(MEMBER, text)
            else:
                partial.write_text(text, encoding="utf-8")
