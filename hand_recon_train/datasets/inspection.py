"""Whether samples look like hands: what a wrong unit, axis, order or camera gives away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hand_recon_ros.camera import project
from hand_recon_ros.types import CameraModel, Joint, Side
from hand_recon_train.datasets.sample import HandTruth, Sample

PALM = (0.05, 0.14)
"""Metres from the wrist to the middle finger's knuckle, children to large adults, with room."""
FARTHEST = 3.0
REPROJECTION = 2.0
SURFACE = 0.03
"""How far a joint may lie from the nearest vertex, metres; half of a hand's thickness, with room."""


def counts(samples: Sequence[Sample]) -> dict[str, int]:
    """How many samples, hands, hands of each side, and hands of which something is known."""
    hands = [hand for sample in samples for hand in sample.hands]
    return {
        "samples": len(samples),
        "hands": len(hands),
        "left": sum(hand.side == Side.LEFT for hand in hands),
        "right": sum(hand.side == Side.RIGHT for hand in hands),
        "3D joints": sum(bool(hand.joints_known.any()) for hand in hands),
        "2D joints": sum(bool(hand.joints_2d_known.any()) for hand in hands),
        "meshes": sum(hand.vertices is not None for hand in hands),
        "parameters": sum(hand.mano is not None for hand in hands),
        "masks": sum(hand.mask is not None for hand in hands),
        "boxes": sum(hand.box is not None for hand in hands),
    }


def doubts(sample: Sample) -> list[str]:
    """What about a sample cannot be right, one sentence each, naming its file."""
    return [
        f"{sample.source}: {doubt} ({hand.side.name.lower()} hand)"
        for hand in sample.hands
        for doubt in (*_about_joints(hand), *_about_view(hand, hand.camera or sample.camera))
    ]


def _about_joints(hand: HandTruth) -> Iterator[str]:
    known = hand.joints_known
    if known[Joint.WRIST] and known[Joint.MIDDLE_MCP]:
        length = float(np.linalg.norm(hand.joints[Joint.MIDDLE_MCP] - hand.joints[Joint.WRIST]))
        if not PALM[0] <= length <= PALM[1]:
            yield f"expected {PALM[0]} to {PALM[1]} m from wrist to middle knuckle, got {length:.4g}; another unit?"
    if hand.vertices is not None and known.any():
        gaps = np.linalg.norm(hand.joints[known][:, None] - hand.vertices[None], axis=2).min(axis=1)
        if gaps.max() > SURFACE:
            yield f"expected joints within the mesh, one is {1000 * gaps.max():.0f} mm outside; wrong model or axes?"


def _about_view(hand: HandTruth, camera: CameraModel | None) -> Iterator[str]:
    known = hand.joints_known
    if not hand.placed or not known.any():
        return
    depths = hand.joints[known, 2]
    if depths.min() <= 0 or depths.max() > FARTHEST:
        yield f"expected joints 0 to {FARTHEST} m in front, got {depths.min():.3g} to {depths.max():.3g}; wrong axes?"
        return
    both = known & hand.joints_2d_known
    if camera is not None and both.any():
        # Not the largest: labels and models differ in where a fingertip is.
        error = float(np.median(np.abs(project(camera, hand.joints[both]) - hand.joints_2d[both]).max(axis=1)))
        if error > REPROJECTION:
            yield f"expected joints to project onto their pixels, half are over {error:.1f} px off; wrong intrinsics?"
