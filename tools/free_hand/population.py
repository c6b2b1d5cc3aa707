"""Adults drawn from the source's morph targets: the hands whose principal components become the shape directions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.free_hand.source import BODY_VERTICES, SourceHand, load_target

STATURE = {"male": (1.756, 0.072), "female": (1.622, 0.066)}
"""Mean and standard deviation of adults' height in metres."""
HAND_TARGETS = {
    "r-hand-fingers-diameter": 0.30,
    "r-hand-fingers-length": 0.25,
    "r-hand-scale": 0.08,
    "measure-wrist-circ": 0.25,
}
"""The hand's own targets and the standard deviation of their values."""

Term = tuple[Path, np.ndarray]


@dataclass(frozen=True)
class Adults:
    """N adults: skin (N, S, 3) of the hand and joints (N, 21, 3), metres; height (N,) metres."""

    skin: np.ndarray
    joints: np.ndarray
    height: np.ndarray


def sample_adults(source: SourceHand, count: int, rng: np.random.Generator) -> Adults:
    """Hands of random adults of both sexes; the source's height value is solved so that their heights are as drawn."""
    male = rng.random(count) < 0.5
    shared, short, tall = _terms(source.root, male, count, rng)
    height = np.where(male, rng.normal(*STATURE["male"], count), rng.normal(*STATURE["female"], count))
    body = source.body[:BODY_VERTICES, 1]
    ends = np.array([body.argmax(), body.argmin()])
    base, low, high = (_blend(source, ends, terms) for terms in (shared, short, tall))
    base += source.body[ends]
    extent = [(x[:, 0] - x[:, 1])[:, 1] for x in (base, low, high)]
    value = np.clip((height - extent[0] - extent[1]) / (extent[2] - extent[1]), 0, 1)
    keep = np.concatenate([source.skin, source.markers.ravel()])
    base, low, high = (_blend(source, keep, terms) for terms in (shared, short, tall))
    points = source.body[keep] + base + low * (1 - value)[:, None, None] + high * value[:, None, None]
    split = len(source.skin)
    return Adults(points[:, :split], points[:, split:].reshape(count, *source.markers.shape, 3).mean(2), height)


def _terms(
    root: Path, male: np.ndarray, count: int, rng: np.random.Generator
) -> tuple[list[Term], list[Term], list[Term]]:
    """Targets and their values (N,): those of every height, those of the shortest and of the tallest adult."""
    maleness = np.clip(np.where(male, 1, 0) + rng.normal(0, 0.12, count) * np.where(male, -1, 1), 0, 1)
    age = rng.beta(1.2, 3.0, count)  # 0: about 25 years, 1: very old
    muscle, fat = _levels(rng.beta(4, 4, count)), _levels(rng.beta(4, 4, count))
    proportion, origin = rng.beta(3, 3, count), rng.dirichlet([1, 1, 1], count)
    macro = root / "targets/macrodetails"
    shared, short, tall = [], [], []
    for sex, is_sex in (("female", 1 - maleness), ("male", maleness)):
        for years, is_years in (("young", 1 - age), ("old", age)):
            for k, name in enumerate(("african", "asian", "caucasian")):
                shared.append((macro / f"{name}-{sex}-{years}.target.gz", is_sex * is_years * origin[:, k]))
            for m, is_m in muscle.items():
                for f, is_f in fat.items():
                    value, name = is_sex * is_years * is_m * is_f, f"{sex}-{years}-{m}muscle-{f}weight"
                    shared.append((macro / f"universal-{name}.target.gz", value))
                    for kind, is_kind in (("ideal", 1 - proportion), ("uncommon", proportion)):
                        shared.append((macro / f"proportions/{name}-{kind}proportions.target.gz", value * is_kind))
                    short.append((macro / f"height/{name}-minheight.target.gz", value))
                    tall.append((macro / f"height/{name}-maxheight.target.gz", value))
    for name, sd in HAND_TARGETS.items():
        value = np.clip(rng.normal(0, sd, count), -1, 1)
        for end, amount in (("incr", value), ("decr", -value)):
            shared.append((root / f"targets/hands/{name}-{end}.target.gz", np.maximum(amount, 0)))
    return shared, short, tall


def _levels(value: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "min": np.clip(1 - 2 * value, 0, 1),
        "average": 1 - abs(2 * value - 1),
        "max": np.clip(2 * value - 1, 0, 1),
    }


def _blend(source: SourceHand, keep: np.ndarray, terms: list[Term]) -> np.ndarray:
    """Offsets (N, K, 3) of the kept vertices."""
    found = [(load_target(path, len(source.body)), value) for path, value in terms]
    targets = np.stack([target[keep].ravel() for target, _ in found if target is not None])
    values = np.stack([value for target, value in found if target is not None], 1).astype(np.float32)
    return (values @ targets).reshape(len(values), len(keep), 3)
