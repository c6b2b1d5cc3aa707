"""Pictures of several hands, composed of pictures of one, as SMHR trains on (Ren, Zhu, Zhang, CVIU 2023).

Hands are cut out by their masks, half of them mirrored to left ones, and pasted from right to left in two rows over a
background, a new one over the old ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from hand_recon_ros.types import ByteImage, CameraModel, Side
from hand_recon_train.datasets.files import read_rgb
from hand_recon_train.datasets.mano import mirrored
from hand_recon_train.datasets.sample import Doubles, HandDataset, HandTruth, Mask, Sample

SIZE = 384
SOURCE_SIZE = 224
MARGIN = 40
"""Pixels around a hand's box that come along, in a source picture of 224."""
SMALLEST, LARGEST = 160, 180
CANDIDATES, MOST_HANDS = 5, 4
FIRST_BORDER, SECOND_BORDER = 334, 364
OVERLAP = 20
TURN_DEG = (-12, 12)
VALUE_GAIN = (0.4, 1.6)
FLIP_X = np.array([-1, 1, 1], np.float32)


@dataclass(frozen=True)
class Slot:
    """Where a patch goes: left, top, width, height in pixels."""

    left: int
    top: int
    width: int
    height: int


class MultiHandComposites:
    """As many composites as the source has samples, each always the same for a seed.

    A composite has no camera of its own: each hand keeps the intrinsics that it is seen through. Hands of the source
    without mask or 2D joints are not used.
    """

    def __init__(self, source: HandDataset, seed: int = 0, backgrounds: Sequence[Path] = ()) -> None:
        """Compose from a source of single hands, over pictures or, without any, over smooth colours."""
        self._source, self._seed, self._backgrounds = source, seed, tuple(backgrounds)

    def __len__(self) -> int:
        return len(self._source)

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(index)
        rng = np.random.default_rng((self._seed, index))
        others = rng.integers(len(self._source), size=CANDIDATES - 1)
        samples = [self._source[int(k)] for k in (index, *others)]
        samples = [_mirrored_sample(sample) if rng.random() < 0.5 else sample for sample in samples]
        usable = [(sample, hand) for sample in samples for hand in sample.hands[:1] if _usable(hand)]
        frame = self._background(rng)
        hands: list[HandTruth] = []
        slots = place(rng, [_patch_size(sample, hand) for sample, hand in usable])
        for (sample, hand), slot in zip(usable, slots, strict=True):
            if slot is not None and len(hands) < MOST_HANDS:
                frame, pasted, mask = _paste(frame, sample, hand, slot)
                hands = [_behind(other, mask) for other in hands] + [pasted]
        frame = _brightened(frame, rng) if rng.random() < 0.5 else frame
        return Sample(frame, None, tuple(hands), " + ".join(sample.source for sample in samples))

    def _background(self, rng: np.random.Generator) -> ByteImage:
        if not self._backgrounds:
            return smooth_backdrop(rng, SIZE, SIZE)
        picture = read_rgb(self._backgrounds[rng.integers(len(self._backgrounds))], "the folder of backgrounds")
        height, width = picture.shape[:2]
        scale = SIZE / min(height, width)
        turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), rng.uniform(*TURN_DEG), scale)
        turn[:, 2] += (SIZE - width) / 2, (SIZE - height) / 2
        return np.asarray(cv2.warpAffine(picture, turn, (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT), np.uint8)


def smooth_backdrop(rng: np.random.Generator, height: int, width: int) -> ByteImage:
    """Random colours (height, width, 3) that run into each other."""
    coarse = rng.uniform(0, 255, (4, 5, 3))
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 255), np.uint8)


def place(rng: np.random.Generator, patches: Sequence[tuple[float, float]]) -> list[Slot | None]:
    """Where patches of width and height (any unit) go, None for those that do not fit.

    The bottom row is filled first, from right to left; the patch that no longer fits is left out and the top row begun.
    """
    slots: list[Slot | None] = []
    border, bottom_row, tops = float(FIRST_BORDER), True, [SIZE]
    for patch in patches:
        if border < SMALLEST:
            border, bottom_row = (SECOND_BORDER, False) if bottom_row else (0, False)
            slots.append(None)
            continue
        length = np.exp(rng.uniform(np.log(SMALLEST), np.log(min(LARGEST, border))))
        width, height = (max(1, round(side * length / max(patch))) for side in patch)
        limit = min(border + OVERLAP, SIZE)
        right = rng.uniform(max(limit - 2 * OVERLAP, width), max(limit, width))
        lowest = (min(SIZE - 1, SIZE / 2 + 1.5 * height), SIZE - 1) if bottom_row else (height, max(height, min(tops)))
        bottom = rng.uniform(*lowest)
        slot = Slot(int(right) - width, int(bottom) - height, width, height)
        slots.append(slot)
        tops += [slot.top] if bottom_row else []
        border = slot.left - OVERLAP
    return slots


