"""The fit with and without a lifter, side by side, on rendered hands that neither was trained on, by difficulty.

    python -m benchmarks.lifting [--pictures 600] [--first 600] [--workers 2]

Seed 900, pictures of 256 pixels. How far the fit trusts the lifter was chosen on the first 600;
docs/lifter.md says what was in sight when.
Hands that the landmark network does not take for a hand of their side are left out and counted. The network's crop is
placed from the truth, moved by chance, then from what it saw, as the pipeline does.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.accuracy import aligned_error
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.pipeline.hand_state import Observation, join_states
from hand_recon_ros.pipeline.loading import fit_of
from hand_recon_ros.pipeline.recipes import Recipe as Model
from hand_recon_ros.pipeline.recipes import find_recipe, load_articulation
from hand_recon_ros.pipeline.reconstruction import reconstruct
from hand_recon_ros.types import Side
from hand_recon_train.lifting.sampling import Part, collect
from hand_recon_train.synthetic.renderer import Recipe

Array = npt.NDArray[Any]

SEED, SIZE, AT_ONCE = 900, 256, 100
BACK, SMALL, DARK = -0.5, 80, 60
"""Cosine between palm and camera, pixels across the hand, and its mean brightness, under which a hand is so."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=600)
    parser.add_argument("--first", type=int, default=600)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    models = [find_recipe(name) for name in ("landmarks_full", "lifted_full")]
    starts = range(arguments.first, arguments.first + arguments.pictures, AT_ONCE)
    pictures = Recipe(seed=SEED, size=SIZE)
    parts = [Part(pictures, range(s, s + AT_ONCE), models[0].networks[1], "cpu") for s in starts]
    hands = collect(parts, arguments.workers)
    taken = (hands["presence"][:, 0] > 0.5) & (hands["own_side"][:, 0] > 0.5)
    print(f"{taken.sum()} of {len(taken)} hands were taken for hands of their side")
    hands = {name: array[taken] for name, array in hands.items()}
    for model in models:
        _report(model, hands)


def _report(model: Model, hands: dict[str, Array]) -> None:
    """Procrustes-aligned and root-aligned errors by difficulty, and the median in the camera frame."""
    found = _joints(model, Observation(hands["rays"][:, 0].astype(float), hands["relative"][:, 0].astype(float)))
    truth = hands["joints"].astype(float)
    aligned = aligned_error(found, truth)
    rooted = 1e3 * np.linalg.norm(found - found[:, :1] - truth, axis=2).mean(axis=1)
    placed = 1e3 * np.linalg.norm(found - truth - hands["wrist"][:, None], axis=2).mean(axis=1)
    print(f"{model.name}: in the camera frame {np.median(placed):.1f} mm (median)")
    for name, rows in groups(hands).items():
        print(
            f"  {name:7} {rows.sum():4}: aligned {aligned[rows].mean():5.1f}, from the wrist {rooted[rows].mean():5.1f}"
        )


def _joints(model: Model, seen: Observation) -> Array:
    """Joints (N, 21, 3) of right hands in the camera frame."""
    hand, count = load_free_hand(), len(seen.rays)
    points = load_articulation(hand, model)
    states = join_states(fit_of(model, points)(seen, [None] * count, np.arange(count)))
    return reconstruct(hand, points, states, [Side.RIGHT] * count, np.zeros((count, 21, 2))).joints


def groups(hands: dict[str, Array]) -> dict[str, npt.NDArray[np.bool_]]:
    """Which hands (N,) are of each difficulty."""
    content = hands["content"].astype(str)
    pair, holding = hands["hands"] > 1, np.char.find(content, "holding") >= 0
    free = ~pair & ~holding
    return {
        "all": np.ones(len(content), np.bool_),
        "open": free & np.char.startswith(content, "open"),
        "fist": free & np.char.startswith(content, "fist"),
        "back": free & (hands["facing"] < BACK),
        "object": holding,
        "pair": pair,
        "small": hands["extent"] < SMALL,
        "dark": hands["brightness"] < DARK,
    }


if __name__ == "__main__":
    main()
