"""SMHR's losses (Ren, Zhu and Zhang, CVIU 232, 2023): centres, key points, priors; meshes where they are known.

They are read at the true centres. Places without a hand count nowhere: the published code lets them count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hand_recon_ros.hand_model import axis_angle_to_matrix
from hand_recon_ros.networks.mano_head import ManoLayer
from hand_recon_ros.networks.smhr import PARAMETERS, SPLIT, PlacedHands, Smhr, of_side, pose_hands, project
from hand_recon_ros.networks.smhr_heads import patches_at, probability
from hand_recon_ros.types import Joint
from hand_recon_train.batch import Batch
from hand_recon_train.losses.setting import Setting
from hand_recon_train.losses.smhr_drawing import drawn_errors
from hand_recon_train.losses.smhr_targets import centres, gaussians
from hand_recon_train.losses.terms import bone_direction_error, focal, full_precision

ROOT = Joint.MIDDLE_MCP
KNUCKLE, MIDDLE = ((-5, 5), (-10, 10), (-10, 100)), ((-5, 5), (-5, 5), (-10, 100))
FINGER = (KNUCKLE, MIDDLE, MIDDLE)
PINKY = (((-20, 5), (-10, 20), (-10, 100)), MIDDLE, MIDDLE)
THUMB = (
    ((0, 90), (-22.5, 33.75), (-22.5, 22.5)),
    ((-5, 5), (-5, 5), (-22.5, 22.5)),
    ((-5, 5), (-5, 5), (-20, 100)),
)
LIMITS = np.radians(np.array((FINGER, FINGER, PINKY, FINGER, THUMB), np.float32)).reshape(45, 2)
"""Least and greatest axis-angle components of a right hand's joints in the order of the hand model."""
MIRRORED = np.tile(np.array([1, -1, -1], np.float32), 15)[:, None]


class Read(NamedTuple):
    """What the heads say at the true centres of K hands.

    Attributes:
        hands: of the true sides, posed.
        left, right: parameters (B, K, 61) of both sides.
        features: (B, K, C * 9) that the heads read.
        present: (B, K) which places hold a hand.
    """

    hands: PlacedHands
    left: Tensor
    right: Tensor
    features: Tensor
    present: Tensor


@dataclass(frozen=True)
class SmhrLoss:
    """Weights of the terms as published for several hands; for single ones vertices, joints and sides are 0.

    Attributes:
        turned: of the joints in the camera's axes. Not published: there, wrists are turned by key points alone, which
            leave their depth open.
        mean_centre: whether a hand's centre is the mean of its key points, not the middle of their box.
        photometric, silhouette: of the second stage, published as 100 and 20; each picture is drawn for them.
        hardest: share of the pictures of a batch that count, those with the largest losses; stage two has 0.7.
    """

    centre: float = 100.0
    sides: float = 100.0
    pixels: float = 10.0
    bones: float = 100.0
    prior: float = 1000.0
    vertices: float = 10.0
    joints: float = 10.0
    turned: float = 0.0
    photometric: float = 0.0
    silhouette: float = 0.0
    mean_centre: bool = True
    hardest: float = 1.0

    def __call__(self, network: Smhr, batch: Batch, setting: Setting) -> dict[str, Tensor]:
        """Weighted terms of a batch."""
        return hardest_mean(self.terms(network, batch, setting), self.hardest)

    def terms(self, network: Smhr, batch: Batch, setting: Setting) -> dict[str, Tensor]:
        """Weighted terms (B,), picture by picture."""
        features = network.features(network.normalise(batch.images))
        cells, radius, present = centres(batch, self.mean_centre)
        peaks = gaussians(cells, radius, present, features.shape[-1])
        read = read_at(network, features, cells, batch, present)
        terms = {"centre": self.centre * focal(probability(network.hm(features)), peaks.amax(1, keepdim=True))}
        if network.handmap is not None:
            right = batch.right[..., None, None]
            target = torch.stack([(peaks * ~right).amax(1), (peaks * right).amax(1)], 1)
            terms["sides"] = self.sides * focal(probability(network.handmap(features)), target)
        if self.photometric or self.silhouette:
            errors = drawn_errors(network, read.hands, read.features, present, batch, setting.faces)
            terms |= {"photometric": self.photometric * errors[0], "silhouette": self.silhouette * errors[1]}
        with full_precision(batch.pose):
            return terms | self.hand_terms(network, read, batch)

    def hand_terms(self, network: Smhr, read: Read, batch: Batch) -> dict[str, Tensor]:
        """Weighted terms (B,) of the hands that were read."""
        found = project(read.hands.joints, batch.images.shape[1])
        pixels = (found - batch.joints_2d).square() * batch.has_pixels[..., None]
        share = pixels.flatten(2).sum(2) / (2 * batch.has_pixels.sum(2)).clamp(min=1)
        bones = bone_direction_error(found, batch.joints_2d)
        prior = pose_prior(read.left, left=True) + pose_prior(read.right, left=False)
        whole = read.present & batch.has_pixels.all(2)
        terms = {
            "pixels": self.pixels * 0.01 * hand_mean(share, read.present),
            "bones": self.bones * hand_mean(bones, whole),
            "prior": self.prior * hand_mean(prior, read.present),
        }
        if self.turned:
            known = read.present & batch.has_joints.all(2)
            terms["turned"] = self.turned * hand_mean(turned_error(read.hands.joints, batch.joints), known)
        return terms | self.shape_terms(network, read, batch)

    def shape_terms(self, network: Smhr, read: Read, batch: Batch) -> dict[str, Tensor]:
        """Weighted terms (B,) of hands turned to the same front, moved to the same root and scaled to a true length."""
        if not (self.vertices or self.joints):
            return {}
        found = canonical(network, read.hands.pose, read.hands.betas, batch.right)
        truth = canonical(network, batch.pose, batch.betas, batch.right)
        scale = length_ratio(truth[1], found[1])
        known = read.present & batch.has_pose
        apart = [millimetres_apart(a * scale, b) for a, b in zip(found, truth, strict=True)]
        return {
            "vertices": self.vertices * hand_mean(apart[0], known),
            "joints": self.joints * hand_mean(apart[1], known),
        }


