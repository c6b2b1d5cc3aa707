"""Fit the hand model to landmarks: Gauss-Newton on rotation, translation, joint angles and, for a new hand, shape.

The landmark network's points are not joints of any skeleton, so the model's landmarks (a regressor on its vertices,
see `articulation`) are compared with them, never its joints. Two residuals are weighed against each other: the
reprojection error, scaled to metres at the hand's depth, and the difference to the network's relative 3D points up
to translation and scale. Joint angles never leave their limits (an active set freezes angles that push outwards).

All hands are fitted as right hands in one batch; the caller mirrors left ones.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import skew_matrix
from hand_recon_ros.pipeline.articulation import (
    Articulation,
    Posed,
    Shaped,
    angle_derivatives,
    pose_points,
    root_derivatives,
    shape_derivatives,
    shape_points,
)
from hand_recon_ros.pipeline.first_guess import first_guess
from hand_recon_ros.pipeline.hand_state import HandState, Observation, centred, join_states

Array = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
IndexArray = npt.NDArray[np.intp]

REPROJECTION_SD = 0.003
"""Expected error of the network's 2D points, metres at the hand's depth."""
RELATIVE_SD = 0.02
"""Expected error of the network's relative 3D points, metres."""
ANGLE_SD = np.radians([60.0, 15.0, 15.0])
"""How far flexion, abduction and twist stray from rest."""
NEW_HAND_STEPS, SHAPE_STEPS, TRACKED_STEPS = 8, 2, 2
STEP_DAMPING = np.repeat([1 / 0.5**2, 1 / 0.1**2], 3)
"""Levenberg's term for rotation (0.5 rad) and translation (0.1 m): holds a bad start together."""
DONE = 0.1
"""A step under this (radians, decimetres) ends the fit: what is left is of the order of its square."""


def fit_hands(
    model: Articulation, seen: Observation, known: list[HandState | None], pictures: IndexArray | None = None
) -> list[HandState]:
    """Fit N hands: from its last state, keeping its shape, where one is known, otherwise from nothing.

    Args:
        model: the hand with the landmarks that the network gives.
        seen: N observations.
        known: N last states of one hand each, or None.
        pictures: (N,) number of each hand's picture, None for one: the hands of a picture take the same number of
            steps, and no step depends on another picture.
    """
    pictures = np.zeros(len(known), np.intp) if pictures is None else pictures
    states: list[HandState] = [state for state in known if state is not None]
    fitted: dict[int, HandState] = {}
    new = np.array([row for row, state in enumerate(known) if state is None], np.intp)
    old = np.array([row for row, state in enumerate(known) if state is not None], np.intp)
    if len(new):
        found = _fit_new(model, seen.take(new), pictures[new])
        fitted |= dict(zip(new.tolist(), _split(found), strict=True))
    if len(old):
        found = _fit_known(model, seen.take(old), join_states(states), pictures[old])
        fitted |= dict(zip(old.tolist(), _split(found), strict=True))
    return [fitted[row] for row in range(len(known))]


def _split(states: HandState) -> list[HandState]:
    return [states.take(slice(row, row + 1)) for row in range(len(states.root))]


def _fit_new(model: Articulation, seen: Observation, pictures: IndexArray) -> HandState:
    state = first_guess(model, seen)
    state = _iterate(model, shape_points(model, state.betas), seen, state, pictures, NEW_HAND_STEPS)
    for _ in range(SHAPE_STEPS):
        posed = pose_points(model, shape_points(model, state.betas), state.root, state.angles)
        state, _ = _step(model, posed, seen, state, shape=True)
    return state


def _fit_known(model: Articulation, seen: Observation, state: HandState, pictures: IndexArray) -> HandState:
    return _iterate(model, shape_points(model, state.betas), seen, state, pictures, TRACKED_STEPS)


def _iterate(
    model: Articulation, shaped: Shaped, seen: Observation, state: HandState, pictures: IndexArray, steps: int
) -> HandState:
    """At most so many steps; the hands of a picture stop when all of them are done."""
    state, change = _step(model, pose_points(model, shaped, state.root, state.angles), seen, state, shape=False)
    if steps == 1 or change.max() < DONE:
        return state
    going = change >= DONE
    if not going.all():
        going = np.isin(pictures, pictures[going])
    if going.all():
        return _iterate(model, shaped, seen, state, pictures, steps - 1)
    ended = _iterate(model, shaped.take(going), seen.take(going), state.take(going), pictures[going], steps - 1)
    return join_states([state.take(~going), ended]).take(np.argsort(np.argsort(going, kind="stable")))


