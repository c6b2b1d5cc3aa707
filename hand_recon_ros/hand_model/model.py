"""What a parametric hand is: arrays in MANO's arrangement, whoever made them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.paths import shared_file
from hand_recon_ros.types import FloatArray, IndexArray, Side

TO_21 = np.array([0, 13, 14, 15, 16, 1, 2, 3, 17, 4, 5, 6, 18, 10, 11, 12, 19, 7, 8, 9, 20])
"""Order of types.Joint within the 16 joints of a model followed by its 5 tips, thumb to pinky."""
MIRROR = np.array([-1, 1, 1], np.float32)


@dataclass(frozen=True)
class HandModel:
    """A hand of V vertices, 16 joints (wrist, then index, middle, pinky, ring, thumb, root to tip) and 10 shapes.

    Attributes:
        name: which hand this is; poses and shapes of differently named hands are not interchangeable.
        template: (V, 3) metres at rest. shape_directions: (V, 3, 10) metres a coefficient.
        pose_directions: (V, 3, 135) metres for each entry of the 15 joint rotations less identity, row-major.
        weights: (V, 16) skinning weights, rows sum to 1.
        joints_template: (16, 3), and joint_directions: (16, 3, 10): joints are linear in the shape.
        joint_regressor: (16, V) joints from vertices.
        parents: (16,) parent of each joint, -1 for the wrist.
        tip_vertices: (5,) fingertips, thumb to pinky.
        faces: (F, 3) outward winding.
        mean_pose: (45,) axis-angle that pose coefficients are added to. pose_components: (45, 45) rows.
    """

    name: str
    side: Side
    template: FloatArray
    shape_directions: FloatArray
    pose_directions: FloatArray
    weights: FloatArray
    joints_template: FloatArray
    joint_directions: FloatArray
    joint_regressor: FloatArray
    parents: IndexArray
    tip_vertices: IndexArray
    faces: IndexArray
    mean_pose: FloatArray
    pose_components: FloatArray

    def mirrored(self) -> HandModel:
        """The other side: x negated, winding flipped; the pose (x, y, z) of a joint becomes (x, -y, -z)."""
        flip = np.tile(np.outer(MIRROR, MIRROR).ravel(), 15)
        axis = np.tile(np.array([1, -1, -1], np.float32), 15)
        return replace(
            self,
            side=Side.LEFT if self.side == Side.RIGHT else Side.RIGHT,
            template=self.template * MIRROR,
            shape_directions=self.shape_directions * MIRROR[:, None],
            pose_directions=self.pose_directions * MIRROR[:, None] * flip,
            joints_template=self.joints_template * MIRROR,
            joint_directions=self.joint_directions * MIRROR[:, None],
            faces=np.ascontiguousarray(self.faces[:, ::-1]),
            mean_pose=self.mean_pose * axis,
            pose_components=self.pose_components * axis,
        )


@lru_cache(maxsize=1)
def free_hand_data() -> dict[str, npt.NDArray[Any]]:
    """Every array of models/free_hand.npz, read once."""
    with np.load(shared_file("models", "free_hand.npz"), allow_pickle=False) as data:
        return dict(data)


@lru_cache(maxsize=2)
def load_free_hand(side: Side = Side.RIGHT) -> HandModel:
    """The free hand that comes with the package (see models/free_hand.md), read once."""
    data = free_hand_data()
    fields = HandModel.__dataclass_fields__.keys() - {"name", "side"}
    right = HandModel("free_hand", Side.RIGHT, **{name: data[name] for name in fields})
    return right if side == Side.RIGHT else right.mirrored()
