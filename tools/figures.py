"""Draw the pictures of the documentation: the clip with its results, the free hand, and what joint angles measure.

python -m tools.figures [--out docs/images]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import cv2
import numpy as np

from hand_recon_ros.hand_model import free_hand_appearance, load_free_hand
from hand_recon_ros.node import load_pipeline
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.node.replay import replay_bag
from hand_recon_ros.node.result_reader import read_results
from hand_recon_ros.paths import shared_file
from hand_recon_ros.render.overlay import draw_overlay
from hand_recon_ros.render.picture import save_png
from hand_recon_ros.render.views import VIEWS, contact_sheet, render_mesh
from hand_recon_ros.types import ByteImage, Side
from hand_recon_train.synthetic.poses import NAMED_POSES
from hand_recon_train.synthetic.scene import pose_hand
from tools import convention_figures
from tools.angle_figure import angle_sheet

UPRIGHT = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
SHOWN = (9, 24, 33, 44, 52, 66)


def clip_sheet() -> ByteImage:
    """Six frames of the bundled clip with what the node finds in them."""
    parameters = NodeParameters(publish_vertices=True, device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "results.mcap"
        replay_bag(shared_file("examples", "two_hands.mcap"), out, load_pipeline(parameters), parameters)
        drawn = [draw_overlay(*result) for k, result in enumerate(read_results(out)) if k in SHOWN]
    small = [cv2.resize(picture, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA) for picture in drawn]
    return contact_sheet([np.asarray(picture, np.uint8) for picture in small], 3)


def free_hand_sheet(size: int = 300) -> ByteImage:
    """The right free hand at rest, as a fist and pointing, each from four sides."""
    hand, looks = load_free_hand(), free_hand_appearance()
    pictures = []
    for gesture in ("flat", "fist", "pointing"):
        posed = pose_hand(Side.RIGHT, UPRIGHT, np.zeros(3), NAMED_POSES[gesture])
        pictures += [render_mesh(posed.vertices, hand.faces, turn, size, looks.colours) for turn in VIEWS.values()]
    return contact_sheet(pictures, len(VIEWS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    save_png(out / "clip.png", clip_sheet())
    save_png(out / "free_hand.png", free_hand_sheet())
    save_png(out / "joint_angles.png", angle_sheet())
    for name, picture in convention_figures.figures():
        save_png(out / name, picture)


if __name__ == "__main__":
    main()
