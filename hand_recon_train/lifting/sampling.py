"""What the landmark network says of rendered hands, in crops placed as the pipeline places them, with the truth."""

from __future__ import annotations

from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import angles_from_rotations, axis_angle_to_matrix, free_hand_anatomy
from hand_recon_ros.pipeline.landmarks import Landmarks, find_landmarks, join_landmarks
from hand_recon_ros.pipeline.reconstruction import MIRROR, observe
from hand_recon_ros.pipeline.regions import regions_from_landmarks
from hand_recon_ros.runtime import Engine, load_engine
from hand_recon_ros.types import Side
from hand_recon_train.datasets.sample import HandTruth, Sample
from hand_recon_train.synthetic.renderer import Recipe, Rendered, Renderer
from hand_recon_train.synthetic.rig import free_hand_rig

Array = npt.NDArray[Any]

BATCH = 16
"""Pictures looked at together."""
FIRST_JITTER, TRACKED_JITTER = (0.06, 0.12, 0.25), (0.04, 0.05, 0.08)
"""Spread of a crop's centre (of its side), side (logarithm) and angle: where a palm places it, and the last picture."""
MISSED = 0.2
"""Presence under which a crop is not looked at again."""


@dataclass(frozen=True)
class Part:
    """A range of a recipe's samples and what they are seen by."""

    recipe: Recipe
    indices: range
    network: str
    device: str


def collect(parts: list[Part], workers: int) -> dict[str, Array]:
    """All hands of the parts that the network gives a chance, in order: arrays of `_row` by name."""
    with get_context("spawn").Pool(workers) as pool:
        rows = [row for found in pool.imap(look_at_part, parts) for row in found]
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def parts_of(recipe: Recipe, count: int, network: str, device: str, size: int = 200) -> list[Part]:
    """The first samples of a recipe, so many a part; what is seen depends on that number, not on the workers."""
    return [Part(recipe, range(start, min(start + size, count)), network, device) for start in range(0, count, size)]


def look_at_part(part: Part) -> list[dict[str, Array]]:
    """The hands of a part, each with two looks at it."""
    cv2.setNumThreads(1)
    engine, renderer = _engine(part.network, part.device), Renderer(part.recipe)
    rows = []
    for start in part.indices[::BATCH]:
        batch = [renderer(index) for index in range(start, min(start + BATCH, part.indices.stop))]
        rows += _look(engine, batch, np.random.default_rng((part.recipe.seed, 1, start)))
    return rows


_ENGINES: dict[tuple[str, str], Engine] = {}


def _engine(network: str, device: str) -> Engine:
    key = network, device
    if key not in _ENGINES:
        _ENGINES[key] = load_engine(network, device, threads=1, engine="torch" if device == "cuda" else "auto")
    return _ENGINES[key]


def _look(engine: Engine, batch: list[Rendered], rng: np.random.Generator) -> list[dict[str, Array]]:
    """Each hand three times: where its truth, then where what was seen, then where something close to it says."""
    hands = [(rendered, hand) for rendered in batch for hand in rendered.sample.hands]
    pictures = [rendered.sample.image for rendered, _ in hands]
    truth = np.stack([hand.joints_2d for _, hand in hands])
    first = _seen(engine, pictures, jittered(rng, regions_from_landmarks(truth), FIRST_JITTER))
    second = _seen(engine, pictures, regions_from_landmarks(first.pixels))
    third = _seen(engine, pictures, jittered(rng, regions_from_landmarks(second.pixels), TRACKED_JITTER))
    return [
        _row(rendered, hand, second.take(slice(k, k + 1)), third.take(slice(k, k + 1)))
        for k, (rendered, hand) in enumerate(hands)
        if first.presence[k] > MISSED
    ]


def _seen(engine: Engine, pictures: list[Array], regions: Array) -> Landmarks:
    parts = find_landmarks(engine, pictures, [regions[k : k + 1] for k in range(len(regions))])
    return join_landmarks(parts)


def jittered(rng: np.random.Generator, regions: Array, spread: tuple[float, float, float]) -> Array:
    """Regions (N, 4) moved, resized and turned by chance."""
    moved = regions.copy()
    moved[:, :2] += rng.normal(0, spread[0], (len(regions), 2)) * regions[:, 2:3]
    moved[:, 2] *= np.exp(rng.normal(0, spread[1], len(regions)))
    moved[:, 3] += rng.normal(0, spread[2], len(regions))
    return moved


def _row(rendered: Rendered, hand: HandTruth, *looks: Landmarks) -> dict[str, Array]:
    """A hand as a right one: looks (2, ...) of rays, relative points, presence, own side; and its truth."""
    sample, mirror = rendered.sample, MIRROR if hand.side == Side.LEFT else np.ones(3)
    assert sample.camera is not None and hand.mano is not None
    observed = [observe(look, [hand.side], sample.camera) for look in looks]
    rotations = axis_angle_to_matrix(hand.mano.pose.reshape(16, 3).astype(np.float64))
    rotations = rotations * np.outer(mirror, mirror)
    own = [look.right[0] if hand.side == Side.RIGHT else 1 - look.right[0] for look in looks]
    return {
        "rays": np.concatenate([o.rays for o in observed]).astype(np.float32),
        "relative": np.concatenate([o.relative for o in observed]).astype(np.float16),
        "presence": np.array([look.presence[0] for look in looks], np.float16),
        "own_side": np.array(own, np.float16),
        "root": rotations[0].astype(np.float32),
        "angles": angles_from_rotations(free_hand_anatomy().axes.astype(np.float64), rotations[1:]).astype(np.float16),
        "betas": hand.mano.betas.astype(np.float16),
        "wrist": (hand.joints[0] * mirror).astype(np.float32),
        "joints": ((hand.joints - hand.joints[0]) * mirror).astype(np.float16),
        "content": np.array(rendered.content.ljust(40)[:40].encode(), "S40"),
        **difficulty(sample, hand),
        "hands": np.uint8(len(sample.hands)),
    }


def difficulty(sample: Sample, hand: HandTruth) -> dict[str, Any]:
    """What makes a hand hard to see: its palm (1 faces the camera), brightness, pixels across, joints seen."""
    assert hand.mask is not None and hand.visible is not None and hand.mano is not None
    root = axis_angle_to_matrix(hand.mano.pose[:3].astype(np.float64))
    away = hand.joints[9] / np.linalg.norm(hand.joints[9])
    return {
        "facing": np.float32(-(root @ free_hand_rig(hand.side).palm_normal) @ away),
        "brightness": np.float32(sample.image[hand.mask].mean() if hand.mask.any() else 0.0),
        "extent": np.float32(np.ptp(hand.joints_2d, axis=0).max()),
        "visible": np.uint8(hand.visible.sum()),
    }
