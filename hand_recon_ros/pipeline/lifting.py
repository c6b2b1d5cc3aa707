"""From landmarks to a first idea of the hand's pose: a small network, and how far it may be off.

A landmark network errs alike on hands that look alike: it tilts flat hands, stretches fingers, guesses what it cannot
see. A perceptron with three hidden layers has learnt these errors on rendered hands whose pose is known (see
`models/landmark_lifter.yaml`). It sees each hand in a frame of its own, on the optical axis and with the knuckles above
the wrist, so how a hand is turned in the picture and where it is does not matter to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

from hand_recon_ros.networks.cards import check_shipped
from hand_recon_ros.paths import shared_file
from hand_recon_ros.pipeline.articulation import Articulation
from hand_recon_ros.pipeline.gauss_newton import small_turns
from hand_recon_ros.pipeline.hand_state import Observation, centred
from hand_recon_ros.pipeline.reconstruction import axis_to_ray

Array = npt.NDArray[np.floating]

INPUTS = 42 + 63 + 1
LAYERS = 4
LENGTH = 0.05
"""Metres, of the order of what the network's relative points are apart: brings its inputs near 1."""
LEAST_SD, MOST_SD = np.exp([-5.0, 1.0])
SEEN_SHARE = 0.7
"""Of the angles' spread, where the network has seen the hand and so knows part of what its points leave open. How it
was chosen: docs/lifter.md."""


@dataclass(frozen=True)
class Lifter:
    """The weights (outputs, inputs) and biases (outputs,) of each layer, float32."""

    layers: tuple[tuple[Array, Array], ...]


class Lifted(NamedTuple):
    """N right hands as a lifter imagines them: root (N, 3, 3), angles (N, 15, 3), betas (N, B).

    root_sd (N, 1) and angle_sd (N, D), in radians, say how far rotation and free angles are expected to be off.
    """

    root: Array
    angles: Array
    betas: Array
    root_sd: Array
    angle_sd: Array


def load_lifter(weights: str) -> Lifter:
    """The lifter of a file under models/.

    Raises:
        FileNotFoundError: the file or its card is missing.
        ValueError: the file is damaged.
    """
    check_shipped(weights)
    arrays = load_file(shared_file("models", weights))
    pairs = ((arrays[f"weight_{k}"], arrays[f"bias_{k}"]) for k in range(LAYERS))
    return Lifter(tuple((weight.astype(np.float32), bias.astype(np.float32)) for weight, bias in pairs))


def lift(lifter: Lifter, model: Articulation, seen: Observation) -> Lifted:
    """The pose of N hands, with what their network's sight adds to it, angles within their limits."""
    frame, inputs = canonical(seen)
    free, shapes = len(model.free), model.part_shapes.shape[0]
    six, angles, betas, root_sd, angle_sd = np.split(
        outputs(lifter, inputs).astype(np.float64), np.cumsum([6, free, shapes, 3]), axis=1
    )
    root = _rotations(six)
    if seen.sight is not None:
        turn, bend = np.split(seen.sight.astype(np.float64), [3], axis=1)
        root, angles = small_turns(turn) @ root, angles + bend
    every = np.zeros((len(inputs), *model.lower.shape))
    joint, axis = model.free.T
    every[:, joint, axis] = angles.clip(model.lower[joint, axis], model.upper[joint, axis])
    root_sd, angle_sd = (np.exp(sd).clip(LEAST_SD, MOST_SD) for sd in (root_sd.mean(axis=1, keepdims=True), angle_sd))
    return Lifted(frame @ root, every, betas, root_sd, angle_sd if seen.sight is None else SEEN_SHARE * angle_sd)


def canonical(seen: Observation) -> tuple[Array, Array]:
    """Frames (N, 3, 3), columns in the camera's axes, that look at each hand and stand it upright, and the inputs.

    Returns:
        The frames, and the lifter's inputs (N, INPUTS), float32: rays from their mean in units of their spread,
        relative points from theirs, logarithm of the spread.
    """
    ahead = axis_to_ray(seen.rays.mean(axis=1))
    flat = _onto_plane(seen.rays, ahead)
    frame = ahead @ _upright((flat[:, 5] + flat[:, 13] + 2 * flat[:, 9]) / 4 - flat[:, 0])
    flat = centred(_onto_plane(seen.rays, frame))
    spread = np.sqrt((flat**2).sum(axis=(1, 2), keepdims=True) / flat.shape[1]).clip(1e-9)
    shape, depth = flat / spread, centred(seen.relative @ frame) / LENGTH
    parts = shape.reshape(-1, 42), depth.reshape(-1, 63), np.log(spread).reshape(-1, 1) + 1.5
    return frame, np.concatenate(parts, axis=1).astype(np.float32)


def _onto_plane(rays: Array, frame: Array) -> Array:
    """Rays (N, L, 2) as seen in other frames (N, 3, 3)."""
    turned = rays @ frame[:, :2] + frame[:, 2:]
    return turned[..., :2] / turned[..., 2:]


def _upright(direction: Array) -> Array:
    """Turns (N, 3, 3) about the optical axis whose second column is opposite to a direction (N, 2): up is -y."""
    angle = np.arctan2(direction[:, 0], -direction[:, 1])
    turn = np.zeros((len(angle), 3, 3))
    turn[:, 0, 0] = turn[:, 1, 1] = np.cos(angle)
    turn[:, 1, 0] = np.sin(angle)
    turn[:, 0, 1] = -turn[:, 1, 0]
    turn[:, 2, 2] = 1
    return turn


def outputs(lifter: Lifter, inputs: Array) -> Array:
    """What the perceptron gives (N, O) for inputs (N, INPUTS): 6 of the root, D angles, B betas, 3 + D logarithms."""
    values = inputs
    for weight, bias in lifter.layers[:-1]:
        values = np.maximum(values @ weight.T + bias, 0)
    weight, bias = lifter.layers[-1]
    return values @ weight.T + bias


def _rotations(six: Array) -> Array:
    """Rotations (N, 3, 3) of two columns (N, 6), made orthonormal (Zhou et al. 2019, arXiv:1812.07035)."""
    first = six[:, :3] / np.linalg.norm(six[:, :3], axis=1, keepdims=True).clip(1e-9)
    second = six[:, 3:] - (first * six[:, 3:]).sum(axis=1, keepdims=True) * first
    second /= np.linalg.norm(second, axis=1, keepdims=True).clip(1e-9)
    return np.stack([first, second, np.cross(first, second)], axis=-1)
