"""Models beside each other on photographs whose joints were marked by hand: found, side, and how far off they are.

    python -m benchmarks.photographs FOLDER [--models landmarks_full default sighted_full]

FOLDER holds the photographs that tests/data/photograph_joints.json names; they may not be passed on. The marks were
read off the enlarged pictures by eye; none is a network's output, and nothing was trained on them. A hand counts as
found when a found hand's middle lies on its box. Its error is the mean distance of the mesh's joints, projected, from
the visible marks, as a share of the box; the marks themselves are good to one or two hundredths.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros import HandPipeline
from hand_recon_ros.camera import project
from hand_recon_ros.sources.images import read_image
from hand_recon_ros.types import Hand, HandFrame, Side

Array = npt.NDArray[np.floating]

MARKS = Path(__file__).parents[1] / "tests" / "data" / "photograph_joints.json"
MODELS = ("landmarks_full", "default", "sighted_full")


@dataclass(frozen=True)
class Marked:
    """A hand in a photograph as it was marked.

    Attributes:
        side: None where it cannot be told.
        box: (4,) u0 v0 u1 v1 around the marks, or around the hand where no joints are marked.
        joints: (21, 2) pixels, NaN where nobody could tell; all of them for hands without marked joints.
        visible: (21,) joints that are seen, not guessed.
    """

    side: Side | None
    box: Array
    joints: Array
    visible: npt.NDArray[np.bool_]

    @property
    def extent(self) -> float:
        """Longer side of the box in pixels."""
        return float((self.box[2:] - self.box[:2]).max())


@dataclass(frozen=True)
class Score:
    """How a model met one marked hand.

    Attributes:
        group: first word of the photograph's name.
        found: whether a hand was found there; side_right: None where nobody knows.
        seen, mesh: share of the box by which the network's points and the mesh's joints are off; NaN without marks.
    """

    group: str
    found: bool
    side_right: bool | None
    seen: float
    mesh: float


def read_marks(path: Path = MARKS) -> dict[str, list[Marked]]:
    """The marked hands by file name."""
    return {name: [_marked(hand) for hand in of_one["hands"]] for name, of_one in json.loads(path.read_text()).items()}


def _marked(hand: dict[str, Any]) -> Marked:
    points = np.array([point or (np.nan, np.nan, 0) for point in hand["joints"] or [None] * 21], np.float64)
    side = None if hand["side"] is None else Side[hand["side"].upper()]
    return Marked(side, np.array(hand["box"], np.float64), points[:, :2], points[:, 2] > 0)


def matched(marked: Sequence[Marked], hands: Sequence[Hand]) -> list[Hand | None]:
    """The found hand of each marked one: nearest pairs first, none twice, its middle on the marked hand's box."""
    if not marked or not hands:
        return [None] * len(marked)
    middles = np.stack([hand.joints_2d.mean(axis=0) for hand in hands])
    boxes = np.stack([hand.box for hand in marked])
    inside = ((middles >= boxes[:, None, :2]) & (middles <= boxes[:, None, 2:])).all(axis=-1)
    gaps = np.linalg.norm((boxes[:, None, :2] + boxes[:, None, 2:]) / 2 - middles, axis=-1)
    gaps = np.where(inside, gaps, np.inf)
    of_marked: list[Hand | None] = [None] * len(marked)
    for cell in np.argsort(gaps, axis=None, kind="stable"):
        row, column = divmod(int(cell), len(hands))
        if np.isfinite(gaps[row, column]) and of_marked[row] is None and not any(hands[column] is h for h in of_marked):
            of_marked[row] = hands[column]
    return of_marked


def scores(name: str, marked: Sequence[Marked], frame: HandFrame) -> list[Score]:
    """A model's score on each marked hand of a photograph."""
    group = name.split("_")[0]
    found = matched(marked, frame.hands)
    return [_score(group, mark, hand, frame) for mark, hand in zip(marked, found, strict=True)]


def _score(group: str, mark: Marked, hand: Hand | None, frame: HandFrame) -> Score:
    if hand is None:
        return Score(group, False, None, np.nan, np.nan)
    side_right = None if mark.side is None else hand.side == mark.side
    seen, mesh = (_off(mark, points) for points in (hand.joints_2d, project(frame.camera, hand.joints)))
    return Score(group, True, side_right, seen, mesh)


def _off(mark: Marked, points: Array) -> float:
    if not mark.visible.any():
        return float("nan")
    return float(np.linalg.norm(points - mark.joints, axis=1)[mark.visible].mean()) / mark.extent


def measure(pipeline: HandPipeline, folder: Path) -> list[Score]:
    """A model's scores on all marked hands of a folder's photographs."""
    return [
        score
        for name, marked in read_marks().items()
        for score in scores(name, marked, pipeline(read_image(folder / name)))
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", nargs="+", default=MODELS)
    arguments = parser.parse_args()
    for model in arguments.models:
        found = measure(HandPipeline.create(model, device="cpu", max_hands=8), arguments.folder)
        print(model)
        for group in ("all", *dict.fromkeys(score.group for score in found)):
            _report(group, [score for score in found if group in ("all", score.group)])


def _report(group: str, found: list[Score]) -> None:
    sides = [score.side_right for score in found if score.side_right is not None]
    marked = [(score.seen, score.mesh) for score in found if not np.isnan(score.mesh)]
    seen, mesh = 100 * np.mean(marked, axis=0)
    hits = sum(score.found for score in found)
    print(f"  {group}: found {hits} of {len(found)}, side right {sum(sides)} of {len(sides)}")
    print(f"    {len(marked)} with marks: network's points {seen:.2f} %, mesh {mesh:.2f} % of the box")


if __name__ == "__main__":
    main()
