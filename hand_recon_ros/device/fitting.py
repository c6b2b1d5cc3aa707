"""The hand model fitted to landmarks on the device: `pipeline.lifted_fit`, with masks in the place of branches.

The first step is all that most hands need. Whether one has moved so far that it needs more comes back with the
results, and `further` then takes the remaining steps, which leave hands that have arrived where they are.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from hand_recon_ros.device.articulation import PointTables, Posed, Shaped, derivatives, pose_points
from hand_recon_ros.device.elimination import solve
from hand_recon_ros.device.lifting import Lifted
from hand_recon_ros.device.rotations import axis_angles, small_turns
from hand_recon_ros.pipeline.gauss_newton import REPROJECTION_SD
from hand_recon_ros.pipeline.lifted_fit import ANGLE_TRUST, FAR, MOST_STEPS, ROTATION_TRUST
from hand_recon_ros.pipeline.placement import MIN_DISTANCE

NEAREST = 0.01
"""Metres before the camera at which points are taken to lie at least."""


class State(NamedTuple):
    """N hands: root (N, 3, 3), translation (N, 3) metres, free angles (N, D)."""

    root: Tensor
    translation: Tensor
    angles: Tensor


class Held(NamedTuple):
    """What holds N hands: root (N, 3, 3) and angles (N, D) that were lifted, and weights (N, 6 + D) of the unknowns."""

    root: Tensor
    angles: Tensor
    weights: Tensor


def held_by(lifted: Lifted) -> Held:
    """How the fit trusts a lifter."""
    rotation = (ROTATION_TRUST * lifted.root_sd).pow(-2).expand(-1, 3)
    angles = (ANGLE_TRUST * lifted.angle_sd).pow(-2)
    return Held(lifted.root, lifted.angles, torch.cat([rotation, torch.zeros_like(rotation), angles], dim=1))


def first_step(model: PointTables, shaped: Shaped, rays: Tensor, held: Held) -> tuple[State, Tensor]:
    """One step from what was lifted, placed where it looks as large as its rays (N, 21, 2).

    Returns:
        The hands, and (N,) which of them have moved so far that they need further steps.
    """
    posed = pose_points(model, shaped, held.root, held.angles)
    start = State(held.root, translations_by_size(posed.points, rays), held.angles)
    now = _step(model, posed, rays, start, held, torch.zeros_like(held.weights))
    return now, _far(start, now)


def further(model: PointTables, shaped: Shaped, rays: Tensor, state: State, far: Tensor, held: Held) -> State:
    """The other steps of the hands that are far (N,), each as many as it needs."""
    for _ in range(MOST_STEPS - 1):
        posed = pose_points(model, shaped, state.root, state.angles)
        turned = axis_angles(model.tables, state.root @ held.root.mT)
        away = torch.cat([turned, torch.zeros_like(turned), state.angles - held.angles], dim=1)
        now = _step(model, posed, rays, state, held, away)
        now = State(
            torch.where(far[:, None, None], now.root, state.root),
            torch.where(far[:, None], now.translation, state.translation),
            torch.where(far[:, None], now.angles, state.angles),
        )
        far = far & _far(state, now)
        state = now
    return state


def translations_by_size(points: Tensor, rays: Tensor) -> Tensor:
    """Translations (N, 3) that bring points (N, L, 3) to where they look as large as their rays (N, L, 2)."""
    middle, ahead = points.mean(dim=1, keepdim=True), rays.mean(dim=1, keepdim=True)
    form = points - middle
    across, seen = form[..., :2] - ahead * form[..., 2:], rays - ahead
    size, looks = ((values * values).sum(dim=(1, 2)).sqrt() for values in (across, seen))
    away = (size / looks.clamp_min(1e-6)).clamp_min(MIN_DISTANCE)[:, None]
    sideways = (rays * (away[:, :, None] + form[..., 2:]) - form[..., :2]).mean(dim=1)
    return torch.cat([sideways, away], dim=1) - middle[:, 0]


def _step(model: PointTables, posed: Posed, rays: Tensor, state: State, held: Held, away: Tensor) -> State:
    """One damped Gauss-Newton step; away (N, 6 + D) is how far the unknowns are from where they are held."""
    rows, residuals = _reprojection(posed.points + state.translation[:, None], derivatives(model, posed), rays)
    gradient = torch.addcmul((rows @ residuals[..., None])[..., 0], held.weights, away)
    free = _free(model, state.angles, gradient)
    rows, gradient = rows * free[..., None], gradient * free
    diagonal = torch.where(free > 0, held.weights + model.damping, 1.0)
    step = -solve(rows @ rows.mT + torch.diag_embed(diagonal), gradient)
    return State(
        small_turns(model.tables, step[:, :3]) @ state.root,
        _shifted(state.translation, step[:, 3:6]),
        (state.angles + step[:, 6:]).clamp(model.lower, model.upper),
    )


def _reprojection(points: Tensor, jacobian: Tensor, rays: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted derivatives (N, P, 2L) and residuals (N, 2L) of points (N, L, 3) against rays (N, L, 2)."""
    depth = points[..., 2:].clamp_min(NEAREST)
    found = points[..., :2] / depth
    focus = depth.mean(dim=1, keepdim=True) / REPROJECTION_SD
    across = torch.addcmul(jacobian[..., :2], found[:, None], jacobian[..., 2:], value=-1)
    return ((focus / depth)[:, None] * across).flatten(2), (focus * (found - rays)).flatten(1)


def _free(model: PointTables, angles: Tensor, gradient: Tensor) -> Tensor:
    """1 for the unknowns (N, P) that may move, 0 for angles at a limit that the cost pushes outwards."""
    push = gradient[:, 6:]
    outwards = ((angles <= model.lower) & (push > 0)) | ((angles >= model.upper) & (push < 0))
    return torch.cat([torch.ones_like(gradient[:, :6]), (~outwards).to(gradient.dtype)], dim=1)


def _shifted(translation: Tensor, step: Tensor) -> Tensor:
    """Translation after a step that may at most halve or double the distance."""
    reach = 0.5 * translation[:, 2:]
    return translation + step * (reach / step.norm(dim=1, keepdim=True).clamp_min(1e-9)).clamp_max(1.0)


def _far(before: State, now: State) -> Tensor:
    """Which hands (N,) moved by more than a share of their distance."""
    moved = (now.translation - before.translation).norm(dim=1)
    return moved > FAR * now.translation.norm(dim=1)
