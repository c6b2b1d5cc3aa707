"""The picture with the hands drawn over it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from outputs_fixture import Published, hand

import hand_recon_ros.node.outputs.debug_image as debug_image
from hand_recon_ros.bus.compressed_codec import compressed_to_rgb, decode_compressed_image, encode_compressed_image
from hand_recon_ros.types import Hand

RAW, JPEG = "/hands/debug_image", "/hands/debug_image/compressed"


def seen() -> Hand:
    """A hand whose skeleton lies in the picture of 64x48 pixels."""
    joints_2d = np.stack([np.linspace(5, 60, 21), np.linspace(5, 40, 21)], axis=1).astype(np.float32)
    return hand(joints_2d=joints_2d)


def pixels(message: Any) -> np.ndarray:
    return message.data.reshape(message.height, message.width, 3)


def test_hands_are_drawn_over_the_picture() -> None:
    published = Published(RAW)
    published.publish()
    published.publish(seen())
    empty, drawn = published.messages(RAW)
    assert (drawn.encoding, drawn.step, drawn.header.frame_id) == ("rgb8", 3 * 64, "camera")
    assert not empty.data.any()
    assert pixels(drawn)[22, 31:34].any(), "the skeleton crosses the middle"


def test_the_compressed_picture_shows_the_same() -> None:
    published = Published(RAW, JPEG, debug_image_quality=95)
    published.publish(seen())
    (raw,), (compressed,) = published.messages(RAW), published.messages(JPEG)
    assert compressed.format == "rgb8; jpeg compressed bgr8"
    cdr = encode_compressed_image(0, "", compressed.data.tobytes())
    shown = compressed_to_rgb(decode_compressed_image(cdr)).astype(int)
    assert np.abs(shown - pixels(raw)).mean() < 8
    assert (raw.header.stamp, raw.header.frame_id) == (compressed.header.stamp, compressed.header.frame_id)


def test_lower_quality_gives_smaller_messages() -> None:
    sizes = []
    for quality in (90, 20):
        published = Published(JPEG, debug_image_quality=quality)
        published.publish(seen())
        sizes.append(len(published.messages(JPEG)[0].data))
    assert sizes[1] < 0.7 * sizes[0]


def test_it_is_drawn_once_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    original = debug_image.draw_quick_overlay
    monkeypatch.setattr(debug_image, "draw_quick_overlay", lambda *a: drawn.append(a) or original(*a))
    Published(RAW, JPEG).publish(seen())
    Published("/nobody").publish(seen())
    assert len(drawn) == 1
