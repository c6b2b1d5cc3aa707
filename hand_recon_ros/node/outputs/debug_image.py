"""`~/debug_image` and `~/debug_image/compressed`: the picture with the hands drawn over it."""

from __future__ import annotations

import cv2

from hand_recon_ros.bus.compressed_codec import COMPRESSED_IMAGE, encode_compressed_image
from hand_recon_ros.bus.image_codec import IMAGE, encode_image
from hand_recon_ros.bus.interface import Bus, Qos
from hand_recon_ros.render.quick_overlay import draw_quick_overlay
from hand_recon_ros.types import ByteImage, HandFrame

DEBUG_IMAGE, DEBUG_JPEG = DEBUG_IMAGES = "~/debug_image", "~/debug_image/compressed"
NEWEST = Qos(reliable=True, depth=1)
"""Pictures are large and only the newest is of interest."""
JPEG_FORMAT = "rgb8; jpeg compressed bgr8"
"""As image_transport writes it: what was encoded, and how."""


class DebugImageOutput:
    """Draws once for both topics, and only while somebody subscribes to one of them."""

    def __init__(self, bus: Bus):
        self._raw = bus.publisher(DEBUG_IMAGE, IMAGE, NEWEST)
        self._compressed = bus.publisher(DEBUG_JPEG, COMPRESSED_IMAGE, NEWEST)

    def publish(self, rgb: ByteImage, result: HandFrame, jpeg_quality: int) -> None:
        """Publish the picture (H, W, 3) that gave the result; jpeg_quality is 1 to 100."""
        raw, compressed = self._raw.subscription_count(), self._compressed.subscription_count()
        if not raw and not compressed:
            return
        drawn = draw_quick_overlay(rgb, result)
        if raw:
            self._raw.publish(encode_image(result.stamp_ns, result.frame_id, drawn))
        if compressed:
            jpeg = _jpeg(drawn, jpeg_quality)
            self._compressed.publish(encode_compressed_image(result.stamp_ns, result.frame_id, jpeg, JPEG_FORMAT))

    def close(self) -> None:
        """Leave the topics."""
        self._raw.close()
        self._compressed.close()


def _jpeg(rgb: ByteImage, quality: int) -> bytes:
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return jpeg.tobytes()
