"""Following hands on topics: in memory with a clock of the test's own, and as a process on the wire."""

from __future__ import annotations

import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import AbstractContextManager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from linear_solver import LinearSolver, moved_hand
from memory_bus import CAMERA, MemoryBus
from messages import STORE
from processes import running

from hand_recon_ros.bus import RESULTS
from hand_recon_ros.bus.diagnostics_codec import Level
from hand_recon_ros.bus.discovery import localhost_settings
from hand_recon_ros.bus.hand_codec import HAND_ARRAY, Delivery, encode_hand_array
from hand_recon_ros.bus.joint_state_codec import JOINT_STATE, encode_joint_state
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.pose_codec import encode_pose_array
from hand_recon_ros.bus.wire import WireBus
from hand_recon_ros.cli.retarget import HANDS
from hand_recon_ros.node.outputs.posed_hand import PosedHand
from hand_recon_ros.retarget import Retargeter
from hand_recon_ros.retarget.live import LiveRetargeting
from hand_recon_ros.types import Hand, HandFrame, Side

MS = 10**6
COMMANDS = "/robot/commands"
BENT = (0.05, 0.0, 0.0)
DOMAIN = 1 + (os.getpid() + 57) % 230
WAIT_S = 60.0


def array(*hands: Hand) -> memoryview:
    return memoryview(encode_hand_array(HandFrame(hands, CAMERA, 1, "camera"), Delivery(), False))


class Rig:
    """A robot that follows the right hand on a bus in memory."""

    def __init__(self, topic: str = HANDS, state: str = ""):
        self.bus, self.topic = MemoryBus(), topic
        self.bus.audience["/diagnostics"] = 1
        LiveRetargeting(self.bus, Retargeter(LinearSolver(), Side.RIGHT), topic, COMMANDS, 50.0, state)
        self._command, self._report = self.bus.timers

    def hands(self, *hands: Hand) -> None:
        self.bus.callbacks[self.topic](array(*hands))

    def ticks(self, count: int) -> int:
        """Let so many periods pass; gives the number of commands."""
        before = len(self.commands)
        for _ in range(count):
            self.bus.clock += 20 * MS
            self._command()
        return len(self.commands) - before

    @property
    def commands(self) -> list[Any]:
        return self.bus.sent[COMMANDS]

    @property
    def status(self) -> Any:
        self._report()
        return self.bus.sent["/diagnostics"][-1].status[0]


