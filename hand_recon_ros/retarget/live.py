"""Retargeting while it happens: hands from a topic, commands to another one, at a steady rate."""

from __future__ import annotations

import logging

from hand_recon_ros.bus.diagnostics_codec import DIAGNOSTIC_ARRAY, Level, Status, encode_diagnostics
from hand_recon_ros.bus.hand_codec import HAND_ARRAY
from hand_recon_ros.bus.hand_decoder import decode_hand_array
from hand_recon_ros.bus.interface import NEWEST, RESULTS, LiveBus, Qos
from hand_recon_ros.bus.joint_state_codec import JOINT_STATE, decode_joint_state, encode_joint_state
from hand_recon_ros.bus.pose_codec import POSE_ARRAY, decode_pose_array
from hand_recon_ros.bus.throttle import ThrottledWarning
from hand_recon_ros.node.outputs.posed_hand import posed_hands
from hand_recon_ros.retarget.operator_joints import Array, joints_of_poses, operator_joints
from hand_recon_ros.retarget.retargeter import Retargeter
from hand_recon_ros.types import Side

logger = logging.getLogger(__name__)

JOINTS_SUFFIX = "/joints"
NEWEST_RESULT = Qos(reliable=True, depth=1)
"""A robot that is slow to think must not follow a queue of old hands."""
REPORT_S = 1.0


def seen_joints(cdr: memoryview, ros_type: str, side: Side) -> Array | None:
    """Joints (21, 3) in the operator frame of the hand that a message is about; None when it is not in view.

    Of several hands of a side, the one that has been tracked longest.

    Args:
        cdr: the message.
        ros_type: HandArray, or PoseArray of one hand's joints.
        side: of the hand.

    Raises:
        ValueError: the message is none of that type.
    """
    if ros_type == POSE_ARRAY:
        return joints_of_poses(decode_pose_array(cdr)[2])
    hands = posed_hands(decode_hand_array(cdr, {}).hands, side)
    return operator_joints(hands[0].hand) if hands else None


def type_of(topic: str) -> str:
    """Message type of a topic by its name: `<side>/joints` are poses, others are all hands."""
    return POSE_ARRAY if topic.endswith(JOINTS_SUFFIX) else HAND_ARRAY


class LiveRetargeting:
    """Subscribes to hands and publishes commands for one robot; the bus is spun and closed elsewhere.

    Commands come at a steady rate, so that a slow camera still moves the robot evenly, and stop with the hand. Changes
    between both are logged, each once, and `/diagnostics` says every second how it is.

    Args:
        bus: of one's own node.
        retargeter: of the robot, on the bus' clock.
        topic: of the hands; remapped like any other.
        commands: topic of the commands.
        rate_hz: of the commands.
        state: topic with the robot's own JointState, where every series of commands begins; there are none before it
            is heard. Without it the robot is taken to be where the last command was, at first flat.
        name: of the node, for the diagnostics.
    """

    def __init__(
        self,
        bus: LiveBus,
        retargeter: Retargeter,
        topic: str,
        commands: str,
        rate_hz: float,
        state: str = "",
        name: str = "retarget",
    ):
        self._bus, self._retargeter, self._name = bus, retargeter, name
        self._type, self._topic = type_of(topic), bus.resolve(topic)
        self._bad = ThrottledWarning(logger)
        self._following = False
        self._state_topic, self._located = state, not state
        self.commands = bus.publisher(commands, JOINT_STATE, RESULTS)
        self._diagnostics = bus.publisher("/diagnostics", DIAGNOSTIC_ARRAY, RESULTS)
        self.hands = bus.subscribe(topic, self._type, NEWEST_RESULT, self._on_hands)
        if state:
            bus.subscribe(state, JOINT_STATE, NEWEST, self._on_state)
        bus.every(1 / rate_hz, self._command)
        bus.every(REPORT_S, self._report)
        side = retargeter.side.name.lower()
        logger.info("waiting for a %s hand on %s; commands go to %s", side, self._topic, bus.resolve(commands))

    def _on_hands(self, cdr: memoryview) -> None:
        try:
            joints = seen_joints(cdr, self._type, self._retargeter.side)
        except ValueError as error:
            self._bad(f"message on {self._topic} left out: {error}")
            return
        if joints is not None and not self._retargeter.see(joints, self._bus.now_ns()):
            self._bad(f"hand on {self._topic} left out: its joints are no hand's")

    def _on_state(self, cdr: memoryview) -> None:
        if self._following:
            return
        try:
            self._retargeter.start_at(decode_joint_state(cdr))
            self._located = True
        except ValueError as error:
            self._bad(f"state of the robot left out: {error}")

    def _command(self) -> None:
        if not self._located:
            return
        command = self._retargeter.command(self._bus.now_ns())
        if command is not None:
            self.commands.publish(encode_joint_state(command.stamp_ns, "", command.names, command.positions))
        if (command is not None) != self._following:
            self._following = command is not None
            logger.log(logging.INFO if self._following else logging.WARNING, self._state())

    def _report(self) -> None:
        if not self._diagnostics.subscription_count():
            return
        level = Level.OK if self._following else Level.STALE
        values = {"hands": self._topic, "publishers": str(self.hands.publisher_count())}
        status = Status(f"{self._name}: commands", level, self._state(), self._name, values)
        self._diagnostics.publish(encode_diagnostics(self._bus.now_ns(), [status]))

    def _state(self) -> str:
        side = self._retargeter.side.name.lower()
        if self._following:
            return f"the {side} hand is followed"
        if not self._located:
            return f"no state of the robot on {self._bus.resolve(self._state_topic)} yet: no commands until it is heard"
        return f"no {side} hand on {self._topic} for {self._retargeter.stale_s:g} s: no commands until it is seen again"
