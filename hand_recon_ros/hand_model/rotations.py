"""Rotations between axis-angle vectors and matrices, on NumPy arrays and torch tensors alike."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace, device

SMALL = 1e-4
"""Angle in radians under which series replace quotients by the angle."""


SKEW = [[0, 0, 0, 0, 0, -1, 0, 1, 0], [0, 0, 1, 0, 0, 0, -1, 0, 0], [0, -1, 0, 1, 0, 0, 0, 0, 0]]
"""Row-major skew matrices of the three unit vectors."""


def skew_matrix(vectors: Any) -> Any:
    """Matrices (..., 3, 3) whose product with b is the cross product of vectors (..., 3) with b."""
    xp = array_namespace(vectors)
    units = xp.asarray(SKEW, dtype=vectors.dtype, device=device(vectors))
    return xp.reshape(vectors @ units, (*vectors.shape[:-1], 3, 3))


def axis_angle_to_matrix(vectors: Any) -> Any:
    """Rotation matrices (..., 3, 3) of axis-angle vectors (..., 3) in radians (Rodrigues); differentiable at zero."""
    xp = array_namespace(vectors)
    squared = xp.sum(vectors * vectors, axis=-1)[..., None, None]
    small = squared < SMALL**2
    # The square root has no derivative at zero, so the branch not taken gets a harmless value.
    angle = xp.sqrt(xp.where(small, xp.ones_like(squared), squared))
    first = xp.where(small, 1 - squared / 6, xp.sin(angle) / angle)
    second = xp.where(small, 0.5 - squared / 24, (1 - xp.cos(angle)) / (angle * angle))
    skew = skew_matrix(vectors)
    # skew @ skew in closed form: v vT - |v|^2 I
    outer = vectors[..., :, None] * vectors[..., None, :]
    eye = xp.asarray([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], dtype=vectors.dtype, device=device(vectors))
    return eye + first * skew + second * (outer - squared * eye)


def matrix_to_axis_angle(matrices: Any) -> Any:
    """Axis-angle vectors (..., 3), of length at most pi, of rotation matrices (..., 3, 3).

    Goes by the largest quaternion component, which is stable at every angle (Shepperd 1978).
    """
    xp = array_namespace(matrices)
    quaternions = matrix_to_quaternion(matrices)
    # q and -q are one rotation: the one with w >= 0 turns by at most pi.
    quaternions = xp.where(quaternions[..., 3:] < 0, -quaternions, quaternions)
    imaginary, real = quaternions[..., :3], quaternions[..., 3:]
    squared = xp.sum(imaginary * imaginary, axis=-1)[..., None]
    small = squared < SMALL**2
    # The square root has no derivative at zero, so the branch not taken gets a harmless value.
    length = xp.sqrt(xp.where(small, xp.ones_like(squared), squared))
    return imaginary * xp.where(small, 2 / real, 2 * xp.atan2(length, real) / length)


TO_PRODUCTS = [
    [1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1],
    [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, -1, 0, 0, -1, 0],
    [0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0],
    [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0],
    [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1],
    [0, 0, 0, -1, 0, 0, 1, 0, 0, 1, 0, 0, -1, 0, 0, 0],
    [0, 0, 1, 0, 0, 0, 0, -1, 1, 0, 0, 0, 0, -1, 0, 0],
    [0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0],
    [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
]
"""(9, 16): from a row-major matrix to four times its quaternion's outer product, less one on the diagonal."""
EYE_4 = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]


def matrix_to_quaternion(matrices: Any) -> Any:
    """Unit quaternions (..., 4), x y z w, of rotation matrices (..., 3, 3)."""
    xp = array_namespace(matrices)
    to_products, eye = (
        xp.asarray(table, dtype=matrices.dtype, device=device(matrices)) for table in (TO_PRODUCTS, EYE_4)
    )
    # Four times the outer product of the quaternion with itself; its longest row is the quaternion's direction.
    flat = xp.reshape(matrices, (*matrices.shape[:-2], 9)) @ to_products
    products = xp.reshape(flat, (*matrices.shape[:-2], 4, 4)) + eye
    best = xp.argmax(xp.sum(products * products, axis=-1), axis=-1)
    longest = xp.arange(4, device=device(best)) == best[..., None]
    chosen = xp.sum(xp.where(longest[..., None], products, 0 * products), axis=-2)
    return chosen / xp.sqrt(xp.sum(chosen * chosen, axis=-1))[..., None]
