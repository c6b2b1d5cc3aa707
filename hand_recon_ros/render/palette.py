"""Colours of hands and fingers, RGB in 0 to 1, wherever they are drawn."""

from __future__ import annotations

from hand_recon_ros.types import Side

Rgb = tuple[float, float, float]

SIDE_COLOURS: dict[Side, Rgb] = {
    Side.UNKNOWN: (0.75, 0.75, 0.75),
    Side.LEFT: (0.36, 0.64, 0.92),
    Side.RIGHT: (0.97, 0.60, 0.38),
}
FINGER_COLOURS: tuple[Rgb, ...] = (
    (0.86, 0.20, 0.18),
    (0.93, 0.60, 0.07),
    (0.30, 0.69, 0.31),
    (0.13, 0.59, 0.95),
    (0.61, 0.15, 0.69),
)
"""Thumb to pinky."""


def to_bytes(colour: Rgb) -> tuple[int, int, int]:
    """The colour as 0 to 255."""
    red, green, blue = (round(255 * channel) for channel in colour)
    return red, green, blue
