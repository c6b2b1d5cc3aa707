"""From a sample of any data set to what one network trains on: its square picture, and the truth in that."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hand_recon_ros.networks.hand_boxes import cropped as picture_crop
from hand_recon_ros.networks.intake import Intake, Region
from hand_recon_ros.networks.pictures import squared
from hand_recon_ros.types import ByteImage
from hand_recon_train.batch import Batch
from hand_recon_train.datasets import Sample
from hand_recon_train.training.augmentation import PLAIN, Augmentation, recoloured
from hand_recon_train.training.hands import Affine, HandArrays, absent_hand, cropped, hand_arrays, mirrored

SMALLEST_BOX = 4.0
"""Pixels that a box has at least, so that a hand seen as a point still gives a crop."""


@dataclass(frozen=True)
class Prepared:
    """One sample for one network: its picture, the hands in it, and the way back.

    Attributes:
        picture: (S, S, 3) uint8 RGB.
        hands: as many as the network's batches have places; those that are absent know nothing.
        present: which places hold an annotated hand.
        to_image: (2, 3) from pixels of the picture to those of the (mirrored) image.
        mirrored: whether the image was mirrored first.
    """

    picture: ByteImage
    hands: tuple[HandArrays, ...]
    present: tuple[bool, ...]
    to_image: Affine
    mirrored: bool


@dataclass(frozen=True)
class Preparation:
    """How samples become a network's pictures.

    Attributes:
        intake: what the network takes.
        crop_scale: side of a crop over the longer side of the box around the joints; None is the intake's.
        augmentation: random changes.
    """

    intake: Intake
    crop_scale: float | None = None
    augmentation: Augmentation = PLAIN

    def __call__(self, sample: Sample, rng: np.random.Generator, hand: int | None = None) -> Prepared:
        """Prepare a sample.

        Args:
            sample: of any data set.
            rng: what random changes are drawn from.
            hand: which hand a network for one hand gets; None draws one.
        """
        arrays = [hand_arrays(truth, sample.camera) for truth in sample.hands]
        boxes = [truth.box for truth in sample.hands]
        image, width = sample.image, sample.image.shape[1]
        if self.intake.region == Region.HAND:
            chosen = int(rng.integers(len(arrays))) if hand is None and arrays else hand or 0
            arrays, boxes = arrays[chosen : chosen + 1], boxes[chosen : chosen + 1]
            flip = self.intake.right_only and bool(arrays) and not arrays[0].right
        else:
            flip = rng.random() < self.augmentation.mirrored
        whole = _box(arrays, boxes, image.shape[:2])
        if flip:
            image, arrays = np.asarray(cv2.flip(image, 1), np.uint8), [mirrored(one, width) for one in arrays]
            whole = np.array([width - 1 - whole[2], whole[1], width - 1 - whole[0], whole[3]])
        picture, to_image = self._picture(image, whole, rng)
        placed, present = self._places(arrays)
        moved = tuple(_with_mask(cropped(one, to_image), to_image, self.intake.size) for one in placed)
        return Prepared(recoloured(picture, self.augmentation, rng), moved, present, to_image, flip)

    def _picture(
        self, image: ByteImage, box: npt.NDArray[np.floating], rng: np.random.Generator
    ) -> tuple[ByteImage, Affine]:
        size = self.intake.size
        if self.intake.region == Region.IMAGE:
            made = squared(image, self.intake)
            return made.picture, made.to_image
        scale = (self.crop_scale or self.intake.crop_scale) * self.augmentation.scale.draw(rng)
        angle = np.radians(self.augmentation.turn_deg.draw(rng))
        shift = np.array([self.augmentation.shift.draw(rng) for _ in range(2)])
        side = max(box[2] - box[0], box[3] - box[1], SMALLEST_BOX) * scale
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        linear = turn * (side / size)
        middle = (box[:2] + box[2:]) / 2 - linear @ (shift + (size - 1) / 2)
        to_image = np.column_stack([linear, middle])
        return picture_crop(image, to_image, size).picture, to_image

    def _places(self, hands: list[HandArrays]) -> tuple[tuple[HandArrays, ...], tuple[bool, ...]]:
        """Hands in the places of a batch: left then right for a pair, as they come otherwise."""
        count = self.intake.hands
        if self.intake.region == Region.PAIR:
            own = [next((hand for hand in hands if hand.right == right), None) for right in (False, True)]
        else:
            own = [*hands[:count], *[None] * (count - len(hands))]
        filled = tuple(hand or absent_hand(place > 0 or count == 1) for place, hand in enumerate(own))
        return filled, tuple(hand is not None for hand in own)


def _box(
    hands: list[HandArrays], boxes: list[npt.NDArray[np.float32] | None], shape: tuple[int, ...]
) -> npt.NDArray[np.float64]:
    """Left, top, right, bottom around all hands: their joints, else their annotated boxes, else the whole picture."""
    points = [hand.joints_2d[np.isfinite(hand.joints_2d).all(axis=1)] for hand in hands]
    points += [
        np.array([box[:2], box[:2] + box[2:]])
        for known, box in zip(points, boxes, strict=True)
        if not len(known) and box is not None
    ]
    found = np.concatenate([*points, np.empty((0, 2))])
    if not len(found):
        return np.array([0, 0, shape[1] - 1, shape[0] - 1], np.float64)
    return np.concatenate([found.min(axis=0), found.max(axis=0)]).astype(np.float64)


def _with_mask(hand: HandArrays, to_image: Affine, size: int) -> HandArrays:
    if hand.mask is None:
        return hand
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    return replace(hand, mask=cv2.warpAffine(hand.mask.astype(np.uint8), to_image, (size, size), flags=flags) > 0)


def tensors(prepared: Prepared, number: int) -> Batch:
    """A batch's tensors of one sample, without the leading dimension."""
    hands, present = prepared.hands, torch.tensor(prepared.present)
    vertices, joints, places, pixels, pose, betas = (
        torch.from_numpy(np.stack([getattr(hand, name) for hand in hands]))
        for name in ("vertices", "joints", "vertices_2d", "joints_2d", "pose", "betas")
    )
    masks = [hand.mask for hand in hands]
    owner = np.zeros(prepared.picture.shape[:2], np.uint8)
    for place, mask in enumerate(masks):
        if mask is not None:
            owner[mask] = place + 1
    known = all(mask is not None for mask, there in zip(masks, prepared.present, strict=True) if there)
    return Batch(
        torch.from_numpy(prepared.picture),
        torch.tensor([hand.right for hand in hands]),
        present,
        vertices.nan_to_num(0),
        _finite(vertices, 2),
        joints.nan_to_num(0),
        _finite(joints, 1),
        places.nan_to_num(0, 0, 0),
        _finite(places, 2),
        pixels.nan_to_num(0, 0, 0),
        _finite(pixels, 1),
        pose.nan_to_num(0),
        betas.nan_to_num(0),
        _finite(pose, 2) & _finite(betas, 1),
        torch.from_numpy(owner),
        torch.tensor(known and any(prepared.present)),
        torch.tensor(number),
    )


def _finite(values: Tensor, dimensions: int) -> Tensor:
    """Which values are known, over the last so many dimensions."""
    return values.isfinite().flatten(-dimensions).all(-1)
