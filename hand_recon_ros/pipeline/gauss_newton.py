"""What the steps of a fit have in common: derivatives, reprojection, priors, and a step within the joints' limits.

The unknowns of a hand are rotation (3), translation (3), its D free angles and, when asked for, B shape coefficients.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import skew_matrix
from hand_recon_ros.pipeline.articulation import (
    Articulation,
    Posed,
    angle_derivatives,
    root_derivatives,
    shape_derivatives,
)
from hand_recon_ros.pipeline.hand_state import HandState

Array = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]

REPROJECTION_SD = 0.003
"""Expected error of the network's 2D points, metres at the hand's depth."""
STEP_DAMPING = np.repeat([1 / 0.5**2, 1 / 0.1**2], 3)
"""Levenberg's term for rotation (0.5 rad) and translation (0.1 m): holds a bad start together."""
ROTATION = slice(0, 3)


def angles_of(model: Articulation) -> slice:
    """Where the free angles are among the unknowns."""
    return slice(6, 6 + len(model.free))


def derivatives(model: Articulation, posed: Posed, shape: bool) -> Array:
    """Derivative (N, P, L, 3) of the points by every unknown."""
    n, points = posed.points.shape[:2]
    translation = np.broadcast_to(np.eye(3)[None, :, None], (n, 3, points, 3))
    parts = [root_derivatives(posed), translation, angle_derivatives(model, posed)]
    return np.concatenate([*parts, shape_derivatives(model, posed)] if shape else parts, axis=1)


def reprojection(points: Array, jacobian: Array, rays: Array) -> tuple[Array, Array]:
    """Weighted derivatives (N, P, 2L) and residuals (N, 2L) of points (N, L, 3) against rays (N, L, 2)."""
    depth = points[..., 2:].clip(0.01)
    found = points[..., :2] / depth
    focus = depth.mean(axis=1, keepdims=True) / REPROJECTION_SD
    rows = (focus / depth)[:, None] * (jacobian[..., :2] - found[:, None] * jacobian[..., 2:])
    return rows.reshape(*jacobian.shape[:2], -1), (focus * (found - rays)).reshape(len(points), -1)


def normal_equations(rows: Array, residuals: Array) -> tuple[Array, Array]:
    """Hessian (N, P, P) and gradient (N, P) of half the squared residuals (N, R) with derivatives (N, P, R)."""
    return rows @ np.swapaxes(rows, 1, 2), (rows @ residuals[..., None])[..., 0]


def add_prior(hessian: Array, gradient: Array, where: slice, values: Array, sd: Array) -> None:
    """Add that values, the unknowns of a slice, are zero up to sd."""
    diagonal = np.arange(hessian.shape[1])[where]
    hessian[:, diagonal, diagonal] += 1 / sd**2
    gradient[:, where] += values / sd**2


def damped_step(model: Articulation, hessian: Array, gradient: Array, state: HandState) -> Array:
    """The step (N, P) that solves the normal equations, which it changes; angles never push against their limits."""
    joint, axis = model.free.T
    angles = state.angles[:, joint, axis]
    hessian[:, range(6), range(6)] += STEP_DAMPING
    at_limit = angles <= model.lower[joint, axis], angles >= model.upper[joint, axis]
    _freeze(hessian, gradient, angles_of(model), at_limit)
    return np.asarray(-np.linalg.solve(hessian, gradient[..., None])[..., 0])


def moved(model: Articulation, state: HandState, step: Array) -> HandState:
    """The hands after a step."""
    joint, axis = model.free.T
    where = angles_of(model)
    angles = state.angles.copy()
    angles[:, joint, axis] += step[:, where]
    angles[:, joint, axis] = angles[:, joint, axis].clip(model.lower[joint, axis], model.upper[joint, axis])
    return HandState(
        small_turns(step[:, ROTATION]) @ state.root,
        _shifted(state.translation, step[:, 3:6]),
        angles,
        state.betas + step[:, where.stop :] if step.shape[1] > where.stop else state.betas,
    )


def small_turns(vectors: Array) -> Array:
    """Rotations (N, 3, 3) by small vectors (N, 3): Cayley's map, which agrees with the exponential to second order."""
    skew = skew_matrix(vectors / 2)
    return np.eye(3) + 2 / (1 + (vectors**2).sum(axis=1) / 4)[:, None, None] * (skew + skew @ skew)


def _shifted(translation: Array, step: Array) -> Array:
    """Translation after a step that may at most halve or double the distance."""
    reach = 0.5 * translation[:, 2:]
    return translation + step * np.minimum(1, reach / np.linalg.norm(step, axis=1, keepdims=True).clip(1e-9))


def _freeze(hessian: Array, gradient: Array, where: slice, at_limit: tuple[Mask, Mask]) -> None:
    """Take angles at a limit that the cost pushes outwards out of the system."""
    at_lower, at_upper = at_limit
    outwards = (at_lower & (gradient[:, where] > 0)) | (at_upper & (gradient[:, where] < 0))
    hand, angle = np.nonzero(outwards)
    index = angle + where.start
    hessian[hand, index] = 0
    hessian[hand, :, index] = 0
    hessian[hand, index, index] = 1
    gradient[hand, index] = 0
