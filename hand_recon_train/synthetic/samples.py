"""Which places of a picture's surfaces have to be shaded, what is interpolated there, and the way back to pixels.

A pixel has SAMPLES x SAMPLES samples; those on one surface share their shading.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_train.synthetic.compiled import compiled

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.integer]

SAMPLES = 2
"""Samples a pixel in each direction."""
POINT, NORMAL, ALBEDO, OPEN = 0, 3, 6, 9
"""Columns of interpolated surfaces."""


@compiled
def find_jobs(face: Indices, faces: Indices, material: Indices, owner: Indices, job: Indices, labels: Array) -> Indices:
    """Places (N, 3) to shade: face, and pixel x, y of a sample; job becomes the place that each sample shows, or -1.

    Samples of a pixel on one surface share their shading. The owner of half of a pixel's samples goes to labels.
    """
    height, width = face.shape[0] // SAMPLES, face.shape[1] // SAMPLES
    jobs = np.empty((face.size, 3), np.int32)
    count = 0
    for row in range(height):
        for column in range(width):
            first = count
            ours = theirs = 0
            for y in range(SAMPLES * row, SAMPLES * row + SAMPLES):
                for x in range(SAMPLES * column, SAMPLES * column + SAMPLES):
                    f = face[y, x]
                    job[y, x] = -1
                    if f < 0:
                        continue
                    ours += owner[f] == 1
                    theirs += owner[f] == 2
                    for k in range(first, count):
                        g = jobs[k, 0]
                        if g == f or (material[g] == material[f] and _near(faces, g, f)):
                            job[y, x] = k
                            break
                    if job[y, x] < 0:
                        jobs[count, 0], jobs[count, 1], jobs[count, 2] = f, x, y
                        job[y, x] = count
                        count += 1
            if 2 * max(ours, theirs) >= SAMPLES**2:
                labels[row, column] = 1 if ours >= theirs else 2
    return jobs[:count].copy()


@compiled
def _near(faces: Indices, f: int, g: int) -> bool:
    """Whether two faces have a corner in common."""
    for i in range(3):
        for j in range(3):
            if faces[f, i] == faces[g, j]:
                return True
    return False


@compiled
def locate(jobs: Indices, faces: Indices, points: Array, vertices: Array) -> tuple[Indices, Array]:
    """Corners (N, 3) of the faces, and their shares (N, 3) at the places, correct in perspective."""
    corners, shares = np.empty((len(jobs), 3), np.int32), np.empty((len(jobs), 3))
    for k in range(len(jobs)):
        f, x, y = jobs[k, 0], jobs[k, 1], jobs[k, 2]
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, ay, bx, by, cx, cy = points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1]
        za, zb, zc = vertices[a, 2], vertices[b, 2], vertices[c, 2]
        u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) * (zb * zc)
        v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) * (za * zc)
        w = ((ax - x) * (by - y) - (ay - y) * (bx - x)) * (za * zb)
        scale = 1 / (u + v + w)
        shares[k, 0], shares[k, 1], shares[k, 2] = scale * u, scale * v, scale * w
        corners[k, 0], corners[k, 1], corners[k, 2] = a, b, c
    return corners, shares


@compiled
def interpolate(
    corners: Indices, shares: Array, vertices: Array, normals: Array, colours: Array, occlusion: Array
) -> Array:
    """Point, unit normal, reflectance and openness (N, 10) at the places."""
    out = np.empty((len(corners), 10))
    for k in range(len(corners)):
        a, b, c = corners[k, 0], corners[k, 1], corners[k, 2]
        u, v, w = shares[k, 0], shares[k, 1], shares[k, 2]
        for i in range(3):
            out[k, POINT + i] = u * vertices[a, i] + v * vertices[b, i] + w * vertices[c, i]
            out[k, NORMAL + i] = u * normals[a, i] + v * normals[b, i] + w * normals[c, i]
            out[k, ALBEDO + i] = u * colours[a, i] + v * colours[b, i] + w * colours[c, i]
        scale = 1 / (np.sqrt(out[k, NORMAL] ** 2 + out[k, NORMAL + 1] ** 2 + out[k, NORMAL + 2] ** 2) + 1e-12)
        for i in range(NORMAL, NORMAL + 3):
            out[k, i] *= scale
        out[k, OPEN] = u * occlusion[a] + v * occlusion[b] + w * occlusion[c]
    return out


@compiled
def resolve(job: Indices, colours: Array, picture: Array) -> None:
    """Put the mean of each pixel's samples over the picture (H, W, 3)."""
    share = 1 / SAMPLES**2
    for row in range(picture.shape[0]):
        for column in range(picture.shape[1]):
            red = green = blue = empty = 0.0
            for y in range(SAMPLES * row, SAMPLES * row + SAMPLES):
                for x in range(SAMPLES * column, SAMPLES * column + SAMPLES):
                    k = job[y, x]
                    if k < 0:
                        empty += share
                    else:
                        red, green, blue = red + colours[k, 0], green + colours[k, 1], blue + colours[k, 2]
            if empty < 1:
                picture[row, column, 0] = red * share + empty * picture[row, column, 0]
                picture[row, column, 1] = green * share + empty * picture[row, column, 1]
                picture[row, column, 2] = blue * share + empty * picture[row, column, 2]
