"""SMHR: several hands of one picture in a single stage (Ren, Zhu and Zhang, CVIU 232, 2023, arXiv:2204.08154).

A map tells where the centres of hands are; at the best of them, small heads read MANO's parameters, a place in a
camera that is the same for all pictures, the side, and the colours and light that the hand was drawn with in training.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.networks.intake import IMAGENET_BGR
from hand_recon_ros.networks.layers import Planes
from hand_recon_ros.networks.live import LiveHands
from hand_recon_ros.networks.mano_head import ManoLayer, left_hand, right_hand
from hand_recon_ros.networks.published import Published, Sign
from hand_recon_ros.networks.shading import HARMONICS, Shading
from hand_recon_ros.networks.smhr_heads import Peaks, detector, find_peaks, probability, regressor
from hand_recon_ros.networks.smhr_maps import STRIDE, FusedMap, Stem

FOCAL_LENGTH = 512
"""Pixels, of the camera that every picture is taken to come from; its principal point is the middle."""
MEAN_DEPTH = 0.8
VERTICES = 778
SPLIT = (48, 10, 3)
PARAMETERS = sum(SPLIT)
SKIN = (0.45, 0.35, 0.30)
AMBIENT = 0.8


class PlacedHands(NamedTuple):
    """Hands of one side, posed in axes of the camera, metres; leading dimensions are (B, K).

    Attributes:
        vertices: (..., V, 3), and joints: (..., 21, 3) in the order of `Joint`.
        pose: (..., 16, 3) axis-angle of the hand model's joints from its flat hand, without its mean pose.
        betas: (..., 10) shape coefficients.
        translation: (..., 3) of the hand model's origin, which is not its wrist.
    """

    vertices: Tensor
    joints: Tensor
    pose: Tensor
    betas: Tensor
    translation: Tensor


class DetectedHands(NamedTuple):
    """The K likeliest hands in each of B pictures of R x R pixels, best first; metres in the network's camera.

    That camera has a focal length of FOCAL_LENGTH pixels of the picture. For one of F pixels, keep joints_2d and
    multiply depths by F / FOCAL_LENGTH.

    Attributes:
        scores: (B, K) probability that a hand is there: K come out always, those under a half are hardly hands.
        sides: (B, K, 2) probability of a left and of a right hand; the larger picked what follows.
        vertices, joints, pose, betas, translation: see PlacedHands.
        joints_2d: (B, K, 21, 2) pixels.
        albedo: (B, K, V, 3) RGB of the vertices, and light: (B, K, 3, 9) a colour's spherical harmonics; Smhr.shading
            makes colours of them.
    """

    scores: Tensor
    sides: Tensor
    vertices: Tensor
    joints: Tensor
    pose: Tensor
    betas: Tensor
    translation: Tensor
    joints_2d: Tensor
    albedo: Tensor
    light: Tensor


def project(points: Tensor, side: int) -> Tensor:
    """Points (..., 3) in pixels of a picture with sides of so many: (..., 2)."""
    return FOCAL_LENGTH * points[..., :2] / points[..., 2:] + side / 2


def place(offsets: Tensor, cells: Tensor, side: int) -> Tensor:
    """Translations (..., 3): offsets (..., 3) are pixels from a cell's (..., 2) upper left corner, and metres."""
    depth = offsets[..., 2:] + MEAN_DEPTH
    return torch.cat([depth * (offsets[..., :2] + STRIDE * cells - side / 2) / FOCAL_LENGTH, depth], -1)


def pose_hands(layer: ManoLayer, parameters: Tensor, cells: Tensor, side: int) -> PlacedHands:
    """Hands from parameters (..., 61) of one side that were read at cells (..., 2)."""
    pose, betas, offsets = parameters.split(SPLIT, -1)
    pose, translation = pose.unflatten(-1, (16, 3)), place(offsets, cells, side)
    vertices, joints = layer(pose, betas)
    shift = translation[..., None, :]
    return PlacedHands(vertices + shift, joints + shift, pose, betas, translation)


def of_side(left: Tensor, right: Tensor, is_right: Tensor) -> Tensor:
    """Values (B, K, ...) of the left or the right hand, as (B, K) says."""
    return torch.where(is_right.reshape(*is_right.shape, *[1] * (left.ndim - 2)), right, left)


def left_as_trained(right: HandModel) -> HandModel:
    """The mirrored hand, but with the x of its shape directions as in the right one.

    MANO's left file has them so, and the published weights were trained with it.
    """
    left = right.mirrored()
    return replace(left, shape_directions=right.shape_directions, joint_directions=right.joint_directions)


