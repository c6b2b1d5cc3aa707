"""How far off distances are with what is known of camera and hand: the table of docs/calibration.md.

    python -m tools.scale_table

Takes the bundled clip, whose truth is known. A hand looks the same when its size and its distance grow together, so a
hand of another size is the same picture with another truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hand_recon_ros.camera import project
from hand_recon_ros.node.bag_frames import bag_frames
from hand_recon_ros.paths import shared_file
from hand_recon_ros.pipeline import HandPipeline
from hand_recon_ros.render.rasterizer import rasterize
from hand_recon_ros.types import FloatArray, Frame, ScaleSource, Side
from tools.make_clip import CAMERA, hand_at

SIDES = (Side.RIGHT, Side.LEFT)


class Case(NamedTuple):
    """What the pipeline is told, and how much larger the hands are than they look."""

    known: str
    camera: bool = True
    fov_deg: float = 60.0
    depth: bool = False
    size: float = 1.0


CASES = (
    Case("intrinsics"),
    Case("intrinsics, hand 10 % larger than average", size=1.1),
    Case("intrinsics, hand 15 % smaller than average", size=0.85),
    Case("nothing: 60° assumed, right by chance", camera=False),
    Case("nothing: 75° assumed", camera=False, fov_deg=75),
    Case("nothing: 45° assumed", camera=False, fov_deg=45),
    Case("intrinsics and depth", depth=True),
    Case("intrinsics and depth, hand 10 % larger than average", depth=True, size=1.1),
)


def measure(case: Case, frames: list[Frame], truth: FloatArray) -> tuple[str, npt.NDArray[np.float64]]:
    """The scale sources that were given, and the found over the true distances of the wrists from the camera."""
    pipeline = HandPipeline.create(device="cpu", tracking=True, fov_deg=case.fov_deg)
    sources, ratios = set(), []
    for number, frame in enumerate(frames):
        depth = rendered_depth(number / (len(frames) - 1)) * np.float32(case.size) if case.depth else None
        found = pipeline(frame.rgb, frame.camera if case.camera else None, frame.stamp_ns, depth=depth)
        for hand in found.hands:
            true = case.size * truth[number, SIDES.index(hand.side), 0]
            sources.add(hand.scale_source)
            ratios.append(np.linalg.norm(hand.wrist.position) / np.linalg.norm(true))
    return "/".join(ScaleSource(source).name.lower() for source in sorted(sources)), np.array(ratios)


def rendered_depth(phase: float) -> FloatArray:
    """The depth image (H, W) of the clip's hands, 0 where there is none."""
    hands = [hand_at(side, phase) for side in SIDES]
    vertices = np.concatenate([hand.vertices for hand in hands])
    faces = np.concatenate([hand.model.faces + k * len(hand.vertices) for k, hand in enumerate(hands)])
    seen = rasterize(project(CAMERA, vertices), vertices[:, 2], faces, (CAMERA.height, CAMERA.width))
    return np.where(np.isfinite(seen.depth), seen.depth, np.float32(0))


def rows() -> Iterator[str]:
    """The table, line after line."""
    frames = list(bag_frames(shared_file("examples", "two_hands.mcap")))
    truth = np.load(shared_file("examples", "two_hands_truth.npz"))["joints"]
    yield "| what is known | `scale_source` | distance off, median | half of the hands within |"
    yield "| --- | --- | --- | --- |"
    for case in CASES:
        source, ratios = measure(case, frames, truth)
        low, middle, high = 100 * (np.quantile(ratios, (0.25, 0.5, 0.75)) - 1)
        yield f"| {case.known} | `{source}` | {middle:+.1f} % | {low:+.1f} to {high:+.1f} % |"


if __name__ == "__main__":
    for row in rows():
        print(row, flush=True)
