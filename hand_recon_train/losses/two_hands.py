"""Losses of EAA-InterHand's networks, as their published code has them.

Published training feeds the decoder true maps and leaves the encoder alone; here the whole network learns, and the
maps it draws on the way are compared with the true ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from hand_recon_ros.networks.eaa_interhand import EaaInterHand
from hand_recon_ros.networks.eaa_release import EaaRelease
from hand_recon_ros.networks.two_hands import INPUT_SIZE, HandMaps, TwoHands, project
from hand_recon_ros.types import Joint
from hand_recon_train.batch import Batch
from hand_recon_train.losses.setting import Setting
from hand_recon_train.losses.terms import edge_error, full_precision, known_mean, l1, normal_error, smooth_l1

ROOT = Joint.MIDDLE_MCP
HAND_LENGTH = 0.095
"""Metres from the wrist to the root, on the mean of both hands, that every truth is scaled to."""
MAP_SIZE, MAP_SIGMA, SMOOTH = 64, 2.0, 0.05


@dataclass(frozen=True)
class TwoHandLoss:
    """Weights of the terms as published; edges count from an epoch on."""

    vertices: float = 100.0
    pixels: float = 50.0
    joints: float = 100.0
    normals: float = 10.0
    edges: float = 2000.0
    edges_from: int = 50
    masks: float = 500.0
    heatmaps: float = 100.0

    def __call__(self, network: EaaInterHand | EaaRelease, batch: Batch, setting: Setting) -> dict[str, Tensor]:
        """Weighted terms of a batch."""
        found, maps = network.reconstruct(network.normalise(batch.images))
        with full_precision(batch.vertices):
            truth, known = scaled_truth(batch)
            joints = network.joints(found.vertices), network.joints(truth)
            terms = self.mesh_terms(found, truth, batch, known, setting) | self.map_terms(maps, batch)
            return terms | {"joints": self.joints * l1(*joints, known)}

    def mesh_terms(
        self, found: TwoHands, truth: Tensor, batch: Batch, known: Tensor, setting: Setting
    ) -> dict[str, Tensor]:
        """Weighted terms of the meshes; known (B,) says where both hands of a picture are."""
        vertices, half = found.vertices.float(), INPUT_SIZE / 2
        pixels = (project(vertices, found.camera.float()) - batch.vertices_2d) / half
        placed = batch.has_places & batch.has_vertices
        terms = {
            "vertices": self.vertices * l1(vertices, truth, known),
            "pixels": self.pixels * known_mean(pixels.square(), placed),
            "normals": self.normals * normal_error(vertices, truth, setting.faces, known),
        }
        if setting.epoch >= self.edges_from:
            terms["edges"] = self.edges * edge_error(vertices, truth, setting.faces, known)
        return terms

    def map_terms(self, maps: HandMaps, batch: Batch) -> dict[str, Tensor]:
        """Weighted terms of joint and mask maps, which a network draws at 64 or 128 pixels a side."""
        heatmaps, known = true_heatmaps(batch, maps.heatmaps.shape[-1])
        masks = true_masks(batch, maps.masks.shape[-1])
        return {
            "heatmaps": self.heatmaps * smooth_l1(maps.heatmaps.float(), heatmaps, known, SMOOTH),
            "masks": self.masks * smooth_l1(maps.masks.float(), masks, batch.has_owner, SMOOTH),
        }


def scaled_truth(batch: Batch) -> tuple[Tensor, Tensor]:
    """Vertices (B, 2, V, 3) from the left root, scaled to the usual length of a hand, and where (B,) they are known."""
    origin = batch.joints[:, :1, ROOT, None]
    lengths = torch.linalg.vector_norm(batch.joints[:, :, ROOT] - batch.joints[:, :, Joint.WRIST], dim=-1)
    jointed = batch.has_joints[:, :, ROOT] & batch.has_joints[:, :, Joint.WRIST]
    known = (batch.has_vertices & jointed).all(1)
    scale = HAND_LENGTH / lengths.mean(1).clamp(min=1e-3)
    return (batch.vertices - origin) * scale[:, None, None, None], known


def true_heatmaps(batch: Batch, size: int = MAP_SIZE) -> tuple[Tensor, Tensor]:
    """Gaussians (B, 42, size, size) at the joints of the left, then the right hand, and where (B, 42) they are known.

    A joint outside of the picture has an empty map.
    """
    side, sigma = batch.images.shape[1], MAP_SIGMA * size / MAP_SIZE
    places = (batch.joints_2d * (size / side)).flatten(1, 2)
    grid = torch.arange(size, device=places.device, dtype=places.dtype)
    across, down = (torch.exp(-(grid - axis[..., None]).square() / (2 * sigma**2)) for axis in places.unbind(-1))
    inside = ((places >= 0) & (places < size)).all(-1)
    maps = down[..., :, None] * across[..., None, :] * inside[..., None, None]
    return maps, batch.has_pixels.flatten(1)


def true_masks(batch: Batch, size: int = MAP_SIZE) -> Tensor:
    """Where the right hand is seen, then the left: (B, 2, size, size), 0 or 1."""
    shown = torch.stack([batch.owner == 2, batch.owner == 1], 1).float()
    return (functional.interpolate(shown, size=(size, size), mode="area") > 0.5).float()
