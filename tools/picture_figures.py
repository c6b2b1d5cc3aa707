"""The pictures of docs/pictures.md, and README's: the bundled clip with the hands that the node finds in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from hand_recon_ros.camera import project
from hand_recon_ros.cli.plot import plot_results
from hand_recon_ros.node import load_pipeline
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.node.replay import replay_bag
from hand_recon_ros.node.result_reader import read_results
from hand_recon_ros.paths import shared_file
from hand_recon_ros.render.overlay import Style, draw_overlay
from hand_recon_ros.render.picture import save_png
from hand_recon_ros.render.sheet import OverlaySheet, captioned
from hand_recon_ros.render.turntable import turntable
from hand_recon_ros.render.views import contact_sheet
from hand_recon_ros.types import ByteImage, Hand, HandFrame

IN_README = (9, 24, 33, 44, 52, 66)
POINTING, SPREAD = 44, 66
STYLES = {
    "the default": Style(),
    "--alpha 1 --no-skeleton --no-labels": Style(1, False, False),
    "--alpha 0 --no-labels": Style(0, True, False),
}
WINDOW = np.s_[90:410, 160:500]
Result = tuple[ByteImage, HandFrame]


def save_figures(out: Path) -> None:
    """Write clip.png, styles.png, sheet.png, turntable.png and angles.png."""
    parameters = NodeParameters(publish_vertices=True, device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        bag = Path(folder) / "result.mcap"
        replay_bag(shared_file("examples", "two_hands.mcap"), bag, load_pipeline(parameters), parameters)
        plot_results(bag, out / "angles.png")
        results = list(read_results(bag))
    save_png(out / "clip.png", clip_sheet(results))
    save_png(out / "styles.png", style_sheet(results[POINTING]))
    save_png(out / "turntable.png", contact_sheet(list(turntable(results[POINTING][1].hands[:1], 8, 240)), 4))
    save_sheet(out / "sheet.png", results)


def clip_sheet(results: list[Result]) -> ByteImage:
    """Six frames of the clip."""
    return contact_sheet([_resized(draw_overlay(*results[number]), 0.7) for number in IN_README], 3)


def style_sheet(result: Result) -> ByteImage:
    """One frame in several styles, and two hands of which one hides the other."""
    rgb, frame = result
    shown = {name: draw_overlay(rgb, frame, style) for name, style in STYLES.items()}
    crossed = crossed_hands(frame)
    shown["one hand before another"] = draw_overlay(np.full_like(rgb, 225), crossed, Style(0.9, labels=False))
    cells = [captioned(np.ascontiguousarray(picture[WINDOW]), name) for name, picture in shown.items()]
    return contact_sheet(cells, 4)


def crossed_hands(frame: HandFrame) -> HandFrame:
    """The first two hands of a frame, in the middle of the window and 8 cm behind one another."""
    middle = np.array([330, 255])
    hands = tuple(_moved(hand, frame, middle, depth) for hand, depth in zip(frame.hands, (0.5, 0.58), strict=True))
    return replace(frame, hands=hands)


def _moved(hand: Hand, frame: HandFrame, pixel: np.ndarray, depth: float) -> Hand:
    camera = frame.camera
    x, y = (pixel - (camera.cx, camera.cy)) / (camera.fx, camera.fy) * depth
    shift = np.float32([x, y, depth]) - hand.joints.mean(axis=0)
    joints = hand.joints + shift
    wrist = hand.wrist._replace(position=joints[0])
    return replace(hand, vertices=hand.vertices + shift, joints=joints, joints_2d=project(camera, joints), wrist=wrist)


def save_sheet(path: Path, results: list[Result]) -> None:
    """The sheet that `hand-recon overlay --sheet` writes, made smaller."""
    with OverlaySheet(path) as sheet:
        for (rgb, frame), seconds in zip(results, _seconds(results), strict=True):
            sheet.add(rgb, frame, f"two_hands.mcap  {seconds:.2f} s")
    save_png(path, _resized(np.asarray(cv2.imread(str(path))[..., ::-1], np.uint8), 0.6))


def _seconds(results: list[Result]) -> Iterator[float]:
    return ((frame.stamp_ns - results[0][1].stamp_ns) / 1e9 for _, frame in results)


def _resized(picture: ByteImage, scale: float) -> ByteImage:
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
