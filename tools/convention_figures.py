"""The pictures of docs/conventions.md: the order of the joints, the wrist's frames, camera and pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import free_hand_appearance
from hand_recon_ros.pipeline.mesh_placement import wrist_frames
from hand_recon_ros.render.layers import Mesh, draw_meshes, lay_over
from hand_recon_ros.render.views import BACKGROUND
from hand_recon_ros.types import BONES, FINGERS, ByteImage, CameraModel, Joint, Side
from hand_recon_train.synthetic.poses import NAMED_POSES
from hand_recon_train.synthetic.scene import PosedHand, pose_hand

Array = npt.NDArray[np.floating]

FACING = np.eye(3)
DPI = 100
GROUND = (BACKGROUND / 255,) * 3
DARK = "#222222"
OUTLINED = [withStroke(linewidth=3, foreground="white")]
"""Keeps writing readable on skin."""
AXES = {"x": "#d62728", "y": "#2ca02c", "z": "#1f5fd0"}
FINGER_COLOURS = dict(zip(FINGERS, ("#c8102e", "#c46a00", "#1a7f37", "#0a66c2", "#7a3db8"), strict=True))
# Rows are the model's axes of a right hand at rest seen by a camera: right, down, forward. Fingers up.
PALM = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


class View(NamedTuple):
    """A camera that looks from somewhere at the points that another one sees."""

    camera: CameraModel
    rotation: Array
    position: Array

    def seen(self, points: Array) -> Array:
        """Points (..., 3) in this camera's frame."""
        return (points - self.position) @ self.rotation.T

    def pixels(self, points: Array) -> Array:
        """Pixels (..., 2) of points (..., 3)."""
        return project(self.camera, self.seen(points))


def view_from(position: Sequence[float], target: Sequence[float], focal: float, width: int, height: int) -> View:
    """A camera at a position that looks at a target, upright: y of the world is down."""
    place = np.array(position, float)
    forward = np.array(target) - place
    forward /= np.linalg.norm(forward)
    right = np.cross([0.0, 1.0, 0.0], forward)
    right /= np.linalg.norm(right)
    camera = CameraModel(focal, focal, (width - 1) / 2, (height - 1) / 2, width, height)
    return View(camera, np.stack([right, np.cross(forward, right), forward]), place)


def upright(side: Side, wrist: Sequence[float], turn: Array = FACING) -> PosedHand:
    """A flat hand, fingers up, that shows its palm to whoever looks along z, or is turned from there."""
    return pose_hand(side, turn @ PALM, np.array(wrist), NAMED_POSES["flat"])


def operator_frame(hand: PosedHand) -> Array:
    """The wrist's frame (3, 3), as the pipeline computes it from joints."""
    return wrist_frames(hand.joints[None], [hand.model.side], {hand.model.side: hand.model})[0]


def joint_order(width: int = 760, height: int = 800) -> ByteImage:
    """The 21 joints on the palm side of a right hand, with their numbers and names."""
    view = view_from((0.01, 0, -1.2), (0.01, 0, 0), 4000, width, height)
    hand = upright(Side.RIGHT, (0, 0.075, 0))
    figure, axes = _canvas(_rendered([hand], view))
    pixels = view.pixels(hand.joints)
    for parent, child in BONES:
        axes.plot(*pixels[[parent, child]].T, color=_colour(Joint(child)), linewidth=2, alpha=0.8)
    for joint in Joint:
        u, v = pixels[joint]
        axes.plot(u, v, "o", markersize=17, color="white", markeredgecolor=_colour(joint), markeredgewidth=2)
        axes.text(u, v, str(int(joint)), ha="center", va="center", fontsize=10, color=DARK)
        name, (right, across) = _label(joint)
        style: dict[str, Any] = {"fontsize": 11, "color": _colour(joint), "weight": "bold", "path_effects": OUTLINED}
        axes.text(u + right, v, name, ha=across, va="center", **style)
    return _drawn(figure)


def both_wrists(width: int = 1000, height: int = 420) -> ByteImage:
    """The operator frame at both wrists, and on a right hand seen from its thumb's side."""
    view = view_from((0, 0, -2.4), (0, 0, 0), 3900, width, height)
    aside = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    hands = [
        upright(Side.LEFT, (-0.19, 0.06, 0)),
        upright(Side.RIGHT, (0.02, 0.06, 0)),
        upright(Side.RIGHT, (0.22, 0.06, 0), aside),
    ]
    figure, axes = _canvas(_rendered(hands, view))
    titles = ("left hand, palm", "right hand, palm", "right hand, thumb's side")
    for hand, title in zip(hands, titles, strict=True):
        _frame(axes, view, hand.joints[0], operator_frame(hand), 0.055)
        u = view.pixels(hand.joints).mean(axis=0)[0]
        axes.text(u, height - 12, title, ha="center", va="bottom", fontsize=12, color=DARK)
    return _drawn(figure)


def camera_frame(width: int = 900, height: int = 480) -> ByteImage:
    """A camera with its axes and its picture, and a hand before it with the frame of its wrist."""
    view = view_from((-0.6, -0.33, -0.3), (0.035, 0.0, 0.22), 1080, width, height)
    hand = upright(Side.RIGHT, (-0.03, 0.03, 0.45))
    figure, axes = _canvas(_rendered([hand], view))
    _frustum(axes, view)
    _frame(axes, view, np.zeros(3), np.eye(3), 0.09)
    _frame(axes, view, hand.joints[0], operator_frame(hand), 0.07)
    _dashed(axes, view, np.array([[0, 0, 0], hand.joints[0]]))
    _say(axes, view.pixels(hand.joints[0] / 2), "wrist position", (-60, 40))
    _say(axes, view.pixels(np.zeros(3)), "camera optical frame", (18, 60))
    _say(axes, view.pixels(hand.joints[0]), "operator frame", (-70, 58))
    return _drawn(figure)


