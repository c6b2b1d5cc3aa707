"""A robot hand's joints and links, from its URDF file through dex-retargeting and Pinocchio.

Joints that mimic others move with them; joints that no fingertip depends on, such as those of a wrist, stay at zero.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.retarget.robots import RobotHand

Array = npt.NDArray[np.floating]

ACROSS = 0.7
"""A joint bends a finger when this much of its axis lies across the palm (y)."""


@dataclass(frozen=True)
class Mimic:
    """A joint that follows another: position = multiplier x the other's + offset."""

    joint: str
    source: str
    multiplier: float
    offset: float


class RobotKinematics:
    """Links of a robot hand as functions of the N joints that may move.

    Args:
        robot: names of links and joints.
        urdf: its description; only joints and links count, so the meshes it names may be missing.

    Raises:
        ValueError: the description cannot be read, or is one of another robot.

    Attributes:
        names: of the N joints. limits: (N, 2) lowest and highest position, rad or m.
        speeds: (N,) highest speed, rad/s or m/s; infinite where the description says none.
        prismatic: (N,) whether a joint slides.
    """

    def __init__(self, robot: RobotHand, urdf: Path):
        self.robot, self.urdf = robot, urdf
        mimics = read_mimics(urdf)
        self.wrapper = _wrapper(urdf)
        self._known(robot.origins + robot.tips, self.wrapper.link_names, "link")
        followers = {mimic.joint for mimic in mimics}
        self.names = robot.joints or tuple(name for name in self._between() if name not in followers)
        self._known(self.names, self.wrapper.dof_joint_names, "joint")
        self._places = np.array([self.wrapper.get_joint_index(name) for name in self.names], int)
        self.limits = self.wrapper.joint_limits[self._places]
        speeds = self.wrapper.model.velocityLimit[self._places]
        self.speeds = np.where(speeds > 0, speeds, np.inf)
        self.prismatic: npt.NDArray[np.bool_] = np.logical_not(self._axes()[self._places].any(axis=1))
        self.adaptor = self._following([mimic for mimic in mimics if mimic.source in self.names])

    @property
    def flat(self) -> Array:
        """(N,) zero, or the nearest position to it within the limits: straight fingers."""
        return np.clip(0.0, *self.limits.T)

    def vectors(self, positions: Array) -> Array:
        """(K, 3) from each origin link to its tip at joint positions (N,), metres, in the root's frame."""
        self._move(positions)
        return np.array([self._place(tip) - self._place(origin) for origin, tip in self._ends()])

    def knuckles(self) -> Array:
        """(K, 3) where each tip's finger begins to bend when it is flat, from the origin link, metres."""
        self._move(self.flat)
        return np.array([self._knuckle(origin, tip) - self._place(origin) for origin, tip in self._ends()])

    def _following(self, mimics: list[Mimic]) -> Any:
        """dex-retargeting's rule for joints that follow others; None when none does."""
        from dex_retargeting.kinematics_adaptor import MimicJointKinematicAdaptor

        if not mimics:
            return None
        joints, sources = [mimic.joint for mimic in mimics], [mimic.source for mimic in mimics]
        factors, offsets = [mimic.multiplier for mimic in mimics], [mimic.offset for mimic in mimics]
        try:
            return MimicJointKinematicAdaptor(self.wrapper, list(self.names), sources, joints, factors, offsets)
        except ValueError as error:
            raise ValueError(f"joints in {self.urdf} follow others in a way that is not understood: {error}") from error

    def _move(self, positions: Array) -> None:
        everything = np.zeros(self.wrapper.dof)
        everything[self._places] = positions
        if self.adaptor is not None:
            everything = self.adaptor.forward_qpos(everything)
        self.wrapper.compute_forward_kinematics(everything)

    def _place(self, link: str) -> Array:
        return np.asarray(self.wrapper.get_link_pose(self.wrapper.get_link_index(link))[:3, 3])

    def _knuckle(self, origin: str, tip: str) -> Array:
        """Where the first joint is that bends a finger, else the first that moves it at all."""
        axes, palm = self._axes(), self._ancestors(origin)
        chain = [joint for joint in self._ancestors(tip) if joint not in palm]
        if not chain:
            raise ValueError(f"expected joints between {origin} and {tip} in {self.urdf}, there are none")
        bending = [joint for joint in chain if abs(axes[self.wrapper.model.idx_vs[joint], 1]) > ACROSS]
        return np.asarray(self.wrapper.data.oMi[(bending or chain)[0]].translation)

    def _axes(self) -> Array:
        """(dof, 3) what each joint turns about at zero, in the root's frame; zero for those that slide."""
        import pinocchio

        model, data = self.wrapper.model, self.wrapper.model.createData()
        return np.asarray(pinocchio.computeJointJacobians(model, data, self.wrapper.q0))[3:].T

    def _ends(self) -> list[tuple[str, str]]:
        return list(zip(self.robot.origins, self.robot.tips, strict=True))

    def _between(self) -> list[str]:
        """Joints that move a tip relative to its origin, in the order of the description."""
        moving = {
            joint for origin, tip in self._ends() for joint in {*self._ancestors(origin)} ^ {*self._ancestors(tip)}
        }
        return [self.wrapper.model.names[joint] for joint in sorted(moving)]

    def _ancestors(self, link: str) -> list[int]:
        """Numbers of the joints from the root to a link."""
        model = self.wrapper.model
        joint, chain = model.frames[self.wrapper.get_link_index(link)].parentJoint, []
        while joint:
            chain.append(joint)
            joint = model.parents[joint]
        return chain[::-1]

    def _known(self, names: tuple[str, ...], there: list[str], what: str) -> None:
        missing = next((name for name in names if name not in there), None)
        if missing is not None:
            raise ValueError(
                f"expected a {what} {missing} in {self.urdf}, there is none; give the URDF file that "
                f"dex-retargeting's configuration of {self.robot.name} belongs to, of dex-urdf's robots/hands"
            )


def read_mimics(urdf: Path) -> list[Mimic]:
    """The joints of a URDF file that follow others.

    Raises:
        ValueError: the file is not XML, or a number in it is none.
    """
    try:
        joints = ElementTree.parse(urdf).getroot().findall("joint")
        rules = [(joint.get("name", ""), joint.find("mimic")) for joint in joints]
        return [_mimic(name, rule) for name, rule in rules if rule is not None]
    except (ElementTree.ParseError, UnicodeDecodeError, ValueError) as error:
        raise ValueError(f"expected a URDF file, {urdf} cannot be read: {error}") from error


def _mimic(name: str, rule: ElementTree.Element) -> Mimic:
    return Mimic(name, rule.get("joint", ""), float(rule.get("multiplier", 1)), float(rule.get("offset", 0)))


def _wrapper(urdf: Path) -> Any:
    from dex_retargeting.robot_wrapper import RobotWrapper

    try:
        return RobotWrapper(str(urdf))
    except NotImplementedError as error:
        raise ValueError(f"expected a robot of hinges and slides with limits, {urdf} has other joints") from error
    except (ValueError, RuntimeError) as error:
        raise ValueError(f"expected a URDF file, {urdf} cannot be read: {error}") from error
