"""sensor_msgs/CameraInfo: encode, decode, and the intrinsics it holds for an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hand_recon_ros.bus.cdr import CdrReader, CdrWriter, read_header, time_of
from hand_recon_ros.bus.interface import Cdr
from hand_recon_ros.camera import scaled_camera
from hand_recon_ros.types import CameraModel, Roi

CAMERA_INFO = "sensor_msgs/msg/CameraInfo"
MAX_COEFFICIENTS = 16
FULL_SENSOR = Roi(0, 0, 0, 0)


@dataclass(frozen=True)
class CameraInfo:
    """The fields of a sensor_msgs/CameraInfo that place points in an image.

    Attributes:
        width, height: size of the calibration in unbinned pixels, for the full sensor.
        k: (9,) intrinsic matrix of the raw image, row-major; k[0] == 0 marks an uncalibrated camera.
        p: (12,) projection matrix of the rectified image, row-major.
        binning: pixels averaged into one, horizontally and vertically; 0 means 1.
        roi: part of the sensor in unbinned pixels; size zero means all of it.
    """

    stamp_ns: int
    frame_id: str
    width: int
    height: int
    distortion_model: str
    d: tuple[float, ...]
    k: tuple[float, ...]
    p: tuple[float, ...]
    binning: tuple[int, int] = (0, 0)
    roi: Roi = FULL_SENSOR


def info_of(camera: CameraModel, stamp_ns: int, frame_id: str) -> CameraInfo:
    """CameraInfo of a monocular camera: the projection matrix repeats the intrinsics."""
    k = (camera.fx, 0.0, camera.cx, 0.0, camera.fy, camera.cy, 0.0, 0.0, 1.0)
    p = (camera.fx, 0.0, camera.cx, 0.0, 0.0, camera.fy, camera.cy, 0.0, 0.0, 0.0, 1.0, 0.0)
    d = camera.distortion or (0.0,) * 5
    return CameraInfo(stamp_ns, frame_id, camera.width, camera.height, camera.distortion_model or "plumb_bob", d, k, p)


def write_camera_info(writer: CdrWriter, info: CameraInfo) -> None:
    """Append a CameraInfo without rotation."""
    writer.pack("iI", *time_of(info.stamp_ns))
    writer.string(info.frame_id)
    writer.pack("II", info.height, info.width)
    writer.string(info.distortion_model)
    writer.sequence(info.d, np.float64)
    writer.array([*info.k, *np.eye(3).flat, *info.p], np.float64)
    roi = info.roi
    writer.pack("IIIIII?", *info.binning, roi.x, roi.y, roi.height, roi.width, False)


def encode_camera_info(info: CameraInfo) -> bytearray:
    """CDR of a CameraInfo without rotation."""
    writer = CdrWriter()
    write_camera_info(writer, info)
    return writer.finish()


def decode_camera_info(cdr: Cdr) -> CameraInfo:
    """Fields of a CameraInfo message; ValueError for one cut short or with too many coefficients."""
    reader = CdrReader(cdr)
    stamp_ns, frame_id = read_header(reader)
    height, width = reader.unpack("II")
    model = reader.string()
    (count,) = reader.unpack("I")
    if count > MAX_COEFFICIENTS:
        raise ValueError(f"expected at most {MAX_COEFFICIENTS} distortion coefficients in CameraInfo, got {count}")
    d = reader.array(count, np.float64)
    k, _, p = np.split(reader.array(30, np.float64), (9, 18))
    *binning, x, y, roi_height, roi_width, _ = reader.unpack("IIIIII?")
    roi = Roi(x, y, roi_width, roi_height)
    return CameraInfo(
        stamp_ns, frame_id, width, height, model, _floats(d), _floats(k), _floats(p), (binning[0], binning[1]), roi
    )


def camera_of(info: CameraInfo, width: int, height: int, rectified: bool = False) -> CameraModel | None:
    """Intrinsics for an image of a given size, or None for an uncalibrated camera.

    Args:
        info: as received; binning, region of interest and a pure scale are allowed for.
        width: of the image, in pixels.
        height: of the image, in pixels.
        rectified: the image is rectified: use P without distortion, instead of K with D.

    Raises:
        ValueError: values that are not finite, an unknown distortion model, or an image of another shape.
    """
    if rectified:
        fx, fy, cx, cy = info.p[0], info.p[5], info.p[2], info.p[6]
    else:
        fx, fy, cx, cy = info.k[0], info.k[4], info.k[2], info.k[5]
    if fx == 0:
        return None
    distortion = () if rectified or not any(info.d) else info.d
    bin_x, bin_y = (max(1, b) for b in info.binning)
    full = info.roi.width == 0 or info.roi.height == 0
    roi = Roi(0, 0, info.width, info.height) if full else info.roi
    camera = CameraModel(
        fx / bin_x,
        fy / bin_y,
        (cx - roi.x) / bin_x,
        (cy - roi.y) / bin_y,
        roi.width // bin_x,
        roi.height // bin_y,
        distortion,
        info.distortion_model if distortion else "plumb_bob",
    )
    return scaled_camera(camera, width, height)


def _floats(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
