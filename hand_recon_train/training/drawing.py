"""Pictures and meshes of training for TensorBoard."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from torch import Tensor

from hand_recon_ros.networks.live import LiveHands
from hand_recon_ros.types import BONES, ByteImage
from hand_recon_train.batch import Batch

TRUE, FOUND = (255, 255, 255), (255, 96, 32)
PICTURES = 8


def draw_batch(writer: Any, step: int, batch: Batch, live: LiveHands, faces: Tensor) -> None:
    """Write the first pictures of a batch with true (white) and found (orange) bones, and the first found mesh."""
    pictures = np.stack([_drawn(batch, live, k) for k in range(min(PICTURES, len(batch.images)))])
    writer.add_images("val/hands", pictures, step, dataformats="NHWC")
    mesh = live.vertices[:1, 0].float().cpu()
    writer.add_mesh("val/mesh", vertices=mesh - mesh.mean(1, keepdim=True), faces=faces[None].cpu(), global_step=step)


def _drawn(batch: Batch, live: LiveHands, row: int) -> ByteImage:
    picture = batch.images[row].cpu().numpy().copy()
    known = (batch.present[row, :, None] & batch.has_pixels[row]).all(1).tolist()
    for place in (k for k, flag in enumerate(known) if flag):
        draw_bones(picture, batch.joints_2d[row, place].cpu().numpy(), TRUE)
        draw_bones(picture, live.pixels[row, place].float().cpu().numpy(), FOUND)
    return picture


def draw_bones(picture: ByteImage, joints: npt.NDArray[np.floating], colour: tuple[int, int, int]) -> None:
    """Draw the bones of joints (21, 2) on a picture (H, W, 3)."""
    limit = 4 * max(picture.shape)
    places = np.nan_to_num(joints).clip(-limit, limit).round().astype(int).tolist()
    for parent, child in BONES:
        cv2.line(picture, places[parent], places[child], colour, 1, cv2.LINE_AA)
