"""Pictures to measure on, made of the bundled clip: any number of slowly moving hands, any size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from hand_recon_ros.camera import assumed_camera
from hand_recon_ros.node.bag_frames import bag_frames
from hand_recon_ros.paths import shared_file
from hand_recon_ros.types import ByteImage, CameraModel

VGA = (640, 480)
SIZES = {
    "VGA": VGA,
    "720p": (1280, 720),
    "1080p": (1920, 1080),
    "1440p": (2560, 1440),
    "4K": (3840, 2160),
}
HALF = 320
"""Columns of the clip that show one of its two hands."""
CELL_ROWS, CELL_COLUMNS = slice(150, 370), (slice(100, 310), slice(340, 550))
"""Where the clip's first pictures show its two hands, tightly."""
BLOCK = 16
"""Pixels a side that cluttered pictures are mixed by."""
GRID = 4
"""Cells a side of a picture of many hands."""


def focal_camera(width: int, height: int) -> CameraModel:
    """Intrinsics for a picture of this size."""
    return assumed_camera(width, height)


@lru_cache(maxsize=1)
def clip() -> ByteImage:
    """The clip's pictures (T, 480, 640, 3) there and back again, so that hands never jump when it repeats."""
    frames = np.stack([frame.rgb for frame in bag_frames(shared_file("examples", "two_hands.mcap"))])
    return np.concatenate([frames, frames[-2:0:-1]])


def wall(width: int, height: int) -> ByteImage:
    """The clip's wall (H, W, 3), with nobody in front of it; contiguous, as cameras' pictures are."""
    row = clip()[0, 8]
    return np.ascontiguousarray(np.broadcast_to(cv2.resize(row[None], (width, 1)), (height, width, 3)), np.uint8)


def few_hands(hands: int, frames: int) -> ByteImage:
    """Pictures (T, 480, 640, 3) of none, one or both of the clip's hands."""
    shown = clip()[:frames]
    if hands == 2:
        return shown.copy()
    pictures = np.repeat(wall(*VGA)[None], len(shown), axis=0)
    if hands == 1:
        pictures[:, :, HALF // 2 : HALF // 2 + HALF] = shown[:, :, :HALF]
    return pictures


def clutter(frames: int) -> ByteImage:
    """Pictures (T, 480, 640, 3) without a hand, but full of edges and skin: the clip's, their blocks in any order."""
    width, height = VGA
    rows, columns = height // BLOCK, width // BLOCK
    blocks = clip()[:frames].reshape(-1, rows, BLOCK, columns, BLOCK, 3).swapaxes(2, 3)
    order = np.random.default_rng(0).permutation(rows * columns)
    mixed = blocks.reshape(-1, rows * columns, BLOCK, BLOCK, 3)[:, order].reshape(blocks.shape)
    return np.ascontiguousarray(mixed.swapaxes(2, 3).reshape(-1, height, width, 3))


def many_hands(cells: Sequence[int], frames: int) -> ByteImage:
    """Pictures (T, 880, 840, 3), T up to 12, of a hand in each of some of 16 cells, as large as in the clip."""
    shown = clip()[:frames, CELL_ROWS]
    height, width = shown.shape[1], CELL_COLUMNS[0].stop - CELL_COLUMNS[0].start
    pictures = np.repeat(wall(GRID * width, GRID * height)[None], frames, axis=0)
    for cell in cells:
        row, column = divmod(cell, GRID)
        place = slice(row * height, (row + 1) * height), slice(column * width, (column + 1) * width)
        pictures[:, place[0], place[1]] = shown[:, :, CELL_COLUMNS[cell % 2]]
    return pictures


def cut_to(frames: ByteImage, width: int, height: int) -> ByteImage:
    """The middle rows of frames (T, H, W, 3) scaled to another width."""
    whole = width, frames.shape[1] * width // frames.shape[2]
    top = (whole[1] - height) // 2
    return np.stack([np.asarray(cv2.resize(frame, whole), np.uint8)[top : top + height] for frame in frames])
