"""Training examples for a lifter: what was seen of rendered hands, and of hands close to them.

Rendering is slow and the landmark network's errors are much alike for hands that look alike. So each rendered hand is
also turned, bent, grown and moved a little, and what the network would see of it is the new hand's own points with
the errors that it made on the rendered one, more or less of them. This teaches how what is seen changes with the pose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import axis_angle_to_matrix
from hand_recon_ros.pipeline.articulation import Articulation, pose_points, shape_points
from hand_recon_ros.pipeline.gauss_newton import ROTATION, angles_of, derivatives
from hand_recon_ros.pipeline.hand_state import HandState, Observation, centred
from hand_recon_ros.pipeline.lifting import canonical

Array = npt.NDArray[Any]

PRESENT, OWN_SIDE = 0.5, 0.5
"""Probabilities over which the pipeline takes a crop for a hand of its side."""
TURN, GROWTH, NEARER = 0.15, 0.4, 0.15
"""How much hands are varied: radians, shape coefficients, logarithm of the distance."""
FINGER, JOINT, SIDEWAYS = 0.12, 0.1, 0.05
"""Radians of flexion of a whole finger and of each joint, and of abduction and twist."""
ERROR_SHARE = (0.5, 1.2)
ROWS_AT_ONCE = 2000


@dataclass(frozen=True)
class Examples:
    """N examples.

    Attributes:
        inputs: (N, INPUTS) of the lifter.
        root: (N, 3, 3) in the canonical frame, angles: (N, D) free ones, betas: (N, B).
        metric: (N, P, P) mean square of the points' displacement, in square centimetres, by an error in rotation
            vector, free angles and betas.
    """

    inputs: Array
    root: Array
    angles: Array
    betas: Array
    metric: Array


def examples(model: Articulation, hands: Mapping[str, Array], variants: int, seed: int) -> Examples:
    """Every look at rendered hands that the pipeline would take for a hand, and so many variants of each.

    Args:
        model: the landmark network's points on the right hand.
        hands: what `sampling.collect` gives.
        variants: of each look.
        seed: of what chance varies.
    """
    rng = np.random.default_rng(seed)
    parts = [part for number in range(hands["rays"].shape[1]) for part in _of_look(model, hands, number, variants, rng)]
    inputs, roots, states = zip(*parts, strict=True)
    root = np.concatenate(roots)
    angles = np.concatenate([state.angles for state in states])
    betas = np.concatenate([state.betas for state in states])
    joint, axis = model.free.T
    return Examples(
        np.concatenate(inputs),
        root.astype(np.float32),
        angles[:, joint, axis].astype(np.float32),
        betas.astype(np.float32),
        displacement_metric(model, root, angles, betas),
    )


def _of_look(
    model: Articulation, hands: Mapping[str, Array], number: int, variants: int, rng: np.random.Generator
) -> list[tuple[Array, Array, HandState]]:
    """Inputs, canonical roots and hands: as seen, and varied."""
    rows = np.flatnonzero((hands["presence"][:, number] > PRESENT) & (hands["own_side"][:, number] > OWN_SIDE))
    truth = HandState(*(hands[name][rows].astype(float) for name in ("root", "wrist", "angles", "betas")))
    seen = Observation(hands["rays"][rows, number].astype(float), hands["relative"][rows, number].astype(float))
    ideal = _ideal(model, truth)
    away = truth.translation[:, None, 2:]
    error = Observation((seen.rays - ideal.rays) * away, seen.relative - ideal.relative)
    found = [_canonical(seen, truth)]
    for _ in range(variants):
        hand = _varied(model, truth, rng)
        clear, share = _ideal(model, hand), rng.uniform(*ERROR_SHARE, (len(rows), 1, 1))
        rays = clear.rays + share * error.rays / hand.translation[:, None, 2:]
        found.append(_canonical(Observation(rays, clear.relative + share * error.relative), hand))
    return found


def _canonical(seen: Observation, hand: HandState) -> tuple[Array, Array, HandState]:
    frame, inputs = canonical(Observation(seen.rays, centred(seen.relative)))
    return inputs, np.swapaxes(frame, 1, 2) @ hand.root, hand


def _ideal(model: Articulation, hand: HandState) -> Observation:
    """What a landmark network without errors would see."""
    points = pose_points(model, shape_points(model, hand.betas), hand.root, hand.angles).points
    placed = points + hand.translation[:, None]
    return Observation(placed[..., :2] / placed[..., 2:].clip(0.05), centred(points))


def _varied(model: Articulation, hand: HandState, rng: np.random.Generator) -> HandState:
    count = len(hand.root)
    root = axis_angle_to_matrix(rng.normal(0, TURN, (count, 3))) @ hand.root
    angles = hand.angles.copy()
    angles[..., 0] += np.repeat(rng.normal(0, FINGER, (count, 5)), 3, axis=1) + rng.normal(0, JOINT, (count, 15))
    angles[..., 1:] += rng.normal(0, SIDEWAYS, (count, 15, 2))
    betas = hand.betas + rng.normal(0, GROWTH, hand.betas.shape)
    place = hand.translation * np.exp(rng.normal(0, NEARER, (count, 1)))
    return HandState(root, place, angles.clip(model.lower, model.upper), betas)


def displacement_metric(model: Articulation, root: Array, angles: Array, betas: Array) -> Array:
    """See Examples; to first order, which is what makes it cheap: training needs no forward kinematics."""
    parts = []
    for start in range(0, len(root), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        posed = pose_points(model, shape_points(model, betas[rows]), root[rows], angles[rows])
        by_unknown = derivatives(model, posed, shape=True)
        count, _, points, _ = by_unknown.shape
        turning, rest = by_unknown[:, ROTATION], by_unknown[:, angles_of(model).start :]
        flat = np.concatenate([turning, rest], axis=1).reshape(count, -1, 3 * points).astype(np.float32)
        parts.append(1e4 * flat @ np.swapaxes(flat, 1, 2) / points)
    return np.concatenate(parts)
