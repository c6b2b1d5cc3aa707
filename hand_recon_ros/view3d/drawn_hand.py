"""One hand in a viser scene."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import viser

from hand_recon_ros.hand_model import matrix_to_quaternion
from hand_recon_ros.render.labels import hand_label
from hand_recon_ros.render.palette import FINGER_COLOURS, SIDE_COLOURS, to_bytes
from hand_recon_ros.types import BONES, Hand, Joint

LAYERS = ("meshes", "skeletons", "wrists", "labels")
"""Parents of what is drawn of a hand, so that each kind can be hidden."""
AXES_M, BONE_M = 0.05, 0.004
OPACITY = 0.65
BONE_JOINTS = np.array(BONES)
BONE_COLOURS = np.array([[to_bytes(FINGER_COLOURS[bone // 4])] * 2 for bone in range(len(BONES))], np.uint8)


class DrawnHand:
    """What shows a hand: its mesh where it has one, its bones, the frame of its wrist, and a label."""

    def __init__(self, scene: viser.SceneApi, name: str, hand: Hand):
        self._has_mesh = has_mesh(hand)
        self._bones = scene.add_line_segments(
            f"/skeletons/{name}", hand.joints[BONE_JOINTS], BONE_COLOURS, thickness=BONE_M
        )
        self._wrist = scene.add_frame(
            f"/wrists/{name}",
            axes_length=AXES_M,
            axes_radius=AXES_M / 25,
            wxyz=wrist_wxyz(hand),
            position=hand.wrist.position,
        )
        self._label = scene.add_label(f"/labels/{name}", hand_label(hand), position=hand.joints[Joint.MIDDLE_TIP])
        self._mesh = scene.add_mesh_simple(
            f"/meshes/{name}",
            hand.vertices,
            hand.faces if self._has_mesh else hand.faces[:0],
            color=to_bytes(SIDE_COLOURS[hand.side]),
            opacity=OPACITY,
            side="double",  # the wrist is open: its inside shows
        )

    def fits(self, hand: Hand) -> bool:
        """Whether a hand can be shown by moving what is there."""
        return has_mesh(hand) == self._has_mesh and len(hand.vertices) == len(self._mesh.vertices)

    def move(self, hand: Hand) -> None:
        """Show the hand as it is now."""
        self._bones.points = hand.joints[BONE_JOINTS]
        self._wrist.wxyz, self._wrist.position = wrist_wxyz(hand), hand.wrist.position
        self._label.text, self._label.position = hand_label(hand), hand.joints[Joint.MIDDLE_TIP]
        self._mesh.vertices = hand.vertices

    def remove(self) -> None:
        """Show it no more."""
        for handle in (self._bones, self._wrist, self._label, self._mesh):
            handle.remove()


def has_mesh(hand: Hand) -> bool:
    """Whether vertices and faces are there and belong together."""
    return len(hand.vertices) > 0 and len(hand.faces) > 0 and int(hand.faces.max()) < len(hand.vertices)


def wrist_wxyz(hand: Hand) -> npt.NDArray[np.float64]:
    """Orientation of the wrist as viser takes it: a quaternion with the real part first."""
    return np.asarray(np.roll(matrix_to_quaternion(np.float64(hand.wrist.rotation)), 1))
