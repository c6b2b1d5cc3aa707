"""Projection and its inverse for a pinhole camera with ROS distortion models.

Plumb bob and rational polynomial follow OpenCV's `projectPoints`, equidistant its fisheye model.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.types import CameraModel

Doubles = npt.NDArray[np.float64]
NO_TURN = np.zeros(3)


def assumed_camera(width: int, height: int, fov_deg: float = 60.0) -> CameraModel:
    """Camera for an image without intrinsics: square pixels, centred, fov_deg across the longer side."""
    if not 1.0 <= fov_deg <= 170.0:
        raise ValueError(f"the assumed field of view must lie in 1 to 170 degrees, got {fov_deg}")
    focal = max(width, height) / 2 / math.tan(math.radians(fov_deg) / 2)
    return CameraModel(focal, focal, (width - 1) / 2, (height - 1) / 2, width, height)


def scaled_camera(camera: CameraModel, width: int, height: int) -> CameraModel:
    """The same camera for its picture scaled to another size.

    Raises:
        ValueError: the sizes differ by more than one common factor (2 % tolerated, for rounding).
    """
    if (camera.width, camera.height) == (width, height):
        return camera
    sx, sy = width / camera.width, height / camera.height
    if abs(sx / sy - 1) > 0.02:
        raise ValueError(
            f"intrinsics are for {camera.width}x{camera.height} pixels but the image has {width}x{height}, which is "
            "not a pure scale of it; give the intrinsics of this image size"
        )
    return CameraModel(
        camera.fx * sx,
        camera.fy * sy,
        # The origin is the centre of the first pixel, so scaling acts on cx + 0.5.
        (camera.cx + 0.5) * sx - 0.5,
        (camera.cy + 0.5) * sy - 0.5,
        width,
        height,
        camera.distortion,
        camera.distortion_model,
    )


def project(camera: CameraModel, points: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Pixels (..., 2) of points (..., 3) in metres in the camera optical frame, distortion applied."""
    if not camera.distorted:
        z = points[..., 2:]
        pixels = points[..., :2] / z * (camera.fx, camera.fy) + (camera.cx, camera.cy)
        return pixels.astype(np.float32)
    flat = np.ascontiguousarray(points, np.float64).reshape(-1, 1, 3)
    coefficients = _coefficients(camera)
    if camera.distortion_model == "equidistant":
        distorted, _ = cv2.fisheye.projectPoints(flat, NO_TURN, NO_TURN, camera.matrix, coefficients)
    else:
        distorted, _ = cv2.projectPoints(flat, NO_TURN, NO_TURN, camera.matrix, coefficients)
    return np.asarray(distorted, np.float32).reshape(*points.shape[:-1], 2)


def normalise(camera: CameraModel, pixels: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Ray directions (..., 2), x/z and y/z, of pixels (..., 2): the inverse of `project` at depth 1."""
    if not camera.distorted:
        return ((pixels - (camera.cx, camera.cy)) / (camera.fx, camera.fy)).astype(np.float32)
    flat = np.ascontiguousarray(pixels, np.float64).reshape(-1, 1, 2)
    undistort = cv2.fisheye.undistortPoints if camera.distortion_model == "equidistant" else _undistort
    return np.asarray(undistort(flat, camera.matrix, _coefficients(camera)), np.float32).reshape(pixels.shape)


def _undistort(pixels: Doubles, matrix: Doubles, coefficients: Doubles) -> Doubles:
    # The default of five iterations leaves up to a pixel of error near the corners of wide lenses.
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 1e-9)
    if hasattr(cv2, "undistortPointsIter"):  # OpenCV 4
        return cv2.undistortPointsIter(pixels, matrix, coefficients, None, None, criteria)
    return np.asarray(cv2.undistortPoints(pixels, matrix, coefficients, criteria=criteria))


def _coefficients(camera: CameraModel) -> Doubles:
    """Coefficients padded with zeros to a length that OpenCV takes for the model."""
    length = {"equidistant": 4, "plumb_bob": 5}.get(camera.distortion_model, 8)
    return np.array([*camera.distortion, *[0.0] * (length - len(camera.distortion))])
