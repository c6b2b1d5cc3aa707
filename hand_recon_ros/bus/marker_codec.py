"""visualization_msgs/MarkerArray of hands (layout of Humble and later), encoded as blocks.

Each kind of marker has a namespace of its own, so that RViz can switch it; the id is the same for all markers of a
hand. The mesh carries no colours per vertex, because those switch the lighting off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from hand_recon_ros.bus.cdr import CdrWriter, time_of
from hand_recon_ros.render.palette import FINGER_COLOURS, SIDE_COLOURS, Rgb
from hand_recon_ros.types import BONES, Hand

MARKER_ARRAY = "visualization_msgs/msg/MarkerArray"

MESH, SKELETON, JOINTS, LABEL = NAMESPACES = ("mesh", "skeleton", "joints", "label")
WHITE: Rgb = (1.0, 1.0, 1.0)
# Anything less switches blending on and depth writing off, so that meshes are drawn in the wrong order.
OPAQUE = 1.0
BONE_ENDS = np.array(BONES).reshape(-1)
OPAQUE_FINGERS = np.array([(*colour, OPAQUE) for colour in FINGER_COLOURS], np.float32)
BONE_COLOURS = np.repeat(OPAQUE_FINGERS, len(BONE_ENDS) // len(FINGER_COLOURS), axis=0)
NOTHING = np.empty(0, np.float32)
UPRIGHT = (0.0, 0.0, 0.0, 1.0)
# Empty texture (resource, header, format, data) and texture coordinates.
NO_TEXTURE = (1, b"", 0, 0, 1, b"", 1, b"", 0, 0)


class Shape(IntEnum):
    """Marker types of visualization_msgs/Marker that are used here."""

    LINE_LIST = 5
    SPHERE_LIST = 7
    TEXT_VIEW_FACING = 9
    TRIANGLE_LIST = 11


class Action(IntEnum):
    """Marker actions of visualization_msgs/Marker."""

    ADD = 0
    DELETE = 2
    DELETEALL = 3


@dataclass(frozen=True)
class MarkerStyle:
    """Sizes in metres; a marker vanishes after lifetime_s without a newer one."""

    mesh: bool = True
    skeleton: bool = True
    label: bool = True
    bone_width: float = 0.004
    joint_diameter: float = 0.008
    text_height: float = 0.03
    lifetime_s: float = 0.3


DEFAULT_STYLE = MarkerStyle()


@dataclass(frozen=True)
class _Header:
    """What all markers of one message share."""

    stamp: tuple[int, int]
    frame_id: bytes
    lifetime: tuple[int, int]


def encode_markers(
    stamp_ns: int,
    frame_id: str,
    shown: Sequence[tuple[int, Hand]],
    deleted: Sequence[int] = (),
    clear: bool = False,
    style: MarkerStyle = DEFAULT_STYLE,
) -> bytearray:
    """CDR of a MarkerArray.

    Args:
        stamp_ns: time of the image.
        frame_id: camera optical frame.
        shown: marker id and hand of each hand to draw; all points must be finite.
        deleted: marker ids to take away.
        clear: take everything away first.
        style: what is drawn.
    """
    header = _Header(time_of(stamp_ns), frame_id.encode() + b"\0", time_of(round(style.lifetime_s * 1e9)))
    kinds = 2 * style.skeleton + style.mesh + style.label
    writer = CdrWriter()
    writer.pack("I", clear + len(NAMESPACES) * len(deleted) + kinds * len(shown))
    if clear:
        _removal(writer, header, "", 0, Action.DELETEALL)
    for marker_id in deleted:
        for namespace in NAMESPACES:
            _removal(writer, header, namespace, marker_id, Action.DELETE)
    for marker_id, hand in shown:
        _draw(writer, header, marker_id, hand, style)
    return writer.finish()


def _draw(writer: CdrWriter, header: _Header, marker_id: int, hand: Hand, style: MarkerStyle) -> None:
    colour = SIDE_COLOURS[hand.side]
    if style.mesh:
        _head(writer, header, MESH, marker_id, Shape.TRIANGLE_LIST, colour)
        _points(writer, hand.vertices, hand.faces.reshape(-1))
        _tail(writer)
    if style.skeleton:
        _head(writer, header, SKELETON, marker_id, Shape.LINE_LIST, WHITE, size=style.bone_width)
        _points(writer, hand.joints, BONE_ENDS)
        _tail(writer, BONE_COLOURS)
        _head(writer, header, JOINTS, marker_id, Shape.SPHERE_LIST, colour, size=style.joint_diameter)
        writer.sequence(hand.joints, np.float64, record=3)
        _tail(writer)
    if style.label:
        x, y, z = hand.joints[hand.joints[:, 1].argmin()].tolist()  # y points down: the topmost joint
        above = x, y - style.text_height, z
        _head(writer, header, LABEL, marker_id, Shape.TEXT_VIEW_FACING, WHITE, above, style.text_height)
        writer.pack("I", 0)
        _tail(writer, text=f"{hand.side.name.lower()} {hand.track_id or ''} {hand.score:.2f}")


def _removal(writer: CdrWriter, header: _Header, namespace: str, marker_id: int, action: Action) -> None:
    _head(writer, header, namespace, marker_id, Shape.TRIANGLE_LIST, WHITE, action=action)
    writer.pack("I", 0)
    _tail(writer)


def _head(
    writer: CdrWriter,
    header: _Header,
    namespace: str,
    marker_id: int,
    shape: Shape,
    colour: Rgb,
    position: Sequence[float] = (0.0, 0.0, 0.0),
    size: float = 1.0,
    action: Action = Action.ADD,
) -> None:
    """Fields of a Marker up to its points."""
    ns = namespace.encode() + b"\0"
    writer.pack(
        f"iII{len(header.frame_id)}sI{len(ns)}siiiddddddddddffffiI?",
        *header.stamp,
        len(header.frame_id),
        header.frame_id,
        len(ns),
        ns,
        marker_id,
        shape,
        action,
        *position,
        *UPRIGHT,
        size,
        size,
        size,
        *colour,
        OPAQUE,
        *header.lifetime,
        False,
    )


def _points(writer: CdrWriter, points: npt.NDArray[np.float32], order: npt.NDArray[np.integer]) -> None:
    """Sequence of geometry_msgs/Point: rows of points (N, 3) in the given order, gathered into the message itself."""
    writer.pack("I", len(order))
    block = writer.reserve(3 * len(order), np.float64).reshape(-1, 3)
    # Only with mode="clip" does numpy write into the output directly.
    np.take(points.astype(np.float64), order, axis=0, out=block, mode="clip")


def _tail(writer: CdrWriter, colours: npt.NDArray[np.float32] = NOTHING, text: str = "") -> None:
    """Fields of a Marker from its colours on."""
    raw = text.encode() + b"\0"
    writer.sequence(colours, np.float32, record=4)
    writer.pack("IsiIIsIsII", *NO_TEXTURE)
    writer.pack(f"I{len(raw)}sIsIsI?", len(raw), raw, 1, b"", 1, b"", 0, False)
