"""Arrays that are the same on every machine: weights and pictures to compare networks with, and a hand of no one.

The values of a tensor follow from its name, shape and type alone, so that a case needs to store none of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.hand_model.mano import TIP_VERTICES
from hand_recon_ros.types import FloatArray, Side

PARENTS = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14)
VERTICES, FACES = 778, 1538


def generator(name: str) -> np.random.Generator:
    """Random numbers that follow from a name."""
    return np.random.Generator(np.random.PCG64(zlib.crc32(name.encode())))


def seeded_array(key: str, shape: Sequence[int], dtype: str = "float32") -> npt.NDArray[Any]:
    """Values of one tensor of a state dict, which keep a deep network's activations of order one; integers are 0."""
    if not dtype.startswith("float"):
        return np.zeros(shape, dtype)
    noise = generator(key).standard_normal(tuple(shape))
    leaf = key.rpartition(".")[2]
    if leaf == "running_var":
        noise = 1 + 0.1 * np.abs(noise)
    elif leaf == "running_mean" or leaf.startswith("bias"):
        noise = 0.05 * noise
    elif len(shape) <= 1:
        noise = 1 + 0.05 * noise
    else:
        noise /= np.sqrt(np.prod(shape[1:]))  # in place: the largest tensor known takes gigabytes
    return np.asarray(noise, dtype)


def seeded_image(name: str, batch: int, height: int, width: int, channels: int = 3) -> FloatArray:
    """Smooth planes (batch, channels, height, width) in [0, 1]: 9 x 9 random values, interpolated bilinearly."""
    planes = generator(name).random((batch, channels, 9, 9))
    for axis, size in ((3, width), (2, height)):
        place = np.linspace(0, 8, size)
        before = np.minimum(place.astype(int), 7)
        weight = (place - before).reshape(-1, *(1,) * (3 - axis))
        planes = planes.take(before, axis) * (1 - weight) + planes.take(before + 1, axis) * weight
    return planes.astype(np.float32)


def synthetic_hand(side: Side) -> HandModel:
    """A crude hand in MANO's arrangement, metres, well formed in every field: nothing in it comes from MANO."""
    random = generator(f"mano-{side.name.lower()}")
    owner = np.arange(VERTICES) % 16
    template = _joints(side)[owner] + 0.012 * random.standard_normal((VERTICES, 3))
    components, _ = np.linalg.qr(random.standard_normal((45, 45)))
    shapes = 0.003 * random.standard_normal((VERTICES, 3, 10))
    poses = 0.001 * random.standard_normal((VERTICES, 3, 135))
    regressor = np.where(owner == np.arange(16)[:, None], 1.0, 0.0)
    regressor /= regressor.sum(1, keepdims=True)
    arrays = {
        "template": template,
        "shape_directions": shapes,
        "pose_directions": poses,
        "weights": _weights(owner),
        "joints_template": regressor @ template,
        "joint_directions": np.tensordot(regressor, shapes, 1),
        "joint_regressor": regressor,
        "mean_pose": 0.1 * random.standard_normal(45),
        "pose_components": components,
    }
    return HandModel(
        name="synthetic",
        side=side,
        parents=np.array(PARENTS, np.int32),
        tip_vertices=np.array(TIP_VERTICES[side], np.int32),
        faces=_faces(),
        **{name: array.astype(np.float32) for name, array in arrays.items()},
    )


def _joints(side: Side) -> npt.NDArray[np.float64]:
    """Wrist at the origin and five straight fingers of three joints, side by side."""
    finger, link = np.divmod(np.arange(15), 3)
    x = (0.085 + 0.03 * link) * (1 if side == Side.RIGHT else -1)
    return np.concatenate([np.zeros((1, 3)), np.stack([x, 0 * x, 0.022 * (finger - 2)], 1)])


def _weights(owner: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Four fifths to the joint that owns a vertex, the rest to its parent."""
    weights = 0.8 * np.eye(16)[owner]
    weights[np.arange(len(owner)), np.maximum(np.array(PARENTS), 0)[owner]] += 0.2
    return weights


def _faces() -> npt.NDArray[np.int32]:
    k = np.arange(FACES)
    return np.stack([k % VERTICES, (7 * k + 1) % VERTICES, (13 * k + 2) % VERTICES], 1).astype(np.int32)
