"""A lifter on the device: `pipeline.lifting`, from what was seen to a first idea of each hand's pose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from hand_recon_ros.device.articulation import PointTables
from hand_recon_ros.device.rotations import Constants, axis_to_ray, small_turns
from hand_recon_ros.pipeline.lifting import LEAST_SD, LENGTH, MOST_SD, SEEN_SHARE, Lifter

LEAST = 1e-9


@dataclass(frozen=True)
class Seen:
    """N hands as seen, mirrored to right ones.

    Attributes:
        rays: (N, 21, 2) undistorted.
        relative: (N, 21, 3) the same points in the camera's axes, up to translation and scale.
        sight: (N, 3 + D) what the lifter lacks, or None; see `pipeline.hand_state`.
    """

    rays: Tensor
    relative: Tensor
    sight: Tensor | None = None


class Lifted(NamedTuple):
    """N right hands as a lifter imagines them: root (N, 3, 3), free angles (N, D), betas (N, B).

    root_sd (N, 1) and angle_sd (N, D), in radians, say how far they are expected to be off.
    """

    root: Tensor
    angles: Tensor
    betas: Tensor
    root_sd: Tensor
    angle_sd: Tensor


Layers = tuple[tuple[Tensor, Tensor], ...]
"""Transposed weights (inputs, outputs) and biases (outputs,) of each layer."""


def lifter_layers(lifter: Lifter, device: torch.device) -> Layers:
    """Move a lifter to a device."""
    return tuple(
        (torch.tensor(weight.T, device=device).contiguous(), torch.tensor(bias, device=device))
        for weight, bias in lifter.layers
    )


def lift(layers: Layers, model: PointTables, seen: Seen) -> Lifted:
    """The pose of N hands, angles within their limits."""
    frame, inputs = canonical(model.tables, seen)
    free, shapes = len(model.lower), len(model.shapes)
    found = _perceptron(layers, inputs)
    six, angles, betas, root_sd, angle_sd = found.split([6, free, shapes, 3, free], dim=1)
    root = _rotations(six)
    if seen.sight is not None:
        turn, bend = seen.sight.split([3, free], dim=1)
        root, angles = small_turns(model.tables, turn) @ root, angles + bend
    angle_sd = angle_sd.exp().clamp(LEAST_SD, MOST_SD)
    return Lifted(
        frame @ root,
        angles.clamp(model.lower, model.upper),
        betas,
        root_sd.mean(dim=1, keepdim=True).exp().clamp(LEAST_SD, MOST_SD),
        angle_sd if seen.sight is None else SEEN_SHARE * angle_sd,
    )


def canonical(tables: Constants, seen: Seen) -> tuple[Tensor, Tensor]:
    """Frames (N, 3, 3) that look at each hand and stand it upright, and the lifter's inputs (N, 106)."""
    ahead = axis_to_ray(tables, seen.rays.mean(dim=1))
    flat = _onto_plane(seen.rays, ahead)
    up = flat[:, 0] - (flat[:, 5] + flat[:, 13] + 2 * flat[:, 9]) / 4
    frame = ahead @ _upright(up)
    flat = _centred(_onto_plane(seen.rays, frame))
    spread = (flat * flat).sum(dim=(1, 2)).div(flat.shape[1]).sqrt().clamp_min(LEAST)[:, None]
    depth = _centred(seen.relative @ frame) / LENGTH
    return frame, torch.cat([flat.flatten(1) / spread, depth.flatten(1), spread.log() + 1.5], dim=1)


def _onto_plane(rays: Tensor, frame: Tensor) -> Tensor:
    """Rays (N, L, 2) as seen in other frames (N, 3, 3)."""
    turned = torch.baddbmm(frame[:, 2:], rays, frame[:, :2])
    return turned[..., :2] / turned[..., 2:]


def _upright(down: Tensor) -> Tensor:
    """Turns (N, 3, 3) about the optical axis whose second column is a direction (N, 2)."""
    unit = down / down.norm(dim=1, keepdim=True).clamp_min(LEAST)
    x, y, zero = unit[:, 0], unit[:, 1], torch.zeros_like(unit[:, 0])
    return torch.stack([y, x, zero, -x, y, zero, zero, zero, torch.ones_like(zero)], dim=1).view(-1, 3, 3)


def _centred(points: Tensor) -> Tensor:
    return points - points.mean(dim=1, keepdim=True)


def _perceptron(layers: Layers, inputs: Tensor) -> Tensor:
    (weight, bias), *others = layers
    values = torch.addmm(bias, inputs, weight)
    for weight, bias in others:
        values = torch.addmm(bias, values.relu(), weight)
    return values


def _rotations(six: Tensor) -> Tensor:
    """Rotations (N, 3, 3) of two columns (N, 6), made orthonormal."""
    first, second = six[:, :3], six[:, 3:]
    first = first / first.norm(dim=1, keepdim=True).clamp_min(LEAST)
    second = second - (first * second).sum(dim=1, keepdim=True) * first
    second = second / second.norm(dim=1, keepdim=True).clamp_min(LEAST)
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=-1)
