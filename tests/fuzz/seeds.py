"""Valid small messages to damage, of every kind that comes from outside."""

from __future__ import annotations

import cv2
import numpy as np
from messages import header, make_frame, make_hand, new, reference

from hand_recon_ros.bus.camera_codec import CameraInfo, encode_camera_info, info_of
from hand_recon_ros.bus.compressed_codec import encode_compressed_image
from hand_recon_ros.bus.hand_codec import Delivery, encode_hand_array, encode_mesh_topology
from hand_recon_ros.bus.image_codec import DEPTH_ENCODINGS, ENCODINGS, IMAGE, encode_image
from hand_recon_ros.bus.pose_codec import encode_pose_array
from hand_recon_ros.bus.service_codec import CallId, ServiceCodec
from hand_recon_ros.types import CameraModel, Roi

GET_PARAMETERS = "rcl_interfaces/srv/GetParameters"
PARAMETER_CODEC = ServiceCodec(GET_PARAMETERS, "jazzy")
WIDTH, HEIGHT = 8, 6
CAMERA = CameraModel(50, 50, 3.5, 2.5, WIDTH, HEIGHT, (0.1, 0.2, 0.0, 0.0, 0.0))


def images() -> list[bytes]:
    """A picture of noise in each encoding; the rows are padded, so that the bytes suffice for all of them."""
    step = 8 * WIDTH
    noise = np.random.default_rng(0).integers(0, 256, 3 * HEIGHT * step, dtype=np.uint8)
    return [
        reference(
            new(
                IMAGE,
                header=header(10**9, "camera"),
                height=HEIGHT,
                width=WIDTH,
                encoding=encoding,
                is_bigendian=0,
                step=step,
                data=noise,
            ),
            IMAGE,
        )
        for encoding in (*ENCODINGS, *DEPTH_ENCODINGS)
    ]


def depths() -> list[bytes]:
    """Depth pictures, registered to the camera."""
    millimetres = np.full((HEIGHT, WIDTH), 700, np.uint16)
    return [
        bytes(encode_image(10**9, "camera", millimetres, "16UC1")),
        bytes(encode_image(10**9, "camera", (millimetres / 1000).astype(np.float32), "32FC1")),
    ]


def compressed() -> list[bytes]:
    """JPEG (plain and progressive) and PNG files."""
    picture = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    grey = picture[..., 0]
    files = [
        cv2.imencode(".jpg", picture)[1],
        cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1],
        cv2.imencode(".jpg", grey)[1],
        cv2.imencode(".png", picture)[1],
        cv2.imencode(".png", grey.astype(np.uint16) << 8)[1],
    ]
    return [bytes(encode_compressed_image(10**9, "camera", file.tobytes(), "jpeg")) for file in files]


def camera_infos() -> list[bytes]:
    """Intrinsics of one camera: plain, and binned in a region of interest."""
    plain = info_of(CAMERA, 10**9, "camera")
    binned = CameraInfo(5, "camera", 40, 30, "equidistant", (0.1,) * 4, plain.k, plain.p, (2, 2), Roi(4, 4, 16, 12))
    return [bytes(encode_camera_info(info)) for info in (plain, binned)]


def hand_arrays() -> list[bytes]:
    """Results without and with hands."""
    return [
        bytes(encode_hand_array(make_frame(), Delivery())),
        bytes(encode_hand_array(make_frame(make_hand(1), make_hand(2)), Delivery())),
    ]


def topologies() -> list[bytes]:
    """A mesh topology."""
    return [bytes(encode_mesh_topology(make_hand(1)))]


def pose_arrays() -> list[bytes]:
    """Joints as poses."""
    return [bytes(encode_pose_array(10**9, "camera", np.ones((21, 7))))]


def parameter_requests() -> list[bytes]:
    """A service call that asks for parameters."""
    request = new(f"{GET_PARAMETERS}_Request", names=["max_hands", "smoothing"])
    return [PARAMETER_CODEC.encode(CallId(1, 2), request, PARAMETER_CODEC.request_type)]
