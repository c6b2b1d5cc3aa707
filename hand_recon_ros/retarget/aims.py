"""What a robot hand is to do: the vectors between its links that follow those between the joints of a human hand.

Robots have palms and fingers of their own proportions. One scale and one shift, the same for all fingertips, lay the
flat human hand over the flat robot hand. As they are the same for all, fingertips that touch still touch on the robot,
and nothing has to be tuned by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hand_recon_ros.retarget.kinematics import RobotKinematics
from hand_recon_ros.retarget.operator_joints import reference_joints
from hand_recon_ros.types import Joint

Array = npt.NDArray[np.floating]

KNUCKLE_OF_TIP = {
    int(tip): int(tip) - 3 for tip in (Joint.INDEX_TIP, Joint.MIDDLE_TIP, Joint.RING_TIP, Joint.PINKY_TIP)
}


@dataclass(frozen=True)
class PalmAim:
    """Vectors from the wrist, scaled and shifted.

    Attributes:
        joints: (K,) whose places are followed.
        scale: of the robot by the reference hand. shift: (3,) metres.
    """

    joints: list[int]
    scale: float
    shift: Array

    def __call__(self, joints: Array) -> Array:
        """(K, 3) where the robot's tips are to be, from its origin link, for joints (21, 3) of reference size."""
        return self.scale * joints[self.joints] + self.shift


@dataclass(frozen=True)
class PinchAim:
    """The opening of a gripper: how far two fingertips are apart, whichever way they point.

    Attributes:
        joints: the two.
        direction: (3,) unit vector from finger to finger. scale: of the robot by the reference hand.
    """

    joints: tuple[int, int]
    direction: Array
    scale: float

    def __call__(self, joints: Array) -> Array:
        """(1, 3) from one finger of the gripper to the other, for joints (21, 3) of reference size."""
        return (self.scale * _opening(joints, self.joints) * self.direction)[None]


def aim_of(robot: RobotKinematics) -> PalmAim | PinchAim:
    """The aim that lays the flat reference hand over the flat robot; a gripper's widest opening over the hand's.

    Raises:
        ValueError: the robot's thumb and fingers lie in the opposite order, as those of its other side do.
    """
    origins, followed = zip(*robot.robot.human, strict=True)
    if any(origins):
        return _pinch(robot, (origins[0], followed[0]))
    reference, ends, knuckles = reference_joints(robot.robot.side), robot.vectors(robot.flat), robot.knuckles()
    if np.cov(reference[list(followed), 1], ends[:, 1])[0, 1] <= 0:
        side = robot.robot.side.name.lower()
        raise ValueError(f"expected the description of a {side} hand, the fingers in {robot.urdf} lie the other way")
    rows = [(row, joint) for row, joint in enumerate(followed) if joint in KNUCKLE_OF_TIP]
    human = [reference[place] for _, joint in rows for place in (KNUCKLE_OF_TIP[joint], joint)]
    own = [place for row, _ in rows for place in (knuckles[row], ends[row])]
    return PalmAim(list(followed), *similarity(np.array(human), np.array(own)))


def similarity(points: Array, onto: Array) -> tuple[float, Array]:
    """Scale and shift (3,) without a turn that bring points (N, 3) nearest to others, by least squares."""
    before, after = points - points.mean(axis=0), onto - onto.mean(axis=0)
    scale = float((before * after).sum() / (before**2).sum())
    return scale, onto.mean(axis=0) - scale * points.mean(axis=0)


def _pinch(robot: RobotKinematics, joints: tuple[int, int]) -> PinchAim:
    widest = max((robot.vectors(end)[0] for end in robot.limits.T), key=lambda vector: float(np.linalg.norm(vector)))
    width = float(np.linalg.norm(widest))
    return PinchAim(joints, widest / width, width / _opening(reference_joints(robot.robot.side), joints))


def _opening(joints: Array, ends: tuple[int, int]) -> float:
    return float(np.linalg.norm(joints[ends[1]] - joints[ends[0]]))
