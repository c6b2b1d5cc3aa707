"""The live node as a process on the wire: images in, hands out, and a clean end."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from messages import STORE
from processes import running
from stand_in import StandIn, picture

from hand_recon_ros.bus import LATCHED, RESULTS
from hand_recon_ros.bus.camera_codec import CAMERA_INFO, encode_camera_info, info_of
from hand_recon_ros.bus.discovery import localhost_settings
from hand_recon_ros.bus.hand_codec import HAND_ARRAY, HAND_MESH_TOPOLOGY, decode_hand_message
from hand_recon_ros.bus.image_codec import IMAGE, encode_image
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.parameter_values import value_message
from hand_recon_ros.bus.ros_args import RosArgs
from hand_recon_ros.bus.wire import WireBus
from hand_recon_ros.node import NodeParameters
from hand_recon_ros.node.monitor import watch_hands
from hand_recon_ros.node.wire_node import spin_live
from hand_recon_ros.types import CameraModel, Frame, HandFrame, ScaleSource, Side

DOMAIN = 1 + (os.getpid() + 115) % 230
WAIT_S = 30.0
SCRIPT = Path(__file__).with_name("wire_node_process.py")
CAMERA = CameraModel(50, 50, 32, 24, 64, 48)


def node_process(*arguments: str) -> AbstractContextManager[subprocess.Popen[str]]:
    path = os.pathsep.join([str(SCRIPT.parents[1] / "bus"), *sys.path])
    return running([sys.executable, str(SCRIPT), *arguments], DOMAIN, PYTHONPATH=path)


@contextmanager
def camera_bus() -> Iterator[WireBus]:
    bus = WireBus(NodeName("camera"), localhost_settings(DOMAIN))
    try:
        yield bus
    finally:
        bus.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_images_in_hands_out_until_a_signal(number: signal.Signals) -> None:
    hands: queue.Queue[Any] = queue.Queue()
    topologies: queue.Queue[memoryview] = queue.Queue()
    remaps = ["-r", "image:=/cam/image_raw", "-r", "__node:=hands", "-r", "__ns:=/robot"]
    with camera_bus() as bus, node_process("--ros-args", *remaps, "-p", "publish_vertices:=true") as process:
        images = bus.publisher("/cam/image_raw", IMAGE, RESULTS)
        infos = bus.publisher("/cam/camera_info", CAMERA_INFO, RESULTS)
        results = bus.subscribe(
            "/robot/hands/hands", HAND_ARRAY, RESULTS, lambda cdr: hands.put(decode_hand_message(cdr))
        )
        bus.subscribe("/robot/hands/mesh_topology", HAND_MESH_TOPOLOGY, LATCHED, topologies.put)
        assert images.wait_for_subscriptions(1, WAIT_S)
        assert infos.wait_for_subscriptions(1, WAIT_S)
        assert results.wait_for_publishers(1, WAIT_S)
        stop = threading.Event()
        receiver = threading.Thread(target=bus.spin, args=(stop,))
        receiver.start()
        infos.publish(encode_camera_info(info_of(CAMERA, 0, "camera")))
        for stamp, count in ((1, 2), (2, 0), (3, 1)):
            images.publish(encode_image(stamp, "camera", picture(count)))
            message = hands.get(timeout=WAIT_S)
            assert (message.header.stamp.nanosec, len(message.hands)) == (stamp, count)
        assert message.hands[0].scale_source == ScaleSource.METRIC
        topology = decode_hand_message(topologies.get(timeout=WAIT_S), HAND_MESH_TOPOLOGY)
        assert topology.topology_id == message.hands[0].topology_id
        assert len(message.hands[0].vertices) == 3 * topology.vertex_count
        process.send_signal(number)
        _, log = process.communicate(timeout=WAIT_S)
        stop.set()
        receiver.join(WAIT_S)
    assert process.returncode == 0
    assert "3 images processed" in log
    assert "Traceback" not in log


def ask(bus: WireBus, service: str, kind: str, *fields: Any) -> Any:
    """The response of a service of the node /hand_recon."""
    with closing(bus.client(f"/hand_recon/{service}", kind)) as client:
        return client.call(STORE.types[f"{kind}_Request"](*fields), WAIT_S)


def change_state(bus: WireBus, label: str) -> bool:
    transition = STORE.types["lifecycle_msgs/msg/Transition"](0, label)
    return bool(ask(bus, "change_state", "lifecycle_msgs/srv/ChangeState", transition).success)


def set_parameter(bus: WireBus, name: str, value: Any) -> Any:
    parameter = STORE.types["rcl_interfaces/msg/Parameter"](name, value_message(STORE, value))
    (result,) = ask(bus, "set_parameters", "rcl_interfaces/srv/SetParameters", [parameter]).results
    return result


def test_other_nodes_manage_the_node_as_any_of_ros() -> None:
    hands: queue.Queue[Any] = queue.Queue()
    with camera_bus() as bus, node_process("--ros-args", "-p", "autostart:=false") as process:
        images = bus.publisher("/image", IMAGE, RESULTS)
        bus.subscribe("/hand_recon/hands", HAND_ARRAY, RESULTS, lambda cdr: hands.put(decode_hand_message(cdr)))
        stop = threading.Event()
        receiver = threading.Thread(target=bus.spin, args=(stop,))
        receiver.start()
        assert not ask(bus, "reset_tracks", "std_srvs/srv/Trigger").success
        assert set_parameter(bus, "max_hands", 2).successful
        assert change_state(bus, "configure")
        assert images.subscription_count() == 0
        assert change_state(bus, "activate")
        assert images.wait_for_subscriptions(1, WAIT_S)
        assert ask(bus, "reset_tracks", "std_srvs/srv/Trigger").success
        assert set_parameter(bus, "publish_vertices", True).successful
        refused = set_parameter(bus, "max_hands", 3)
        assert (refused.successful, "takes effect when the node is configured" in refused.reason) == (False, True)
        images.publish(encode_image(1, "camera", picture(1)))
        assert len(hands.get(timeout=WAIT_S).hands[0].vertices) == 3 * 778
        assert change_state(bus, "deactivate")
        assert change_state(bus, "cleanup")
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=WAIT_S)
        stop.set()
        receiver.join(WAIT_S)
    assert process.returncode == 0, log


class Incomplete(StandIn):
    """Returns hands that no message can hold."""

    def hands_of(self, frame: Frame) -> HandFrame:
        result = super().hands_of(frame)
        return replace(result, hands=tuple(replace(hand, track_id=-1) for hand in result.hands))


def test_a_node_that_cannot_publish_ends_instead_of_staying_silent() -> None:
    stop, failures = threading.Event(), queue.Queue[Exception]()

    def serve() -> None:
        try:
            spin_live(
                RosArgs(NodeName("hands")), NodeParameters(), lambda _: Incomplete(), stop, localhost_settings(DOMAIN)
            )
        except RuntimeError as error:
            failures.put(error)

    node = threading.Thread(target=serve)
    node.start()
    with camera_bus() as bus:
        images = bus.publisher("/image", IMAGE, RESULTS)
        assert images.wait_for_subscriptions(1, WAIT_S)
        images.publish(encode_image(1, "camera", picture(1)))
        node.join(WAIT_S)
    assert not node.is_alive()
    assert "could not be published" in str(failures.get(timeout=WAIT_S))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ros-args", "-p", "max_hands:=0"], "parameter max_hands must be"),
        (["--ros-args", "-p", "max_hand:=2"], "did you mean max_hands?"),
        (["--ros-args", "-r", "image"], "expected name:=value"),
        (["--ros-args", "--log-level", "loud"], "log level"),
        (["image"], "expected only --ros-args"),
    ],
)
def test_a_bad_argument_ends_with_one_sentence(arguments: list[str], message: str) -> None:
    with node_process(*arguments) as process:
        _, log = process.communicate(timeout=WAIT_S)
    assert process.returncode == 1
    assert message in log
    assert len(log.splitlines()) == 1


def test_the_monitor_shows_what_a_node_publishes() -> None:
    stop = threading.Event()
    with camera_bus() as camera, node_process() as process:
        images = camera.publisher("/image", IMAGE, RESULTS)
        assert images.wait_for_subscriptions(1, WAIT_S)
        watcher = WireBus(NodeName("watcher"), localhost_settings(DOMAIN))
        snapshots = watch_hands(watcher, stop, period_s=0.02)
        for stamp in range(1, 1000):
            images.publish(encode_image(stamp, "camera", picture(2)))
            snapshot = next(snapshots)
            if snapshot.received >= 3:
                break
        snapshots.close()
        watcher.close()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=WAIT_S)
    assert snapshot.rate_hz > 0
    assert snapshot.frame_id == "camera"
    assert [(hand.track_id, hand.side, hand.scale_source) for hand in snapshot.hands] == [
        (1, Side.RIGHT, ScaleSource.ASSUMED),
        (2, Side.RIGHT, ScaleSource.ASSUMED),
    ]
    assert snapshot.latency_ms[1:4] == (1, 2, 3)
    assert stop.is_set()
