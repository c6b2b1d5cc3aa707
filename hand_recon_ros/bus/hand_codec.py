"""hand_recon_ros/HandArray and HandMeshTopology: encode from a HandFrame, and decode."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.bus.camera_codec import info_of, write_camera_info
from hand_recon_ros.bus.cdr import CdrWriter, time_of
from hand_recon_ros.bus.interface import Cdr
from hand_recon_ros.types import Hand, HandFrame, IndexArray

HAND_ARRAY = "hand_recon_ros/msg/HandArray"
HAND_MESH_TOPOLOGY = "hand_recon_ros/msg/HandMeshTopology"
UNKNOWN_COVARIANCE = bytes(36 * 8)
NO_POSE = np.full(48, np.nan, np.float32)
NO_BETAS = np.full(10, np.nan, np.float32)
NO_VERTICES = np.empty(0, np.float32)


@dataclass(frozen=True)
class Delivery:
    """What the node adds to a frame: when it came and went, and its place in the stream.

    Attributes:
        received_ns: node clock when the image arrived.
        published_ns: node clock when the result leaves.
        sequence: processed images before this one.
        dropped: images so far that a newer one replaced.
    """

    received_ns: int = 0
    published_ns: int = 0
    sequence: int = 0
    dropped: int = 0


def encode_hand_array(frame: HandFrame, delivery: Delivery, vertices: bool = False) -> bytearray:
    """CDR of a HandArray; the vertices of each hand (37 kB for two hands) only when asked for."""
    writer = CdrWriter()
    writer.pack("iI", *time_of(frame.stamp_ns))
    writer.string(frame.frame_id)
    writer.pack("I", len(frame.hands))
    for hand in frame.hands:
        _write_hand(writer, hand, vertices)
    write_camera_info(writer, info_of(frame.camera, frame.stamp_ns, frame.frame_id))
    writer.pack("iIiI", *time_of(delivery.received_ns), *time_of(delivery.published_ns))
    timing = frame.timing
    latency = timing.decode_ms, timing.detect_ms, timing.reconstruct_ms, timing.postprocess_ms, timing.total_ms
    writer.pack("fffffII", *latency, delivery.sequence, delivery.dropped)
    return writer.finish()


def _write_hand(writer: CdrWriter, hand: Hand, vertices: bool) -> None:
    roi, wrist = hand.roi, hand.wrist
    scores = hand.side_score, hand.score
    writer.pack("IBffB", hand.track_id, hand.side, *scores, hand.scale_source)
    writer.pack("IIII?", roi.x, roi.y, roi.height, roi.width, False)
    writer.pack("ddddddd", *wrist.position.tolist(), *quaternion_of(wrist.rotation))
    writer.buffer += UNKNOWN_COVARIANCE
    for array in (hand.joints, hand.joints_2d, hand.joint_scores):
        writer.array(array, np.float32)
    writer.array(NO_POSE if hand.pose is None else hand.pose, np.float32)
    writer.array(NO_BETAS if hand.betas is None else hand.betas, np.float32)
    mano = hand.model.startswith("mano") and hand.pose is not None and hand.betas is not None
    writer.pack("??", mano, False)
    writer.sequence(hand.vertices if vertices else NO_VERTICES, np.float32)
    writer.pack("I", topology_id(hand.faces))


def quaternion_of(rotation: npt.NDArray[np.floating]) -> tuple[float, float, float, float]:
    """Unit quaternion x, y, z, w of a rotation matrix (3, 3), with w >= 0.

    Takes the largest of the four components from the diagonal and divides by it (Shepperd, "Quaternion from rotation
    matrix", 1978).
    """
    (a, b, c), (d, e, f), (g, h, i) = rotation.tolist()
    squares = 1 + a - e - i, 1 - a + e - i, 1 - a - e + i, 1 + a + e + i
    rows = (
        (squares[0], b + d, c + g, h - f),
        (b + d, squares[1], f + h, c - g),
        (c + g, f + h, squares[2], d - b),
        (h - f, c - g, d - b, squares[3]),
    )
    row = rows[squares.index(max(squares))]
    length = math.copysign(math.sqrt(sum(v * v for v in row)) or 1.0, row[3])
    return row[0] / length, row[1] / length, row[2] / length, row[3] / length


def topology_id(faces: IndexArray) -> int:
    """Number of a mesh topology: the checksum of its faces (F, 3), so that equal meshes have equal numbers."""
    return zlib.crc32(faces.astype("<u4").tobytes())


def encode_mesh_topology(hand: Hand) -> bytearray:
    """CDR of the HandMeshTopology that a hand's vertices belong to."""
    writer = CdrWriter()
    writer.pack("I", topology_id(hand.faces))
    writer.string(hand.model)
    writer.pack("I", len(hand.vertices))
    writer.sequence(hand.faces, np.uint32)
    return writer.finish()


def decode_hand_message(cdr: Cdr, ros_type: str = HAND_ARRAY) -> Any:
    """A HandArray or HandMeshTopology with the attributes of the .msg file; meant for tools, not for speed.

    Raises:
        ValueError: bytes that are not such a message.
    """
    from rosbags.serde import SerdeError

    from hand_recon_ros.bus.definitions import message_types

    try:
        return message_types().deserialize_cdr(bytes(cdr), ros_type)
    except (SerdeError, AssertionError, IndexError, UnicodeDecodeError, ValueError, OverflowError) as error:
        raise ValueError(f"expected a {ros_type}, got {len(cdr)} bytes that do not decode: {error}") from error