def test_commands_go_on_between_hands_and_stop_when_none_come(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    with caplog.at_level(logging.INFO, "hand_recon_ros"):
        assert rig.ticks(5) == 0 and rig.status.level == Level.STALE
        rig.hands(moved_hand(BENT))
        assert rig.ticks(10) == 10 and rig.status.level == Level.OK
        assert rig.ticks(100) == 15  # half a second after the hand
        assert rig.status.level == Level.STALE and "no right hand on /hand_recon/hands for 0.5 s" in rig.status.message
        rig.hands(moved_hand(BENT))
        assert rig.ticks(1) == 1
    told = [record.message for record in caplog.records]
    assert ["followed" in line for line in told] == [True, False, True]
    positions = [message.position[0] for message in rig.commands]
    assert positions == sorted(positions) and positions[-1] == 1.0
    assert rig.commands[0].name == list(LinearSolver.names)
    assert rig.commands[0].header.stamp.nanosec == 7 + 6 * 20 * MS


def test_a_hand_that_is_lost_for_a_moment_is_held() -> None:
    rig = Rig()
    for _ in range(6):
        rig.hands(moved_hand(BENT))
        rig.ticks(20)
    rig.hands()
    rig.hands(moved_hand((0, 0, 0), Side.LEFT))
    assert rig.ticks(5) == 5
    np.testing.assert_array_equal(rig.commands[-1].position, rig.commands[-6].position)


def test_the_poses_of_one_hand_are_followed_too() -> None:
    rig = Rig("/hand_recon/right/joints")
    poses = PosedHand(moved_hand(BENT)).poses
    rig.bus.callbacks[rig.topic](memoryview(encode_pose_array(1, "camera", poses)))
    assert rig.ticks(3) == 3


def test_commands_begin_where_the_robot_is(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(state="/robot/joint_states")

    def report(*positions: float, names: tuple[str, ...] = ("wrist", *LinearSolver.names)) -> None:
        rig.bus.callbacks["/robot/joint_states"](memoryview(encode_joint_state(1, "", names, np.array(positions))))

    rig.hands(moved_hand(BENT))
    assert rig.ticks(2) == 0 and "no state of the robot on /robot/joint_states" in rig.status.message
    report(0.5, names=("wrist",))
    assert rig.ticks(2) == 0 and "expected the position of joint turn" in caplog.text
    report(9.0, -0.4, 1.5, 0.03)
    assert rig.ticks(1) == 1
    before = rig.commands[0].position
    np.testing.assert_array_equal(before, [-0.4, 1.5, 0.03])
    report(9.0, 0.0, 0.5, 0.0)  # on the way, the robot's own report changes nothing
    assert rig.ticks(1) == 1
    np.testing.assert_allclose(np.abs(rig.commands[1].position - before), [0.06, 0.02, 0.002])
    rig.ticks(100)
    report(9.0, 0.0, 0.5, 0.0)
    rig.hands(moved_hand(BENT))
    rig.ticks(1)
    np.testing.assert_allclose(rig.commands[-1].position, [0.06, 0.52, 0.002])


def test_damaged_messages_and_impossible_hands_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    rig.bus.callbacks[HANDS](memoryview(b"\0\1\0\0broken"))
    assert "left out" in caplog.text
    rig.hands(moved_hand(BENT, size=20.0))
    assert rig.ticks(2) == 0


def retarget_process(*arguments: str | Path) -> AbstractContextManager[subprocess.Popen[str]]:
    return running([sys.executable, "-m", "hand_recon_ros.cli", "retarget", *map(str, arguments)], DOMAIN)


@pytest.mark.skipif(not find_spec("dex_retargeting"), reason="needs the extra retarget")
def test_a_robot_follows_a_hand_over_dds(robots: Path) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    options = ("--robot", "allegro", "--urdf", robots, "--bus", "wire", "--stale", "5", "--max-speed", "20")
    ros = ("--ros-args", "-r", "/allegro/joint_commands:=/hand/cmd", "-r", "/hand_recon/hands:=/seen")
    bus = WireBus(NodeName("camera"), localhost_settings(DOMAIN))
    stop = threading.Event()
    try:
        with retarget_process(*options, *ros) as process:
            hands = bus.publisher("/seen", HAND_ARRAY, RESULTS)
            commands = bus.subscribe(
                "/hand/cmd", JOINT_STATE, RESULTS, lambda cdr: heard.put(STORE.deserialize_cdr(bytes(cdr), JOINT_STATE))
            )
            assert hands.wait_for_subscriptions(1, WAIT_S) and commands.wait_for_publishers(1, WAIT_S)
            spinning = threading.Thread(target=bus.spin, args=(stop,))
            spinning.start()
            hands.publish(array(moved_hand((0.06, 0.0, -0.08))))
            said = [heard.get(timeout=WAIT_S) for _ in range(40)]
            process.send_signal(signal.SIGINT)
            assert process.wait(WAIT_S) == 0
            stop.set()
            spinning.join()
    finally:
        stop.set()
        bus.close()
    assert len(said[0].name) == 16 and said[0].name[:2] == ["joint_0.0", "joint_1.0"]
    bend = np.array([message.position[said[0].name.index("joint_1.0")] for message in said])
    assert bend[0] == 0.0 and bend[-1] > 0.2 and (np.diff(bend) >= 0).all()
