"""Poses, transforms, joint states, numbers and diagnostics: byte for byte what a generic codec writes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages import STORE, header, new, reference

from hand_recon_ros.bus.diagnostics_codec import DIAGNOSTIC_ARRAY, Level, Status, encode_diagnostics
from hand_recon_ros.bus.float_codec import FLOAT32, encode_float32
from hand_recon_ros.bus.joint_state_codec import JOINT_STATE, encode_joint_state
from hand_recon_ros.bus.pose_codec import POSE_ARRAY, POSE_STAMPED, encode_pose_array, encode_pose_stamped
from hand_recon_ros.bus.tf_codec import TF_MESSAGE, Transform, encode_transforms

GEOMETRY = "geometry_msgs/msg/"
STAMPS = st.integers(-(2**31) * 10**9, 2**31 * 10**9 - 1)
TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=12)
NUMBERS = st.floats(allow_nan=False)
POSES = st.lists(NUMBERS, min_size=7, max_size=7)
NO_NUMBERS = np.empty(0)


def position(kind: str, values: list[float]) -> Any:
    return new(GEOMETRY + kind, **dict(zip("xyz", values, strict=True)))


def quaternion(values: list[float]) -> Any:
    return new(GEOMETRY + "Quaternion", **dict(zip("xyzw", values, strict=True)))


def pose(row: list[float]) -> Any:
    return new(GEOMETRY + "Pose", position=position("Point", row[:3]), orientation=quaternion(row[3:]))


@settings(deadline=None)
@given(STAMPS, TEXTS, st.lists(POSES, max_size=4))
def test_pose_arrays_equal_the_generic_codec(stamp: int, frame_id: str, rows: list[list[float]]) -> None:
    message = new(POSE_ARRAY, header=header(stamp, frame_id), poses=[pose(row) for row in rows])
    assert encode_pose_array(stamp, frame_id, np.array(rows)) == reference(message, POSE_ARRAY)


@settings(deadline=None)
@given(STAMPS, TEXTS, POSES)
def test_a_stamped_pose_equals_the_generic_codec(stamp: int, frame_id: str, row: list[float]) -> None:
    message = new(POSE_STAMPED, header=header(stamp, frame_id), pose=pose(row))
    assert encode_pose_stamped(stamp, frame_id, np.array(row)) == reference(message, POSE_STAMPED)


@settings(deadline=None)
@given(STAMPS, st.lists(st.builds(Transform, TEXTS, TEXTS, POSES), max_size=4))
def test_transforms_equal_the_generic_codec(stamp: int, transforms: list[Transform]) -> None:
    stamped = [
        new(
            GEOMETRY + "TransformStamped",
            header=header(stamp, transform.parent),
            child_frame_id=transform.child,
            transform=new(
                GEOMETRY + "Transform",
                translation=position("Vector3", list(transform.pose[:3])),
                rotation=quaternion(list(transform.pose[3:])),
            ),
        )
        for transform in transforms
    ]
    assert encode_transforms(stamp, transforms) == reference(new(TF_MESSAGE, transforms=stamped), TF_MESSAGE)


@settings(deadline=None)
@given(STAMPS, TEXTS, st.lists(st.tuples(TEXTS, NUMBERS), max_size=5))
def test_joint_states_equal_the_generic_codec(stamp: int, frame_id: str, joints: list[tuple[str, float]]) -> None:
    names, positions = [name for name, _ in joints], np.array([value for _, value in joints])
    message = new(
        JOINT_STATE,
        header=header(stamp, frame_id),
        name=names,
        position=positions,
        velocity=NO_NUMBERS,
        effort=NO_NUMBERS,
    )
    assert encode_joint_state(stamp, frame_id, names, positions) == reference(message, JOINT_STATE)


def test_joints_without_a_position_are_refused() -> None:
    with pytest.raises(ValueError, match="position for each of 2 joints"):
        encode_joint_state(0, "", ["a", "b"], np.zeros(3))


@settings(deadline=None)
@given(st.floats(width=32, allow_nan=False))
def test_a_number_equals_the_generic_codec(value: float) -> None:
    assert encode_float32(value) == reference(new(FLOAT32, data=value), FLOAT32)


STATUSES = st.builds(Status, TEXTS, st.sampled_from(Level), TEXTS, TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=3))


@settings(deadline=None)
@given(STAMPS, st.lists(STATUSES, max_size=3))
def test_diagnostics_equal_the_generic_codec(stamp: int, statuses: list[Status]) -> None:
    described = [
        new(
            "diagnostic_msgs/msg/DiagnosticStatus",
            level=int(status.level),
            name=status.name,
            message=status.message,
            hardware_id=status.hardware_id,
            values=[new("diagnostic_msgs/msg/KeyValue", key=key, value=value) for key, value in status.values.items()],
        )
        for status in statuses
    ]
    message = new(DIAGNOSTIC_ARRAY, header=header(stamp, ""), status=described)
    assert encode_diagnostics(stamp, statuses) == reference(message, DIAGNOSTIC_ARRAY)


def test_levels_are_those_of_the_message() -> None:
    constants, _ = STORE.fielddefs["diagnostic_msgs/msg/DiagnosticStatus"]
    assert {level.name: int(level) for level in Level} == {name: value for name, _, value in constants}
