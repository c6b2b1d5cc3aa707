"""A line of text at each hand: its side, track, distance and score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from hand_recon_ros.render.palette import SIDE_COLOURS, to_bytes
from hand_recon_ros.types import ByteImage, Hand, Joint, ScaleSource

FONT = cv2.FONT_HERSHEY_SIMPLEX
DARK = (20, 20, 20)


def hand_label(hand: Hand) -> str:
    """Side, track if any, depth of the wrist (~ unless metric) and score, as in "right 2  ~0.53 m  97%"."""
    side = hand.side.name.lower() + (f" {hand.track_id}" if hand.track_id else "")
    about = "" if hand.scale_source == ScaleSource.METRIC else "~"
    return f"{side}  {about}{hand.joints[Joint.WRIST, 2]:.2f} m  {hand.score:.0%}"


class _Box(NamedTuple):
    left: int
    top: int
    width: int
    height: int

    def overlaps(self, other: _Box) -> bool:
        apart = (
            self.left >= other.left + other.width
            or other.left >= self.left + self.width
            or self.top >= other.top + other.height
            or other.top >= self.top + self.height
        )
        return not apart


def draw_labels(picture: ByteImage, hands: Sequence[Hand]) -> None:
    """Draw the label of each hand above it, or where there is room, in place."""
    scale = max(0.33, max(picture.shape[:2]) / 1600)
    thickness = max(1, round(1.4 * scale))
    margin = max(3, round(7 * scale))
    taken: list[_Box] = []
    for hand in hands:
        text = hand_label(hand)
        (width, height), drop = cv2.getTextSize(text, FONT, scale, thickness)
        box = _free_place(picture, hand, (width + 3 * margin, height + drop + margin), taken)
        taken.append(box)
        right, bottom = box.left + box.width - 1, box.top + box.height - 1
        cv2.rectangle(picture, (box.left, box.top), (right, bottom), DARK, -1)
        stripe = to_bytes(SIDE_COLOURS[hand.side])
        cv2.rectangle(picture, (box.left, box.top), (box.left + margin - 1, bottom), stripe, -1)
        start = (box.left + 2 * margin, box.top + margin // 2 + height)
        cv2.putText(picture, text, start, FONT, scale, (255, 255, 255), thickness, cv2.LINE_AA)


def _free_place(picture: ByteImage, hand: Hand, size: tuple[int, int], taken: Sequence[_Box]) -> _Box:
    """Above the hand, else below it, else further down, clear of the labels so far and within the picture."""
    width, height = size
    right, bottom = (max(0, picture.shape[1] - width), max(0, picture.shape[0] - height))
    left, top = hand.roi.x + (hand.roi.width - width) // 2, hand.roi.y
    joints = hand.joints_2d[:, 1]
    highest = min(top, int(np.nanmin(joints, initial=top)) - height // 3)
    lowest = max(top + hand.roi.height, int(np.nanmax(joints, initial=top)) + height // 3)
    tops = [highest - height, lowest, *range(max(0, top), picture.shape[0], height)]
    places = [_Box(min(max(left, 0), right), min(max(y, 0), bottom), width, height) for y in tops]
    return next((place for place in places if not any(place.overlaps(box) for box in taken)), places[0])
