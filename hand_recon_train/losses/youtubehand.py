"""Losses of the mesh-convolutional networks (Kulon et al. 2020) with the weights of their open re-implementation."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from hand_recon_ros.networks.youtubehand import INPUT_SIZE, YoutubeHand, project
from hand_recon_train.batch import Batch
from hand_recon_train.losses.setting import Setting
from hand_recon_train.losses.terms import edge_error, full_precision, l1, mse, normal_error


@dataclass(frozen=True)
class YoutubeHandLoss:
    """Weights of the terms as published; all meshes are relative to the wrist, metres, and pixels in -1 to 1."""

    vertices: float = 1.0
    joints: float = 1.0
    pixels: float = 0.1
    edges: float = 1.0
    normals: float = 0.1

    def __call__(self, network: YoutubeHand, batch: Batch, setting: Setting) -> dict[str, Tensor]:
        """Weighted terms of a batch."""
        vertices, camera = (output.float() for output in network(batch.images))
        joints = network.joints(vertices)
        with full_precision(vertices):
            return self.terms(vertices, joints, camera, batch, setting.faces)

    def terms(self, vertices: Tensor, joints: Tensor, camera: Tensor, batch: Batch, faces: Tensor) -> dict[str, Tensor]:
        """Weighted terms of vertices (B, V, 3), joints (B, 21, 3) and cameras (B, 3) that were found."""
        wrist, true_wrist = joints[:, :1], batch.joints[:, 0, :1]
        meshed = batch.has_vertices[:, 0] & batch.has_joints[:, 0, 0]
        jointed = batch.has_joints[:, 0] & batch.has_joints[:, 0, :1]
        own, truth = vertices - wrist, batch.vertices[:, 0] - true_wrist
        pixels = batch.joints_2d[:, 0] / (INPUT_SIZE / 2) - 1
        return {
            "vertices": self.vertices * l1(own, truth, meshed),
            "joints": self.joints * mse(joints - wrist, batch.joints[:, 0] - true_wrist, jointed),
            "pixels": self.pixels * mse(project(joints - wrist, camera), pixels, batch.has_pixels[:, 0]),
            "edges": self.edges * edge_error(own, truth, faces, meshed),
            "normals": self.normals * normal_error(own, truth, faces, meshed),
        }