def read_at(network: Smhr, features: Tensor, cells: Tensor, batch: Batch, present: Tensor) -> Read:
    """The hands that the heads read at cells (B, K, 2)."""
    patches, side = patches_at(features, *cells.unbind(-1)), batch.images.shape[1]
    left, right = network.params.at(patches).float().split(PARAMETERS, -1)
    hands = pose_hands(network.right_hand, right, cells, side)
    if network.left_hand is not None:
        others = pose_hands(network.left_hand, left, cells, side)
        hands = PlacedHands(*(of_side(a, b, batch.right) for a, b in zip(others, hands, strict=True)))
    return Read(hands, left, right, patches, present)


def canonical(network: Smhr, pose: Tensor, betas: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Vertices (B, K, V, 3) and joints (B, K, 21, 3) of hands whose wrist is not turned, from their roots."""
    turned = torch.cat([torch.zeros_like(pose[..., :1, :]), pose[..., 1:, :]], -2)
    vertices, joints = _posed(network.right_hand, turned, betas)
    if network.left_hand is not None:
        others = _posed(network.left_hand, turned, betas)
        vertices, joints = (of_side(a, b, right) for a, b in zip(others, (vertices, joints), strict=True))
    root = joints[..., ROOT : ROOT + 1, :]
    return vertices - root, joints - root


def _posed(layer: ManoLayer, pose: Tensor, betas: Tensor) -> tuple[Tensor, Tensor]:
    return layer.hand(axis_angle_to_matrix(pose), betas)


def turned_error(found: Tensor, truth: Tensor) -> Tensor:
    """Mean distance (B, K) in millimetres of joints (B, K, 21, 3) from their roots, scaled to the true length."""
    own, true = (joints - joints[..., ROOT : ROOT + 1, :] for joints in (found, truth))
    return millimetres_apart(own * length_ratio(true, own), true)


def length_ratio(truth: Tensor, found: Tensor) -> Tensor:
    """Length (B, K, 1, 1) of true hands over that of found ones, from joints (B, K, 21, 3)."""
    return (_length(truth) / _length(found).clamp(min=1e-6))[..., None, None]


def millimetres_apart(found: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute difference (B, K) in millimetres of points (B, K, N, 3) in metres."""
    return (1000 * (found - truth)).abs().flatten(2).mean(2)


def _length(joints: Tensor) -> Tensor:
    return torch.linalg.vector_norm(joints[..., ROOT, :] - joints[..., Joint.WRIST, :], dim=-1)


def pose_prior(parameters: Tensor, left: bool) -> Tensor:
    """How far parameters (..., 61) of one side are from a likely hand (...): out of joint limits, or odd in shape."""
    limits = LIMITS if not left else np.sort(LIMITS * MIRRORED, axis=1)
    low, high = torch.from_numpy(limits).to(parameters).unbind(1)
    pose, betas, _ = parameters.split(SPLIT, -1)
    fingers = pose[..., 3:]
    out = functional.relu(low - fingers) + functional.relu(fingers - high)
    return out.mean(-1) + 0.1 * betas.square().mean(-1)


def hand_mean(values: Tensor, known: Tensor) -> Tensor:
    """Mean (B,) over the known of K hands' values (B, K)."""
    return torch.where(known, values, 0).sum(1) / known.sum(1).clamp(min=1)


def hardest_mean(terms: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Mean of each term (B,) over the share of the pictures whose sums of terms are largest, at least one."""
    total = torch.stack(list(terms.values())).sum(0)
    chosen = total.topk(max(1, int(share * len(total)))).indices
    return {name: values[chosen].mean() for name, values in terms.items()}