class Smhr(nn.Module):
    """Hands in pictures (B, R, R, 3), uint8 RGB, R a multiple of 32; each spans about a third to a half of a side."""

    published = Published(
        wrapper="state_dict",
        renamed=(
            *((name, f"stem.{name}") for name in ("conv1.", "bn1.")),
            *((name, f"map.{name}") for name in ("layer", "p3", "p4", "p5", "feat")),
        ),
        ignored=("p2", "backbone.", "uv_delayer.", "uv_head.", "reduce.", "mean_theta"),
        signs=(
            Sign("map.p3.weight", (256, 512, 3, 3), "one of the code of 2022, which gives coarser maps"),
            Sign("texture.0.weight", None, "one of the first training stage, without texture and light"),
            Sign("handmap.0.weight", None, "one of smhr_single"),
            Sign("handmap.0.weight", (256, 256, 3, 3), "one of smhr_multi"),
        ),
    )

    def __init__(self, right: HandModel | None, left: HandModel | None = None, peaks: int = 1) -> None:
        """Build it without weights.

        Args:
            right: the right hand model.
            left: the left one; without it there is no head for the side, and all hands are right ones.
            peaks: how many hands it gives for a picture.

        Raises:
            ValueError: a hand model is missing, of the wrong side, or has not as many vertices as the texture.
        """
        super().__init__()
        self.count = peaks
        self.normalise = Planes(IMAGENET_BGR)
        self.stem: nn.Module = Stem()
        self.map = FusedMap()
        self.hm, self.params = detector(1), regressor(2 * PARAMETERS)
        self.texture, self.light = regressor(3 * VERTICES), regressor(3 * HARMONICS)
        self.handmap = None if left is None else detector(2)
        model = textured(right_hand(right))
        self.right_hand = ManoLayer(model, flat_hand_mean=True)
        self.left_hand = None if left is None else ManoLayer(textured(left_hand(left)), flat_hand_mean=True)
        # The right hand's faces for both: so the light of left hands was trained.
        self.shading = Shading(model.faces, VERTICES)
        self.register_buffer("skin", torch.tensor(SKIN), persistent=False)
        self.register_buffer("ambient", AMBIENT * (torch.arange(HARMONICS) == 0), persistent=False)

    def forward(self, images: Tensor) -> DetectedHands:
        """Reconstruct; see the class for shapes."""
        return self.reconstruct(self.normalise(images))

    def live(self, images: Tensor) -> LiveHands:
        """The likeliest hands in each picture, as the pipeline takes them; colours and light are left out."""
        features, side = self.features(self.normalise(images)), images.shape[1]
        peaks = find_peaks(probability(self.hm(features)), features, self.count)
        sides, hands = self.picked(peaks, side)
        pixels, right = project(hands.joints, side), sides[..., 1] / sides.sum(-1)
        return LiveHands(hands.vertices, hands.joints, pixels, peaks.scores, right, hands.pose, hands.betas)

    def reconstruct(self, planes: Tensor) -> DetectedHands:
        """Hands from planes (B, 3, R, R), BGR and normalised."""
        return self.detected(self.features(planes), planes.shape[-1])

    def features(self, planes: Tensor) -> Tensor:
        """The map (B, 256, R / 4, R / 4) that all heads read."""
        return self.map(self.stem(planes))

    def detected(self, features: Tensor, side: int) -> DetectedHands:
        """Hands from features of a picture with sides of so many pixels."""
        peaks = find_peaks(probability(self.hm(features)), features, self.count)
        sides, hands = self.picked(peaks, side)
        return DetectedHands(peaks.scores, sides, *hands, project(hands.joints, side), *self.appearance(peaks))

    def picked(self, peaks: Peaks, side: int) -> tuple[Tensor, PlacedHands]:
        """Probabilities of the sides (B, K, 2), and the hands of the likelier one."""
        left, right = self.both_sides(peaks, side)
        if self.handmap is None or left is None:
            return torch.stack([torch.zeros_like(peaks.scores), torch.ones_like(peaks.scores)], -1), right
        sides = probability(self.handmap.at(peaks.patches))
        is_right = sides[..., 1] >= sides[..., 0]
        return sides, PlacedHands(*(of_side(a, b, is_right) for a, b in zip(left, right, strict=True)))

    def both_sides(self, peaks: Peaks, side: int) -> tuple[PlacedHands | None, PlacedHands]:
        """The left hand, where there is a model of it, and the right hand of every peak."""
        left, right = self.params.at(peaks.patches).float().split(PARAMETERS, -1)
        right_hands = pose_hands(self.right_hand, right, peaks.cells, side)
        if self.left_hand is None:
            return None, right_hands
        return pose_hands(self.left_hand, left, peaks.cells, side), right_hands

    def appearance(self, peaks: Peaks) -> tuple[Tensor, Tensor]:
        """Albedo (B, K, V, 3) and light (B, K, 3, 9) of every peak."""
        albedo = self.texture.at(peaks.patches).unflatten(-1, (VERTICES, 3)) + self.get_buffer("skin")
        light = self.light.at(peaks.patches).unflatten(-1, (3, HARMONICS)) + self.get_buffer("ambient")
        return albedo.float(), light.float()


def textured(model: HandModel) -> HandModel:
    """The hand model, which must have a vertex for every colour.

    Raises:
        ValueError: it has another number.
    """
    if len(model.template) != VERTICES:
        raise ValueError(f"expected a hand model of {VERTICES} vertices, got {len(model.template)}; use MANO's mesh")
    return model


def smhr_single(hand_model: HandModel | None) -> Smhr:
    """The right hand in each picture of 224 pixels a side, which is a loose crop."""
    return Smhr(hand_model)


def smhr_multi(hand_model: HandModel | None, left: HandModel | None = None) -> Smhr:
    """Four hands of both sides in each picture of 384 pixels a side; hand_model is the right one, left the other.

    Left out, the left hand is `left_as_trained`; `repaired_left` gives the anatomical one, for weights trained so.
    """
    right = right_hand(hand_model)
    return Smhr(right, left_as_trained(right) if left is None else left, peaks=4)