def _step(
    model: Articulation, posed: Posed, seen: Observation, state: HandState, shape: bool
) -> tuple[HandState, Array]:
    """One damped Gauss-Newton step on rotation (3), translation (3), free angles (D) and shape (B) when asked.

    Returns:
        The N hands after it, and (N,) how far each has moved: the most of all angles (radians) and decimetres.
    """
    jacobian = _jacobian(model, posed, shape)
    rows, residuals = _residuals(posed.points + state.translation[:, None], jacobian, seen)
    hessian = rows @ np.swapaxes(rows, 1, 2)
    gradient = (rows @ residuals[..., None])[..., 0]
    joint, axis = model.free.T
    angles, angle_slice = state.angles[:, joint, axis], slice(6, 6 + len(model.free))
    _add_prior(hessian, gradient, angle_slice, angles, ANGLE_SD[axis])
    if shape:
        _add_prior(hessian, gradient, slice(angle_slice.stop, None), state.betas, np.ones(state.betas.shape[1]))
    lower, upper = model.lower[joint, axis], model.upper[joint, axis]
    hessian[:, range(6), range(6)] += STEP_DAMPING
    _freeze(hessian, gradient, angle_slice, (angles <= lower, angles >= upper))
    delta = -np.linalg.solve(hessian, gradient[..., None])[..., 0]
    moved = state.angles.copy()
    moved[:, joint, axis] = np.clip(angles + delta[:, angle_slice], lower, upper)
    return HandState(
        _turn(delta[:, :3]) @ state.root,
        _moved(state.translation, delta[:, 3:6]),
        moved,
        state.betas + delta[:, angle_slice.stop :] if shape else state.betas,
    ), np.abs(delta * np.where(np.arange(delta.shape[1]) // 3 == 1, 10, 1)).max(axis=1)


def _turn(vectors: Array) -> Array:
    """Rotations (N, 3, 3) by small vectors (N, 3): Cayley's map, which agrees with the exponential to second order."""
    skew = skew_matrix(vectors / 2)
    return np.eye(3) + 2 / (1 + (vectors**2).sum(axis=1) / 4)[:, None, None] * (skew + skew @ skew)


def _moved(translation: Array, step: Array) -> Array:
    """Translation after a step that may at most halve or double the distance."""
    reach = 0.5 * translation[:, 2:]
    return translation + step * np.minimum(1, reach / np.linalg.norm(step, axis=1, keepdims=True).clip(1e-9))


def _jacobian(model: Articulation, posed: Posed, shape: bool) -> Array:
    """Derivative (N, P, L, 3) of the points by every unknown."""
    n, points = posed.points.shape[:2]
    translation = np.broadcast_to(np.eye(3)[None, :, None], (n, 3, points, 3))
    parts = [root_derivatives(posed), translation, angle_derivatives(model, posed)]
    return np.concatenate([*parts, shape_derivatives(model, posed)] if shape else parts, axis=1)


def _residuals(points: Array, jacobian: Array, seen: Observation) -> tuple[Array, Array]:
    """Weighted derivatives (N, P, R) and residuals (N, R) of points (N, L, 3)."""
    n = len(points)
    depth = points[..., 2:].clip(0.01)
    rays = points[..., :2] / depth
    focus = depth.mean(axis=1, keepdims=True) / REPROJECTION_SD
    image = focus * (rays - seen.rays)
    image_rows = (focus / depth)[:, None] * (jacobian[..., :2] - rays[:, None] * jacobian[..., 2:])
    form = centred(points)
    relative = centred(seen.relative)
    scale = (form * relative).sum(axis=(1, 2), keepdims=True) / (relative**2).sum(axis=(1, 2), keepdims=True)
    space = (form - scale * relative) / RELATIVE_SD
    space_rows = (jacobian - jacobian.mean(axis=2, keepdims=True)) / RELATIVE_SD
    rows = np.concatenate([image_rows.reshape(*jacobian.shape[:2], -1), space_rows.reshape(*jacobian.shape[:2], -1)], 2)
    return rows, np.concatenate([image.reshape(n, -1), space.reshape(n, -1)], axis=1)


def _add_prior(hessian: Array, gradient: Array, where: slice, values: Array, sd: Array) -> None:
    diagonal = np.arange(hessian.shape[1])[where]
    hessian[:, diagonal, diagonal] += 1 / sd**2
    gradient[:, where] += values / sd**2


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
