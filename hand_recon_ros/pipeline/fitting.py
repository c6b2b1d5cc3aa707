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

from hand_recon_ros.pipeline.articulation import Articulation, Posed, Shaped, pose_points, shape_points
from hand_recon_ros.pipeline.first_guess import first_guess
from hand_recon_ros.pipeline.gauss_newton import (
    add_prior,
    angles_of,
    damped_step,
    derivatives,
    moved,
    normal_equations,
    reprojection,
)
from hand_recon_ros.pipeline.hand_state import HandState, Observation, centred, join_states

Array = npt.NDArray[np.floating]
IndexArray = npt.NDArray[np.intp]

RELATIVE_SD = 0.02
"""Expected error of the network's relative 3D points, metres."""
ANGLE_SD = np.radians([60.0, 15.0, 15.0])
"""How far flexion, abduction and twist stray from rest."""
NEW_HAND_STEPS, SHAPE_STEPS, TRACKED_STEPS = 8, 2, 2
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
    """One damped Gauss-Newton step.

    Returns:
        The N hands after it, and (N,) how far each has moved: the most of all angles (radians) and decimetres.
    """
    jacobian = derivatives(model, posed, shape)
    points = posed.points + state.translation[:, None]
    parts = reprojection(points, jacobian, seen.rays), _form(points, jacobian, seen.relative)
    rows, residuals = (np.concatenate(of_both, axis=-1) for of_both in zip(*parts, strict=True))
    hessian, gradient = normal_equations(rows, residuals)
    joint, axis = model.free.T
    where = angles_of(model)
    add_prior(hessian, gradient, where, state.angles[:, joint, axis], ANGLE_SD[axis])
    if shape:
        add_prior(hessian, gradient, slice(where.stop, None), state.betas, np.ones(state.betas.shape[1]))
    step = damped_step(model, hessian, gradient, state)
    return moved(model, state, step), np.abs(step * np.where(np.arange(step.shape[1]) // 3 == 1, 10, 1)).max(axis=1)


def _form(points: Array, jacobian: Array, seen: Array) -> tuple[Array, Array]:
    """Weighted derivatives (N, P, 3L) and residuals (N, 3L) of points against relative ones, up to scale and place."""
    form, relative = centred(points), centred(seen)
    scale = (form * relative).sum(axis=(1, 2), keepdims=True) / (relative**2).sum(axis=(1, 2), keepdims=True)
    residuals = (form - scale * relative) / RELATIVE_SD
    rows = (jacobian - jacobian.mean(axis=2, keepdims=True)) / RELATIVE_SD
    return rows.reshape(*jacobian.shape[:2], -1), residuals.reshape(len(points), -1)
