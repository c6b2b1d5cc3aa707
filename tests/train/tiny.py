"""youtubehand_resnet18 with an encoder and a decoder so small that a test can train it."""

from __future__ import annotations

from torch import nn

from hand_recon_ros.networks import youtubehand

NETWORK = "youtubehand_resnet18"
FEATURES = 3 * 8 * 8


def encoder() -> nn.Module:
    """Pictures as 8 x 8 pixels."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(8), nn.Flatten(), nn.Dropout(0.0))


TINY = youtubehand.Size(encoder, FEATURES, (32, 32, 32, 32))


def install(set_item) -> None:
    """Put the small sizes into the table by a function (dict, key, value), such as monkeypatch.setitem."""
    set_item(youtubehand.SIZES_BY_ENCODER, "resnet18", TINY)
