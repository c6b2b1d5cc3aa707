"""The hand model fitted to landmarks in two, starting from and held near what a lifter makes of them.

The lifter has weighed the network's relative points already, so only the reprojection error stands against it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import matrix_to_axis_angle
from hand_recon_ros.pipeline.articulation import Articulation, Posed, pose_points, shape_points
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
from hand_recon_ros.pipeline.hand_state import HandState, Observation
from hand_recon_ros.pipeline.lifting import Lifted, Lifter, lift
from hand_recon_ros.pipeline.placement import translations_onto_rays

STEPS = 2
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
        place = translations_onto_rays(posed.points, seen.rays)
        state = HandState(lifted.root, place, lifted.angles, betas)
        state = _step(self.points, posed, seen, state, lifted)
        for _ in range(STEPS - 1):
            posed = pose_points(self.points, shaped, state.root, state.angles)
            state = _step(self.points, posed, seen, state, lifted)
        return [state.take(slice(row, row + 1)) for row in range(len(known))]


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
