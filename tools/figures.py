"""Draw the pictures of the documentation: the clip with its results in every way, the free hand, and the conventions.

python -m tools.figures [--out docs/images]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from hand_recon_ros.hand_model import free_hand_appearance, load_free_hand
from hand_recon_ros.render.picture import save_png
from hand_recon_ros.render.views import VIEWS, contact_sheet, render_mesh
from hand_recon_ros.types import ByteImage, Side
from hand_recon_train.synthetic.poses import NAMED_POSES
from hand_recon_train.synthetic.scene import pose_hand
from tools import convention_figures, picture_figures
from tools.angle_figure import angle_sheet

UPRIGHT = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


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
    picture_figures.save_figures(out)
    save_png(out / "free_hand.png", free_hand_sheet())
    save_png(out / "joint_angles.png", angle_sheet())
    for name, picture in convention_figures.figures():
        save_png(out / name, picture)


if __name__ == "__main__":
    main()
