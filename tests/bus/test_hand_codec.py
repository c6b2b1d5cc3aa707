"""HandArray, HandMeshTopology and MarkerArray: byte for byte what a generic codec writes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages import FACES, header, make_frame, make_hand, new, reference, time

from hand_recon_ros.bus.hand_codec import (
    HAND_ARRAY,
    HAND_MESH_TOPOLOGY,
    Delivery,
    decode_hand_message,
    encode_hand_array,
    encode_mesh_topology,
    quaternion_of,
    topology_id,
)
from hand_recon_ros.bus.marker_codec import (
    MARKER_ARRAY,
    NAMESPACES,
    MarkerStyle,
    encode_markers,
)
from hand_recon_ros.render.palette import FINGER_COLOURS, SIDE_COLOURS
from hand_recon_ros.types import BONES, Hand, HandFrame, Side

EMPTY = np.empty(0, np.uint8)
GEOMETRY = "geometry_msgs/msg/"
SIDES = st.sampled_from(Side)
HANDS = st.builds(
    make_hand,
    st.integers(0, 9),
    SIDES,
    st.integers(0, 2**32 - 1),
    st.sampled_from(["free", "mano_right", ""]),
    st.booleans(),
)
STAMPS = st.integers(-(2**31) * 10**9, 2**31 * 10**9 - 1)
FRAME_IDS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)


def point(x: float, y: float, z: float) -> Any:
    return new(GEOMETRY + "Point", x=float(x), y=float(y), z=float(z))


def camera_info(frame: HandFrame) -> Any:
    c = frame.camera
    k = np.array([c.fx, 0, c.cx, 0, c.fy, c.cy, 0, 0, 1.0])
    return new(
        "sensor_msgs/msg/CameraInfo",
        header=header(frame.stamp_ns, frame.frame_id),
        height=c.height,
        width=c.width,
        distortion_model="plumb_bob",
        d=np.array(c.distortion),
        k=k,
        r=np.eye(3).ravel(),
        p=np.insert(k, [3, 6, 9], 0.0),
        binning_x=0,
        binning_y=0,
        roi=new("sensor_msgs/msg/RegionOfInterest", x_offset=0, y_offset=0, height=0, width=0, do_rectify=False),
    )


def hand_message(hand: Hand, vertices: bool) -> Any:
    x, y, z, w = quaternion_of(hand.wrist.rotation)
    pose = new(
        GEOMETRY + "Pose",
        position=point(*hand.wrist.position),
        orientation=new(GEOMETRY + "Quaternion", x=x, y=y, z=z, w=w),
    )
    roi = hand.roi
    return new(
        "hand_recon_ros/msg/Hand",
        track_id=hand.track_id,
        side=int(hand.side),
        side_score=hand.side_score,
        score=hand.score,
        scale_source=int(hand.scale_source),
        roi=new(
            "sensor_msgs/msg/RegionOfInterest",
            x_offset=roi.x,
            y_offset=roi.y,
            height=roi.height,
            width=roi.width,
            do_rectify=False,
        ),
        wrist=new(GEOMETRY + "PoseWithCovariance", pose=pose, covariance=np.zeros(36)),
        joints=hand.joints.ravel(),
        joints_2d=hand.joints_2d.ravel(),
        joint_scores=hand.joint_scores,
        mano_pose=np.full(48, np.nan, np.float32) if hand.pose is None else hand.pose.ravel(),
        mano_betas=np.full(10, np.nan, np.float32) if hand.betas is None else hand.betas,
        has_mano=hand.model == "mano_right" and hand.pose is not None,
        mirrored=False,
        vertices=hand.vertices.ravel() if vertices else np.empty(0, np.float32),
        topology_id=topology_id(hand.faces),
    )


@settings(deadline=None, max_examples=40)
@given(st.lists(HANDS, max_size=3), STAMPS, FRAME_IDS, st.booleans())
def test_hand_array_equals_the_generic_codec(hands: list[Hand], stamp: int, frame_id: str, vertices: bool) -> None:
    frame = make_frame(*hands, stamp_ns=stamp, frame_id=frame_id)
    message = new(
        HAND_ARRAY,
        header=header(stamp, frame_id),
        hands=[hand_message(hand, vertices) for hand in hands],
        camera_info=camera_info(frame),
        received=time(7),
        published=time(8_000_000_009),
        latency_ms=np.array([1.5, 2.5, 3.5, 4.5, 12.0], np.float32),
        sequence=3,
        dropped=4,
    )
    assert encode_hand_array(frame, Delivery(7, 8_000_000_009, 3, 4), vertices) == reference(message, HAND_ARRAY)


def marker(shape: int, namespace: str, marker_id: int, action: int = 0, **fields: Any) -> Any:
    defaults = {
        "header": header(5_000_000_007, "camera"),
        "ns": namespace,
        "id": marker_id,
        "type": shape,
        "action": action,
        "pose": fields.pop("pose", None)
        or new(
            GEOMETRY + "Pose",
            position=point(0, 0, 0),
            orientation=new(GEOMETRY + "Quaternion", x=0.0, y=0.0, z=0.0, w=1.0),
        ),
        "scale": new(GEOMETRY + "Vector3", **dict.fromkeys("xyz", fields.pop("size", 1.0))),
        "color": colour(fields.pop("colour", (1.0, 1.0, 1.0, 1.0))),
        "lifetime": new("builtin_interfaces/msg/Duration", sec=0, nanosec=300_000_000),
        "frame_locked": False,
        "points": [],
        "colors": [],
        "texture_resource": "",
        "texture": new("sensor_msgs/msg/CompressedImage", header=header(0, ""), format="", data=EMPTY),
        "uv_coordinates": [],
        "text": "",
        "mesh_resource": "",
        "mesh_file": new("visualization_msgs/msg/MeshFile", filename="", data=EMPTY),
        "mesh_use_embedded_materials": False,
    }
    return new("visualization_msgs/msg/Marker", **{**defaults, **fields})


def colour(rgba: Any) -> Any:
    return new("std_msgs/msg/ColorRGBA", **{k: float(v) for k, v in zip("rgba", rgba, strict=True)})


def drawn(hand: Hand, marker_id: int) -> list[Any]:
    own = (*SIDE_COLOURS[hand.side], 1.0)
    ends = [point(*hand.joints[j]) for bone in BONES for j in bone]
    fingers = [colour(np.float32((*FINGER_COLOURS[bone // 4], 1))) for bone in range(len(BONES)) for _ in range(2)]
    above = min(hand.joints.tolist(), key=lambda joint: joint[1])
    above[1] -= 0.03
    pose = new(
        GEOMETRY + "Pose",
        position=point(*above),
        orientation=new(GEOMETRY + "Quaternion", x=0.0, y=0.0, z=0.0, w=1.0),
    )
    text = f"{hand.side.name.lower()} {hand.track_id or ''} {hand.score:.2f}"
    return [
        marker(11, "mesh", marker_id, colour=own, points=[point(*hand.vertices[v]) for v in hand.faces.ravel()]),
        marker(5, "skeleton", marker_id, size=0.004, points=ends, colors=fingers),
        marker(7, "joints", marker_id, size=0.008, colour=own, points=[point(*joint) for joint in hand.joints]),
        marker(9, "label", marker_id, size=0.03, pose=pose, text=text),
    ]


@settings(deadline=None, max_examples=10)
@given(st.lists(HANDS, max_size=2), st.lists(st.integers(-9, 9), max_size=2), st.booleans())
def test_markers_equal_the_generic_codec(hands: list[Hand], deleted: list[int], clear: bool) -> None:
    markers = [marker(11, "", 0, action=3)] if clear else []
    markers += [marker(11, namespace, i, action=2) for i in deleted for namespace in NAMESPACES]
    for number, hand in enumerate(hands):
        markers += drawn(hand, number)
    expected = reference(new(MARKER_ARRAY, markers=markers), MARKER_ARRAY)
    assert encode_markers(5_000_000_007, "camera", list(enumerate(hands)), deleted, clear) == expected


def test_a_style_leaves_kinds_of_markers_out() -> None:
    style = MarkerStyle(mesh=False, label=False)
    cdr = encode_markers(5_000_000_007, "camera", [(1, make_hand())], style=style)
    assert cdr == reference(new(MARKER_ARRAY, markers=drawn(make_hand(), 1)[1:3]), MARKER_ARRAY)


def test_topology_equals_the_generic_codec_and_names_its_mesh() -> None:
    hand, other = make_hand(0), make_hand(1)
    message = new(
        HAND_MESH_TOPOLOGY,
        topology_id=topology_id(hand.faces),
        model="free",
        vertex_count=len(hand.vertices),
        faces=hand.faces.ravel().astype(np.uint32),
    )
    assert encode_mesh_topology(hand) == reference(message, HAND_MESH_TOPOLOGY)
    assert topology_id(hand.faces) == topology_id(hand.faces.astype(np.int64)) != topology_id(other.faces)
    assert len(message.faces) == 3 * FACES


@settings(deadline=None)
@given(st.lists(st.floats(-4, 4), min_size=3, max_size=3))
def test_quaternion_turns_as_its_matrix_does(rotvec: list[float]) -> None:
    matrix, _ = cv2.Rodrigues(np.array(rotvec))
    *axis, w = quaternion_of(matrix)
    assert np.linalg.norm([*axis, w]) == pytest.approx(1.0, abs=1e-9)
    assert w >= 0
    length = np.linalg.norm(axis)
    turned, _ = cv2.Rodrigues(np.array(axis) / (length or 1.0) * 2 * np.arctan2(length, w))
    np.testing.assert_allclose(turned, matrix, atol=1e-7)


def test_decoding_gives_the_fields_back() -> None:
    hand = make_hand()
    message = decode_hand_message(encode_hand_array(make_frame(hand), Delivery(sequence=9), vertices=True))
    assert message.sequence == 9
    assert message.header.frame_id == "camera"
    np.testing.assert_array_equal(message.hands[0].joints.reshape(21, 3), hand.joints)
    np.testing.assert_array_equal(message.hands[0].vertices.reshape(-1, 3), hand.vertices)


@settings(deadline=None)
@given(st.data())
def test_a_damaged_message_is_a_value_error_or_decodes(data: st.DataObject) -> None:
    cdr = bytearray(encode_hand_array(make_frame(make_hand()), Delivery()))
    position = data.draw(st.integers(0, len(cdr) - 1))
    cdr[position] ^= data.draw(st.integers(1, 255))
    try:
        decode_hand_message(cdr[: data.draw(st.integers(0, len(cdr)))])
    except ValueError as error:
        assert "HandArray" in str(error)
