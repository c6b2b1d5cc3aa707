"""MANO files (Romero et al., "Embodied Hands", 2017) of users who have licensed them, read without running them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model.array_pickle import read_arrays
from hand_recon_ros.hand_model.model import HandModel
from hand_recon_ros.types import Side

TIP_VERTICES = {Side.RIGHT: (745, 317, 444, 556, 673), Side.LEFT: (745, 317, 445, 556, 673)}
"""Fingertips, thumb to pinky, as most published networks take them."""
MAX_VERTICES = 20_000


def load_mano(path: Path | str, side: Side | None = None, tip_vertices: Sequence[int] | None = None) -> HandModel:
    """MANO from the user's MANO_RIGHT.pkl or MANO_LEFT.pkl.

    Left files are known to lack the sign of the shape directions' x; they are taken as they are, since many networks
    were trained so: see `repaired_left`.

    Args:
        path: the pickle as published, or one with the same arrays.
        side: which hand it holds; None tells it by the file name.
        tip_vertices: five vertices, thumb to pinky, in place of TIP_VERTICES.

    Raises:
        ValueError: not a MANO file, or a damaged or dangerous one.
        OSError: the file cannot be read.
    """
    side = side or _side_of(path)
    fields = _checked(read_arrays(path), path)
    regressor, template, shapes = fields["J_regressor"], fields["v_template"], fields["shapedirs"]
    tips = np.array(TIP_VERTICES[side] if tip_vertices is None else tip_vertices, np.int32)
    if tips.shape != (5,) or tips.min() < 0 or tips.max() >= len(template):
        raise ValueError(f"expected five fingertip vertices under {len(template)}, got {tips.tolist()}")
    arrays = {
        "template": template,
        "shape_directions": shapes,
        "pose_directions": fields["posedirs"],
        "weights": fields["weights"],
        "joints_template": regressor @ template,
        "joint_directions": np.tensordot(regressor, shapes, 1),
        "joint_regressor": regressor,
        "mean_pose": fields["hands_mean"],
        "pose_components": fields["hands_components"],
    }
    return HandModel(
        name="mano",
        side=side,
        parents=_parents(fields["kintree_table"]),
        tip_vertices=tips,
        faces=fields["f"].astype(np.int32),
        **{name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()},
    )


def repaired_left(left: HandModel, right: HandModel) -> HandModel:
    """The left hand with the x of its shape directions negated where the file has the right hand's sign there.

    The first components of both files agree in x, where they should be opposite: the sum of their absolute
    differences over all vertices and shapes is then far under one metre.
    """
    x = (slice(None), 0)
    if np.abs(left.shape_directions[x] - right.shape_directions[x]).sum() >= 1:
        return left
    flip = np.array([-1, 1, 1], np.float32)[:, None]
    return replace(left, shape_directions=left.shape_directions * flip, joint_directions=left.joint_directions * flip)


def _side_of(path: Path | str) -> Side:
    name = Path(path).name.lower()
    sides = [side for side in (Side.LEFT, Side.RIGHT) if side.name.lower() in name]
    if len(sides) != 1:
        raise ValueError(f"expected LEFT or RIGHT in the name of a MANO file, got {name}; say which side it holds")
    return sides[0]


def _checked(fields: dict[str, npt.NDArray[Any] | str], path: Path | str) -> dict[str, npt.NDArray[Any]]:
    """The arrays a hand needs, finite and of matching shapes."""
    template = fields.get("v_template")
    count = len(template) if isinstance(template, np.ndarray) and template.ndim == 2 else 0
    if not 0 < count <= MAX_VERTICES:
        raise ValueError(f"expected a MANO file with a v_template (V, 3), but {path} has none")
    faces = fields.get("f")
    expected = {
        "v_template": (count, 3),
        "shapedirs": (count, 3, 10),
        "posedirs": (count, 3, 135),
        "weights": (count, 16),
        "J_regressor": (16, count),
        "kintree_table": (2, 16),
        "hands_mean": (45,),
        "hands_components": (45, 45),
        "f": (len(faces) if isinstance(faces, np.ndarray) else 0, 3),
    }
    arrays = {}
    for name, shape in expected.items():
        array = fields.get(name)
        if not isinstance(array, np.ndarray) or array.shape != shape or not np.isfinite(array).all():
            found = f"{array.shape}" if isinstance(array, np.ndarray) else "nothing"
            raise ValueError(f"expected finite {name} of shape {shape} in the MANO file {path}, got {found}")
        arrays[name] = array
    if arrays["f"].min(initial=0) < 0 or arrays["f"].max(initial=0) >= count:
        raise ValueError(f"expected faces between vertices 0 and {count - 1} in the MANO file {path}")
    return arrays


def _parents(table: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """Parent of each joint; the wrist's, stored as -1 or 2^32 - 1, becomes -1."""
    parents = table[0].astype(np.int64)
    parents[0] = -1
    if (parents[1:] < 0).any() or (parents >= np.arange(16)).any():
        raise ValueError(f"expected every joint's parent before it in kintree_table, got {parents.tolist()}")
    return parents.astype(np.int32)
