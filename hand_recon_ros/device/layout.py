"""What goes to the device and comes back: rows of named numbers, one row a hand, so that one copy moves everything.

A layout is a NumPy structured type of four-byte fields. The host fills and reads its rows by name; the device sees one
float32 tensor (N, W) and takes it apart into views.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hand_recon_ros.types import JOINT_COUNT

Layout = np.dtype[np.void]
MAP = (2, 3)
"""Shape of an affine map of the plane."""

_SAMPLED = (
    ("base", "i4"),
    ("width", "i4"),
    ("low", "i4", 2),
    ("high", "i4", 2),
    ("crop", "f4", MAP),
    ("inner", "f4", 2),
    ("step", "f4", 2),
    ("start", "f4", 2),
)
_ASKED = (
    ("to_ray", "f4", MAP),
    ("to_map", "f4", MAP),
    ("map", "i4"),
    ("turn", "f4", (2, 2)),
    ("least_right", "f4"),
    ("shape_of", "f4"),
    ("known_betas", "f4", 10),
)
SAMPLED: Layout = np.dtype(list(_SAMPLED))
"""Where a square is sampled: see `sampling`."""
ASKED: Layout = np.dtype([*_SAMPLED, *_ASKED])
"""A hand to look at: where, how its pixels become rays (see `rays`), and what its track knows of it (see `asking`)."""


def hands_layout(vertices: int, free: int, sight: int = 0) -> Layout:
    """What is known of a hand after each stage: its network's view, its fit, its mesh.

    Args:
        vertices: of the hand model.
        free: joint angles that the fit may change.
        sight: numbers that the network tells the lifter for each side.
    """
    return np.dtype(
        [
            ("points", "f4", (JOINT_COUNT, 3)),
            ("presence", "f4"),
            ("right", "f4"),
            ("world", "f4", (JOINT_COUNT, 3)),
            *([("sight", "f4", (2, sight))] if sight else []),
            ("rays", "f4", (JOINT_COUNT, 2)),
            ("side", "f4"),
            ("lifted_root", "f4", (3, 3)),
            ("lifted_angles", "f4", free),
            ("hold", "f4", 6 + free),
            ("betas", "f4", 10),
            ("root", "f4", (3, 3)),
            ("translation", "f4", 3),
            ("angles", "f4", free),
            ("far", "f4"),
            ("vertices", "f4", (vertices, 3)),
            ("joints", "f4", (JOINT_COUNT, 3)),
            ("landmarks", "f4", (JOINT_COUNT, 3)),
            ("wrist", "f4", (3, 3)),
            ("pose", "f4", (16, 3)),
        ]
    )


def width_of(layout: Layout) -> int:
    """Columns of a table of this layout."""
    return layout.itemsize // 4


def columns(table: Tensor, layout: Layout, name: str) -> Tensor:
    """The field of a table (N, W) as a view (N, ...)."""
    kind, offset = _field(layout, name)
    part = table[:, offset // 4 : (offset + kind.itemsize) // 4]
    part = part.view(torch.int32) if kind.base.kind == "i" else part
    return part.unflatten(1, kind.shape) if kind.shape else part[:, 0]


def store(table: Tensor, layout: Layout, fields: Mapping[str, Tensor]) -> None:
    """Write float fields that follow each other in the layout into a table (N, W), in one go.

    Raises:
        ValueError: the fields do not follow each other in the layout; a mistake of the caller.
    """
    names = list(fields)
    first = list(layout.names or ()).index(names[0])
    if list(layout.names or ())[first : first + len(names)] != names:
        raise ValueError(f"expected fields in the order of {layout.names}, got {names}; name them in that order")
    (_, start), (last, offset) = _field(layout, names[0]), _field(layout, names[-1])
    flat = [values.reshape(len(table), -1).to(torch.float32) for values in fields.values()]
    table[:, start // 4 : (offset + last.itemsize) // 4] = torch.cat(flat, dim=1)


def _field(layout: Layout, name: str) -> tuple[np.dtype[Any], int]:
    assert layout.fields is not None
    kind, offset = layout.fields[name][:2]
    return kind, offset
