"""Messages between the wire bus and another DDS implementation: every byte and number, in both directions."""

from __future__ import annotations

import queue

import numpy as np
import pytest
from messages import STORE, make_frame, make_hand
from stand_in import picture
from wire_side import NewBus, first_message, spinning
from witness_process import WAIT_S, Witness, plain

from hand_recon_ros.bus import LATCHED, RESULTS, SENSOR_DATA, Qos
from hand_recon_ros.bus.camera_codec import CAMERA_INFO, camera_of, decode_camera_info, encode_camera_info, info_of
from hand_recon_ros.bus.compressed_codec import COMPRESSED_IMAGE, encode_compressed_image
from hand_recon_ros.bus.diagnostics_codec import DIAGNOSTIC_ARRAY, Level, Status, encode_diagnostics
from hand_recon_ros.bus.hand_codec import (
    HAND_ARRAY,
    HAND_MESH_TOPOLOGY,
    Delivery,
    encode_hand_array,
    encode_mesh_topology,
)
from hand_recon_ros.bus.image_codec import IMAGE, decode_image, encode_image
from hand_recon_ros.bus.joint_state_codec import JOINT_STATE, encode_joint_state
from hand_recon_ros.bus.marker_codec import MARKER_ARRAY, encode_markers
from hand_recon_ros.bus.pose_codec import POSE_ARRAY, POSE_STAMPED, encode_pose_array, encode_pose_stamped
from hand_recon_ros.bus.tf_codec import TF_MESSAGE, Transform, encode_transforms
from hand_recon_ros.types import CameraModel, Side

POSES = np.random.default_rng(0).normal(size=(21, 7))
HANDS = make_hand(1), make_hand(2, Side.LEFT, 2, "mano_left"), make_hand(3, pose=False)
FRAME = make_frame(*HANDS)
OUTGOING = {
    "hands": (HAND_ARRAY, encode_hand_array(FRAME, Delivery(7, 8, 9, 10), vertices=True)),
    "no hands": (HAND_ARRAY, encode_hand_array(make_frame(), Delivery())),
    "topology": (HAND_MESH_TOPOLOGY, encode_mesh_topology(make_hand(1))),
    "markers": (MARKER_ARRAY, encode_markers(5, "camera", list(enumerate(HANDS)), deleted=[7], clear=True)),
    "transforms": (TF_MESSAGE, encode_transforms(5, [Transform("camera", f"hand_{k}", POSES[k]) for k in range(3)])),
    "poses": (POSE_ARRAY, encode_pose_array(5, "camera", POSES)),
    "pose": (POSE_STAMPED, encode_pose_stamped(5, "camera", POSES[0])),
    "joint state": (JOINT_STATE, encode_joint_state(5, "", ["index_mcp", "index_pip"], np.array([0.1, 0.2]))),
    "diagnostics": (
        DIAGNOSTIC_ARRAY,
        encode_diagnostics(5, [Status("node", Level.WARN, "slow", "cpu", {"rate": "3"})]),
    ),
    "image": (IMAGE, encode_image(5, "camera", picture(3))),
    "camera_info": (CAMERA_INFO, encode_camera_info(info_of(FRAME.camera, 5, "camera"))),
    "compressed": (COMPRESSED_IMAGE, encode_compressed_image(5, "camera", b"\xff\xd8\xff\x00\x01")),
}


def test_every_message_of_ours_is_decoded_alike(witness: Witness, new_bus: NewBus) -> None:
    bus = new_bus()
    publishers = {}
    for number, (name, (ros_type, _)) in enumerate(OUTGOING.items()):
        publishers[name] = bus.publisher(f"/out{number}", ros_type, RESULTS)
        witness.subscribe(f"/out{number}", ros_type, RESULTS)
    for number, (name, (ros_type, cdr)) in enumerate(OUTGOING.items()):
        witness.matched(f"/out{number}", "subscriber")
        assert publishers[name].wait_for_subscriptions(1, WAIT_S)
        publishers[name].publish(cdr)
        assert witness.message(f"/out{number}") == plain(STORE.deserialize_cdr(bytes(cdr), ros_type)), name


@pytest.mark.parametrize("qos", [RESULTS, SENSOR_DATA], ids=["reliable", "best effort"])
@pytest.mark.parametrize(
    ("encoding", "width", "height", "step"),
    [("rgb8", 64, 48, 192), ("mono8", 63, 47, 100), ("16UC1", 640, 480, 1280), ("bgr8", 1, 1, 3)],
)
def test_every_byte_of_a_foreign_image_arrives(
    witness: Witness, new_bus: NewBus, qos: Qos, encoding: str, width: int, height: int, step: int
) -> None:
    arrived: queue.Queue[memoryview] = queue.Queue()
    bus = new_bus()
    subscription = bus.subscribe("/image", IMAGE, qos, arrived.put)
    witness.advertise("/image", IMAGE, qos)
    witness.matched("/image", "publisher")
    assert subscription.wait_for_publishers(1, WAIT_S)
    with spinning(bus):
        shape = ("camera", width, height, encoding, step)
        first_message(lambda: witness.command("image", "rt/image", 0, *shape, 0), arrived)
        for seed in range(1, 4):
            witness.command("image", "rt/image", 10**9 + seed, *shape, seed)
            image = decode_image(arrived.get(timeout=WAIT_S))
            while image.stamp_ns == 0:
                image = decode_image(arrived.get(timeout=WAIT_S))
            assert (image.stamp_ns, image.frame_id) == (10**9 + seed, "camera")
            assert (image.width, image.height, image.encoding, image.step) == (width, height, encoding, step)
            np.testing.assert_array_equal(image.data, (np.arange(step * height) * 7 + seed).astype(np.uint8))


def test_a_foreign_camera_info_arrives(witness: Witness, new_bus: NewBus) -> None:
    arrived: queue.Queue[memoryview] = queue.Queue()
    bus = new_bus()
    subscription = bus.subscribe("/camera_info", CAMERA_INFO, SENSOR_DATA, arrived.put)
    witness.advertise("/camera_info", CAMERA_INFO, RESULTS)
    witness.matched("/camera_info", "publisher")
    assert subscription.wait_for_publishers(1, WAIT_S)
    with spinning(bus):
        words = ("camera_info", "rt/camera_info", 5, "camera", 640, 480, 601.5, 602.25, 319.5, 239.125)
        info = decode_camera_info(first_message(lambda: witness.command(*words), arrived))
    assert (info.stamp_ns, info.frame_id) == (5, "camera")
    assert camera_of(info, 640, 480) == CameraModel(601.5, 602.25, 319.5, 239.125, 640, 480)


def test_a_late_joiner_gets_latched_messages_only(new_bus: NewBus, witness: Witness) -> None:
    bus = new_bus()
    latched = bus.publisher("/latched", HAND_MESH_TOPOLOGY, LATCHED)
    volatile = bus.publisher("/volatile", IMAGE, RESULTS)
    latched.publish(OUTGOING["topology"][1])
    volatile.publish(encode_image(1, "camera", picture(1)))
    witness.subscribe("/volatile", IMAGE, RESULTS)
    witness.subscribe("/latched", HAND_MESH_TOPOLOGY, LATCHED)
    assert witness.message("/latched") == plain(
        STORE.deserialize_cdr(bytes(OUTGOING["topology"][1]), HAND_MESH_TOPOLOGY)
    )
    assert volatile.wait_for_subscriptions(1, WAIT_S)
    witness.matched("/volatile", "subscriber")
    volatile.publish(encode_image(2, "camera", picture(1)))
    assert witness.message("/volatile")["header"]["stamp"]["nanosec"] == 2