def _usable(hand: HandTruth) -> bool:
    return hand.mask is not None and bool(hand.mask.any()) and bool(hand.joints_2d_known.any())


def _patch(sample: Sample, hand: HandTruth) -> Doubles:
    """Left, top, width, height in the source picture: the joints' box and a margin."""
    margin = MARGIN * max(sample.image.shape[:2]) / SOURCE_SIZE
    known = hand.joints_2d[hand.joints_2d_known].astype(np.float64)
    low, high = known.min(axis=0) - margin, known.max(axis=0) + margin
    return np.concatenate([low, high - low])


def _patch_size(sample: Sample, hand: HandTruth) -> tuple[float, float]:
    return tuple(_patch(sample, hand)[2:].tolist())


def _paste(frame: ByteImage, sample: Sample, hand: HandTruth, slot: Slot) -> tuple[ByteImage, HandTruth, Mask]:
    """The frame with the hand in its slot, the hand's truth there, and its mask."""
    left, top, width, _ = _patch(sample, hand)
    scale = slot.width / width
    shift = np.array([slot.left - scale * left, slot.top - scale * top])
    warp = np.column_stack([np.eye(2) * scale, shift])
    picture = cv2.warpAffine(sample.image, warp, (SIZE, SIZE))
    mask = np.zeros((SIZE, SIZE), np.bool_)
    inside = np.s_[max(0, slot.top) : slot.top + slot.height, max(0, slot.left) : slot.left + slot.width]
    assert hand.mask is not None
    warped = cv2.warpAffine(hand.mask.astype(np.uint8), warp, (SIZE, SIZE), flags=cv2.INTER_NEAREST)
    mask[inside] = warped[inside] > 0
    truth = replace(
        hand,
        joints_2d=np.asarray(scale * hand.joints_2d + shift, np.float32),
        mask=mask,
        box=None if hand.box is None else np.asarray([*(scale * hand.box[:2] + shift), *(scale * hand.box[2:])]),
        camera=_warped_camera(sample.camera, scale, shift),
    )
    return np.where(mask[..., None], picture, frame).astype(np.uint8), truth, mask


def _behind(hand: HandTruth, mask: Mask) -> HandTruth:
    """The hand after another has been pasted over it."""
    return replace(hand, mask=None if hand.mask is None else hand.mask & ~mask)


def _warped_camera(camera: CameraModel | None, scale: float, shift: Doubles) -> CameraModel | None:
    if camera is None:
        return None
    centre = scale * np.array([camera.cx, camera.cy]) + shift
    return CameraModel(scale * camera.fx, scale * camera.fy, float(centre[0]), float(centre[1]), SIZE, SIZE)


def _mirrored_sample(sample: Sample) -> Sample:
    """The sample in a mirror: right hands become left ones."""
    width = sample.image.shape[1]
    camera = sample.camera and replace(sample.camera, cx=width - 1 - sample.camera.cx)
    hands = tuple(_mirrored_hand(hand, width) for hand in sample.hands)
    return replace(sample, image=np.ascontiguousarray(sample.image[:, ::-1]), camera=camera, hands=hands)


def _mirrored_hand(hand: HandTruth, width: int) -> HandTruth:
    return replace(
        hand,
        side=Side.LEFT if hand.side == Side.RIGHT else Side.RIGHT,
        joints=hand.joints * FLIP_X,
        joints_2d=np.asarray(hand.joints_2d * (-1, 1) + (width - 1, 0), np.float32),
        vertices=None if hand.vertices is None else hand.vertices * FLIP_X,
        mano=None if hand.mano is None else mirrored(hand.mano),
        mask=None if hand.mask is None else _flipped(hand.mask),
        box=None if hand.box is None else np.asarray([width - 1 - hand.box[0] - hand.box[2], *hand.box[1:]]),
    )


def _flipped(mask: Mask) -> Mask:
    return np.ascontiguousarray(mask[:, ::-1])


def _brightened(frame: ByteImage, rng: np.random.Generator) -> ByteImage:
    hsv = cv2.cvtColor(frame, cv2.COLOR_RGB2HSV)
    hsv[..., 2] = (hsv[..., 2] * rng.uniform(*VALUE_GAIN)).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), np.uint8)
