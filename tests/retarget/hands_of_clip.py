"""Hands of a recording, as retargeting takes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from hand_recon_ros.node.result_reader import read_results
from hand_recon_ros.retarget.operator_joints import of_reference_size, operator_joints
from hand_recon_ros.types import Hand, Side

Array = npt.NDArray[np.floating]


def hands_of(recording: Path, side: Side) -> list[tuple[int, Hand]]:
    """Stamps and hands of a side."""
    return [(frame.stamp_ns, hand) for _, frame in read_results(recording) for hand in frame.hands if hand.side == side]


def joints_of(recording: Path, side: Side) -> list[Array]:
    """(21, 3) of each hand of a side, in the operator frame and of reference size."""
    return [of_reference_size(operator_joints(hand), side) for _, hand in hands_of(recording, side)]
