"""The joints of a hand as joint positions of a robot hand, for teleoperation (docs/retargeting.md)."""

from hand_recon_ros.retarget.retargeter import JointCommand, Retargeter
from hand_recon_ros.retarget.robots import ROBOTS

__all__ = ["ROBOTS", "JointCommand", "Retargeter"]
