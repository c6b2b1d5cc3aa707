"""The hand model fitted to landmarks in two, starting from and held near what a lifter makes of them.

The lifter has weighed the network's relative points already, so only the reprojection error stands against it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import matrix_to_axis_angle
from hand_recon_ros.pipeline.articulation import Articulation, Posed, Shaped, pose_points, shape_points
from hand_recon_ros.pipeline.gauss_newton import (
    ROTATION,
    add_prior,
    angles_of,
    damped_step,
    derivatives,
    moved,
    normal_equations,
    reprojection,
)
from hand_recon_ros.pipeline.hand_state import HandState, Observation, join_states
from hand_recon_ros.pipeline.lifting import Lifted, Lifter, lift
from hand_recon_ros.pipeline.placement import translations_by_size

MOST_STEPS, FAR = 4, 0.1
"""Most steps of a fit, and the share of its distance that a hand must move in one to be given another: steps beyond the
first bring the mesh nearer to the points, but mostly not nearer to the hand."""
ROTATION_TRUST, ANGLE_TRUST = 0.25, 0.7
"""Shares of the lifter's spreads by which the fit holds hands: the errors of 21 points go together, and so weigh less
against the lifter than the fit believes. How they were chosen: docs/lifter.md."""


@dataclass(frozen=True)
class LiftedFit:
    """Fits hands to landmarks, from a lifter.

    Attributes:
        points: the landmark network's points on a right hand.
        lifter: made for that network.
    """

    points: Articulation
    lifter: Lifter

    def __call__(
        self, seen: Observation, known: list[HandState | None], pictures: npt.NDArray[np.intp] | None = None
    ) -> list[HandState]:
        """As `fit_hands`; of a known hand only the shape is used."""
        lifted = lift(self.lifter, self.points, seen)
        betas = lifted.betas.copy()
        for row, state in enumerate(known):
            betas[row] = betas[row] if state is None else state.betas[0]
        shaped = shape_points(self.points, betas)
        posed = pose_points(self.points, shaped, lifted.root, lifted.angles)
        state = HandState(lifted.root, translations_by_size(posed.points, seen.rays), lifted.angles, betas)
        state = _fit(self.points, shaped, posed, seen, state, lifted, MOST_STEPS)
        return [state.take(slice(row, row + 1)) for row in range(len(known))]


def _fit(
    model: Articulation, shaped: Shaped, posed: Posed, seen: Observation, state: HandState, lifted: Lifted, steps: int
) -> HandState:
    """At most so many steps, as many as each hand needs; posed are the states' hands."""
    now = _step(model, posed, seen, state, lifted)
    far = np.linalg.norm(now.translation - state.translation, axis=1) > FAR * np.linalg.norm(now.translation, axis=1)
    if steps == 1 or not far.any():
        return now
    shaped, seen, rest = shaped.take(far), seen.take(far), now.take(far)
    posed = pose_points(model, shaped, rest.root, rest.angles)
    rest = _fit(model, shaped, posed, seen, rest, Lifted(*(array[far] for array in lifted)), steps - 1)
    return join_states([now.take(~far), rest]).take(np.argsort(np.argsort(far, kind="stable")))


def _step(model: Articulation, posed: Posed, seen: Observation, state: HandState, lifted: Lifted) -> HandState:
    """One damped Gauss-Newton step towards the rays, held by what was lifted; posed is the state's hand."""
    points = posed.points + state.translation[:, None]
    hessian, gradient = normal_equations(*reprojection(points, derivatives(model, posed, shape=False), seen.rays))
    joint, axis = model.free.T
    bent = (state.angles - lifted.angles)[:, joint, axis]
    add_prior(hessian, gradient, angles_of(model), bent, ANGLE_TRUST * lifted.angle_sd)
    turned = matrix_to_axis_angle(state.root @ np.swapaxes(lifted.root, 1, 2))
    add_prior(hessian, gradient, ROTATION, turned, ROTATION_TRUST * lifted.root_sd)
    return moved(model, state, damped_step(model, hessian, gradient, state))
