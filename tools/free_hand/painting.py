"""The hand's colours: a light palm, red knuckles and fingertips, creases, and nails where the source has them."""

from __future__ import annotations

import numpy as np
import trimesh
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates

from hand_recon_ros.hand_model import HandModel
from tools.free_hand.canonical import FINGERS, REST_BONES, rest_axis, rest_direction, unit
from tools.free_hand.charts import texels
from tools.free_hand.source import SourceHand, nail_mask

SKIN = np.array([0.78, 0.57, 0.46])
"""The reference tone, sRGB; a renderer multiplies the texture by another tone over this one."""
PALM, KNUCKLE, TIP = (np.array(x) for x in ([1.10, 1.12, 1.14], [0.95, 0.87, 0.85], [1.03, 0.95, 0.94]))
NAIL, CUTICLE, CREASE = (np.array(x) for x in ([1.16, 1.18, 1.24], [0.80, 0.74, 0.74], [0.80, 0.73, 0.71]))
"""Factors on the skin's colour where each is strongest."""
PALM_LINES = (
    ((0.30, 1.05), (0.42, 0.55), (0.60, 0.30), (0.80, 0.22), (0.97, 0.30)),
    ((0.30, 1.05), (0.36, 0.55), (0.44, 0.10), (0.55, -0.35)),
    ((0.08, 0.42), (0.20, 0.20), (0.26, -0.15), (0.24, -0.70), (0.22, -1.05)),
)
"""The great creases: share of the way from the middle root to the wrist, and across, 1 at the index root and -1 at
the pinky's."""


def paint(
    model: HandModel, uv: np.ndarray, size: tuple[int, int], source: SourceHand, source_points: np.ndarray
) -> np.ndarray:
    """The texture (height, width, 3) uint8; source_points (S, 3) are the source's skin in the rest pose."""
    pixels, face, shares = texels(uv, size)
    points = np.einsum("nk,nkc->nc", shares, model.template[model.faces[face]])
    weights = np.einsum("nk,nkj->nj", shares, model.weights[model.faces[face]])
    mesh = trimesh.Trimesh(model.template, model.faces, process=False)
    normals = np.einsum("nk,nkc->nc", shares, mesh.vertex_normals[model.faces[face]])
    back = (normals * _facing(weights)).sum(1) / np.linalg.norm(normals, axis=1)
    colour = _skin_colour(points, weights, back, model.joints_template)
    last = np.flatnonzero(weights[:, 3::3].sum(1) > 0.5)
    nail = _nails(points[last], source, source_points) * _step(back[last], 0.0, 0.3)
    colour[last] = _paint_over(_paint_over(colour[last], NAIL, nail), CUTICLE, 4 * nail * (1 - nail))
    return _fill(size, pixels, (255 * colour * SKIN).clip(0, 255))


def _facing(weights: np.ndarray) -> np.ndarray:
    """Direction (N, 3) out of the back of the hand or of the thumb at points with skinning weights (N, 16)."""
    bone = rest_direction(*REST_BONES["thumb"][2])
    thumb = weights[:, 13:].sum(1, keepdims=True)
    return unit((1 - thumb) * np.array([0, 1.0, 0]) + thumb * np.cross(bone, rest_axis("thumb", bone)))


def _skin_colour(points: np.ndarray, weights: np.ndarray, back: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """Factors (N, 3) on the skin's tone; back is the cosine to the direction out of the back of the hand."""
    palmar = _step(-back, -0.15, 0.45)
    colour = _paint_over(np.ones((len(points), 3)), PALM, palmar)
    crease = np.zeros(len(points))
    for f, name in enumerate(FINGERS):
        finger = weights[:, 1 + 3 * f : 4 + 3 * f].sum(1)
        for k in range(3):
            bone, joint = rest_direction(*REST_BONES[name][k]), joints[1 + 3 * f + k]
            along, distance = (points - joint) @ bone, np.linalg.norm(points - joint, axis=1)
            bent = _step(-distance, -0.024, -0.013) * _step(finger, 0.2, 0.6)
            colour = _paint_over(colour, KNUCKLE, bent * (1 - palmar) * _bump(along, 0.007 if k else 0.010))
            if k:
                wrinkles = sum(_bump(along - x, 0.0007) for x in (-0.0035, -0.001, 0.0015))
                crease += bent * ((1 - palmar) * 0.35 * wrinkles + palmar * _bump(along, 0.0009))
            elif name != "thumb":
                crease += bent * palmar * _bump(along - 0.018, 0.0009)
        tip = np.linalg.norm(points - (joints[3 + 3 * f] + 0.024 * rest_direction(*REST_BONES[name][2])), axis=1)
        colour = _paint_over(colour, TIP, finger * _bump(tip, 0.012))
    crease += palmar * sum(_bump(_distance(points, line), 0.0009) for line in _palm_lines(joints))
    return _paint_over(colour, CREASE, np.clip(crease, 0, 1) * 0.55)


def _palm_lines(joints: np.ndarray) -> list[np.ndarray]:
    """Polylines (K, 2) in x and z."""
    start, wrist = joints[4], joints[0]
    half = (joints[1, 2] - joints[7, 2]) / 2
    middle = (joints[1, 2] + joints[7, 2]) / 2
    return [
        np.array([(start[0] + down * (wrist[0] - start[0]), middle + across * half) for down, across in line])
        for line in PALM_LINES
    ]


def _distance(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Distance in the palm's plane to a polyline (K, 2) rounded by cubic interpolation."""
    t = np.linspace(0, len(line) - 1, 60)
    dense = np.stack([_smooth_curve(t, line[:, k]) for k in (0, 1)], axis=1)
    return np.sqrt(((points[:, None, [0, 2]] - dense) ** 2).sum(2).min(1))


def _smooth_curve(t: np.ndarray, values: np.ndarray) -> np.ndarray:
    return gaussian_filter(np.interp(t, np.arange(len(values)), values), 4, mode="nearest")


def _nails(points: np.ndarray, source: SourceHand, source_points: np.ndarray) -> np.ndarray:
    """How much of each point (N, 3) is nail, by the source's nail picture at the nearest point of its surface."""
    surface = trimesh.Trimesh(source_points, source.triangles, process=False)
    nearest, _, triangle = trimesh.proximity.closest_point(surface, points)
    shares = trimesh.triangles.points_to_barycentric(surface.triangles[triangle], nearest)
    uv = np.einsum("nk,nkc->nc", shares, source.uv[triangle])
    mask = gaussian_filter(nail_mask(source), 0.7)
    return map_coordinates(mask, [(1 - uv[:, 1]) * mask.shape[0], uv[:, 0] * mask.shape[1]], order=1)


def _fill(size: tuple[int, int], pixels: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """A picture with colours at pixels; every other pixel takes the nearest one's, so that charts do not bleed."""
    picture, known = np.zeros((*size, 3)), np.zeros(size, bool)
    picture[tuple(pixels.T)] = colours
    known[tuple(pixels.T)] = True
    nearest = distance_transform_edt(~known, return_distances=False, return_indices=True)
    return picture[tuple(nearest)].round().astype(np.uint8)


def _paint_over(colour: np.ndarray, factor: np.ndarray, amount: np.ndarray) -> np.ndarray:
    return colour * (1 + amount[:, None] * (factor - 1))


def _bump(distance: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-((distance / width) ** 2))


def _step(value: np.ndarray, low: float, high: float) -> np.ndarray:
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)
