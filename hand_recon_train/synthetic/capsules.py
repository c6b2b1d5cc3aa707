"""A hand as 20 capsules, one a bone: how far hands are from themselves, from each other and from what they hold.

Capsules are what collision tests of hands cost least with. They are blunt: two fingers that lie side by side overlap by
a millimetre or two as capsules where their skins just touch.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.hand_model.model import TO_21
from hand_recon_ros.types import BONES
from hand_recon_train.synthetic.compiled import compiled

Array = npt.NDArray[Any]

PARENT, CHILD = (np.array(ends) for ends in zip(*BONES, strict=True))
FINGER, LEVEL = np.divmod(np.arange(20), 4)
"""Finger (thumb to pinky) and level (0 the metacarpal) of each bone."""


class Capsules(NamedTuple):
    """Ends (N, 3) and (N, 3), and radii (N,), metres."""

    start: Array
    end: Array
    radius: Array


def _may_collide() -> npt.NDArray[np.bool_]:
    """(20, 20) pairs of bones that anatomy lets collide: of two fingers, or a finger's end and a metacarpal."""
    fingers = FINGER[:, None] != FINGER[None]
    both_palm = (LEVEL[:, None] == 0) & (LEVEL[None] == 0)
    far = np.abs(LEVEL[:, None] - LEVEL[None]) >= 2
    return np.triu((fingers & ~both_palm) | (~fingers & far & (np.minimum(LEVEL[:, None], LEVEL[None]) == 0)))


COLLIDING = _may_collide()


def bone_radii(model: HandModel) -> Array:
    """Radii (20,) of a model's bones at rest: the mean distance of the vertices nearest to each.

    The palm is flat: of its bones it is the lower quartile, which is half of its thickness.
    """
    start, end = rest_joints(model)[PARENT], rest_joints(model)[CHILD]
    along = end - start
    share = np.einsum("vbc,bc->vb", model.template[:, None] - start, along) / (along**2).sum(axis=1)
    nearest = start + share.clip(0, 1)[..., None] * along
    distance = np.linalg.norm(model.template[:, None] - nearest, axis=2)
    owner = distance.argmin(axis=1)
    owned = [distance[owner == bone, bone] for bone in range(20)]
    return np.array([np.quantile(v, 0.25) if level == 0 else v.mean() for v, level in zip(owned, LEVEL, strict=True)])


def rest_joints(model: HandModel) -> Array:
    """Joints (21, 3) of a model at rest."""
    return np.concatenate([model.joints_template, model.template[model.tip_vertices]])[TO_21]


def hand_capsules(joints: Array, radii: Array) -> Capsules:
    """Capsules of a hand with joints (21, 3) and radii (20,); their round ends do not stand out over fingertips."""
    points = np.ascontiguousarray(joints, np.float64)
    start, end = points[PARENT], points[CHILD]
    bone = end[3::4] - start[3::4]
    end[3::4] -= (radii[3::4] / np.sqrt((bone * bone).sum(axis=1)))[:, None] * bone
    return Capsules(start, end, radii)


def self_overlap(hand: Capsules) -> Array:
    """How deep each pair of bones (20, 20) is in each other, metres; zero for those that may not collide."""
    return np.asarray(_overlaps(*hand, *hand, COLLIDING))


def clearance(first: Capsules, second: Capsules) -> float:
    """Distance between two sets of capsules, negative where they overlap."""
    return float(_clearance(*first, *second))


def clearances(points: Array, capsules: Capsules) -> Array:
    """Distances (N,) of points (N, 3) from the nearest capsule, negative inside."""
    return np.asarray(_point_clearances(np.ascontiguousarray(points, np.float64), *capsules))


@compiled
def _clamped(value: float) -> float:
    return min(1.0, max(0.0, value))


@compiled
def _gap(p: Array, q: Array, r: Array, s: Array) -> float:
    """Distance between the segments pq and rs: the least of a quadratic over the unit square."""
    a = b = c = d = e = 0.0
    for k in range(3):
        u, v, w = q[k] - p[k], s[k] - r[k], p[k] - r[k]
        a, b, c = a + u * u, b + u * v, c + v * v
        d, e = d + u * w, e + v * w
    area = a * c - b * b
    first = 0.0
    if c < 1e-14:  # the second one is a point
        first = _clamped(-d / max(a, 1e-14))
    elif area > 1e-14:
        first = _clamped((b * e - c * d) / area)
    second = (b * first + e) / max(c, 1e-14)
    if second < 0 or second > 1:
        second = _clamped(second)
        first = _clamped((b * second - d) / max(a, 1e-14))
    total = 0.0
    for k in range(3):
        apart = p[k] + first * (q[k] - p[k]) - r[k] - second * (s[k] - r[k])
        total += apart * apart
    return np.sqrt(total)


@compiled
def _overlaps(p: Array, q: Array, rp: Array, r: Array, s: Array, rs: Array, wanted: Array) -> Array:
    depth = np.zeros((len(p), len(r)))
    for i in range(len(p)):
        for j in range(len(r)):
            if wanted[i, j]:
                depth[i, j] = max(0.0, rp[i] + rs[j] - _gap(p[i], q[i], r[j], s[j]))
    return depth


@compiled
def _clearance(p: Array, q: Array, rp: Array, r: Array, s: Array, rs: Array) -> float:
    least = 1e9
    for i in range(len(p)):
        for j in range(len(r)):
            least = min(least, _gap(p[i], q[i], r[j], s[j]) - rp[i] - rs[j])
    return least


@compiled
def _point_clearances(points: Array, p: Array, q: Array, radius: Array) -> Array:
    least = np.full(len(points), 1e9)
    for i in range(len(points)):
        for j in range(len(p)):
            least[i] = min(least[i], _gap(points[i], points[i], p[j], q[j]) - radius[j])
    return least


def openness(points: Array, normals: Array, capsules: Capsules) -> Array:
    """Share (N,) of the surroundings that capsules leave open to points (N, 3) of surfaces with normals (N, 3).

    Each capsule hides a cap of the hemisphere of about its angular size; a bone under its own skin hides nothing.
    """
    return np.asarray(_openness(np.ascontiguousarray(points, np.float64), normals, *capsules))


@compiled
def _openness(points: Array, normals: Array, start: Array, end: Array, radius: Array) -> Array:
    share = np.ones(len(points))
    for j in range(len(start)):
        px, py, pz = start[j, 0], start[j, 1], start[j, 2]
        dx, dy, dz = end[j, 0] - px, end[j, 1] - py, end[j, 2] - pz
        squared, reach = dx * dx + dy * dy + dz * dz + 1e-12, 25 * radius[j] * radius[j]
        for i in range(len(points)):
            x, y, z = points[i, 0] - px, points[i, 1] - py, points[i, 2] - pz
            t = min(1.0, max(0.0, (x * dx + y * dy + z * dz) / squared))
            x, y, z = t * dx - x, t * dy - y, t * dz - z
            far = x * x + y * y + z * z
            if far < reach:
                above = (normals[i, 0] * x + normals[i, 1] * y + normals[i, 2] * z) / np.sqrt(far + 1e-12)
                if above > 0:
                    share[i] *= 1 - 0.8 * above * min(1.0, radius[j] * radius[j] / (far + 1e-12))
    return share