def pixel_grid(width: int = 420, height: int = 260) -> ByteImage:
    """Where pixel coordinates count from."""
    figure, axes = _canvas(np.full((height, width, 3), BACKGROUND, np.uint8))
    left, top, side = 90, 70, 56
    for column in range(5):
        for row in range(3):
            axes.add_patch(
                Rectangle((left + column * side, top + row * side), side, side, fill=False, edgecolor="#888888")
            )
    for (column, row), text in {(0, 0): "(0, 0)", (3, 1): "(3, 1)"}.items():
        u, v = left + (column + 0.5) * side, top + (row + 0.5) * side
        axes.plot(u, v, "o", markersize=6, color=DARK)
        axes.text(u, v + 8, text, ha="center", va="top", fontsize=10, color=DARK)
    start = np.array([left + side / 2, top + side / 2])
    _arrow(axes, start - (0, 48), start + (110, -48), AXES["x"], "u")
    _arrow(axes, start - (48, 0), start + (-48, 90), AXES["y"], "v")
    return _drawn(figure)


def figures() -> Iterator[tuple[str, ByteImage]]:
    """All of them, with the names of their files."""
    yield "joint_order.png", joint_order()
    yield "wrist_frames.png", both_wrists()
    yield "camera_frame.png", camera_frame()
    yield "pixels.png", pixel_grid()


def _rendered(hands: Sequence[PosedHand], view: View) -> ByteImage:
    picture = np.full((view.camera.height, view.camera.width, 3), BACKGROUND, np.uint8)
    meshes = [
        Mesh(view.seen(hand.vertices), hand.model.faces, free_hand_appearance(hand.model.side).colours)
        for hand in hands
    ]
    lay_over(picture, draw_meshes(meshes, view.camera), 0.8)
    return picture


def _canvas(picture: ByteImage) -> tuple[Figure, Axes]:
    """A figure of the picture's size, in its pixel coordinates."""
    height, width = picture.shape[:2]
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=GROUND)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(picture, interpolation="none")
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    axes.axis("off")
    return figure, axes


def _drawn(figure: Figure) -> ByteImage:
    canvas = FigureCanvasAgg(figure)  # no interface that could open a window
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _colour(joint: Joint) -> str:
    return FINGER_COLOURS.get(joint.name.partition("_")[0].lower(), DARK)


def _label(joint: Joint) -> tuple[str, tuple[int, str]]:
    """Name, and where it stands: the parts of thumb and index finger at the right, other fingers at their tips."""
    finger, _, part = joint.name.partition("_")
    if joint == Joint.WRIST:
        return "wrist", (18, "left")
    part = part.lower() if part == "TIP" else part
    if finger in ("THUMB", "INDEX"):
        return f"{finger.lower()} {part}" if part == "tip" else part, (16, "left")
    return (finger.lower(), (-16, "right")) if part == "tip" else ("", (0, "left"))


def _frame(axes: Axes, view: View, origin: Array, rotation: Array, length: float) -> None:
    """The axes of a frame; one that points to the viewer is a dot in a ring, one that points away a cross."""
    start = view.pixels(origin)
    for name, direction in zip("xyz", rotation.T, strict=True):
        along = view.rotation @ direction
        if abs(along[2]) > 0.995:
            mark = "o" if along[2] < 0 else "x"
            axes.plot(*start, "o", markersize=15, color="white", markeredgecolor=AXES[name], markeredgewidth=2.5)
            axes.plot(*start, mark, markersize=5, color=AXES[name], markeredgewidth=2.5)
            _letter(axes, start + (18, 12), AXES[name], name)
        else:
            _arrow(axes, start, view.pixels(origin + length * direction), AXES[name], name)


def _arrow(axes: Axes, start: Array, end: Array, colour: str, name: str) -> None:
    axes.annotate(
        "", (end[0], end[1]), (start[0], start[1]), arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2.5}
    )
    beyond = end + 13 * (end - start) / np.linalg.norm(end - start)
    _letter(axes, beyond, colour, name)


def _letter(axes: Axes, place: Array, colour: str, name: str) -> None:
    style: dict[str, Any] = {"color": colour, "fontsize": 14, "weight": "bold", "path_effects": OUTLINED}
    axes.text(place[0], place[1], name, ha="center", va="center", **style)


def _frustum(axes: Axes, view: View) -> None:
    """The camera's body as a pyramid whose base is the picture."""
    corners = np.array([[-0.08, -0.06, 0.12], [0.08, -0.06, 0.12], [0.08, 0.06, 0.12], [-0.08, 0.06, 0.12]])
    pixels, tip = view.pixels(corners), view.pixels(np.zeros(3))
    axes.fill(*pixels.T, facecolor="#9ec5fe", edgecolor=DARK, alpha=0.35)
    for corner in pixels:
        axes.plot(*np.stack([tip, corner]).T, color=DARK, linewidth=1)


def _dashed(axes: Axes, view: View, points: Array) -> None:
    axes.plot(*view.pixels(points).T, "--", color=DARK, linewidth=1.2)


def _say(axes: Axes, place: Array, text: str, shift: tuple[int, int]) -> None:
    axes.text(place[0] + shift[0], place[1] + shift[1], text, fontsize=12, color=DARK)
