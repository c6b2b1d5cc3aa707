"""The stages of a frame on the device: each reads and writes fixed tensors, and so can be captured as a CUDA graph.

Nothing here may wait for the device, depend on its values, or leave it: no `.item()`, no boolean index, no index list.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from hand_recon_ros.device.articulation import PointTables, shape_points
from hand_recon_ros.device.fitting import Held, State, first_step, further, held_by
from hand_recon_ros.device.layout import ASKED, SAMPLED, Layout, columns, store
from hand_recon_ros.device.lifting import Layers, Seen, lift
from hand_recon_ros.device.meshes import MeshTables, meshes
from hand_recon_ros.device.rays import affine, look_up
from hand_recon_ros.device.rotations import axis_to_ray
from hand_recon_ros.device.sampling import sample
from hand_recon_ros.networks.palm_detector import ANCHOR_COUNT, BOX_VALUES
from hand_recon_ros.pipeline import landmarks, palm_detection

DETECTED: Layout = np.dtype([("raw", "f4", (ANCHOR_COUNT, BOX_VALUES)), ("logits", "f4", ANCHOR_COUNT)])
"""What the palm detector says of a picture."""


@dataclass(frozen=True)
class Parts:
    """What the stages compute with, all on one device.

    Attributes:
        detector, landmarker: networks that take squares (N, S, S, 3) of values up to 255.
        lifter: layers of the lifter that belongs to the landmark network.
        points: its points on the hand, and mesh: the hand itself.
        keys: (4, 4) of rays.KEYS.
        layout: of what is known of a hand.
    """

    detector: nn.Module
    landmarker: nn.Module
    lifter: Layers
    points: PointTables
    mesh: MeshTables
    keys: Tensor
    layout: Layout


def detect(parts: Parts, pixels: Tensor, boxes: Tensor, detected: Tensor) -> None:
    """Run the palm detector over letterboxes (N, layout.SAMPLED) of pictures; writes (N, DETECTED)."""
    raw, logits = parts.detector(sample(pixels, boxes, SAMPLED, palm_detection.INPUT_SIZE))
    store(detected, DETECTED, {"raw": raw, "logits": logits})


def look(parts: Parts, pixels: Tensor, asked: Tensor, hands: Tensor) -> None:
    """Run the landmark network over regions (N, layout.ASKED) of pictures; writes the first fields of hands."""
    names = ("points", "presence", "right", "world", "sight")
    found = parts.landmarker(sample(pixels, asked, ASKED, landmarks.INPUT_SIZE))
    store(hands, parts.layout, dict(zip(names, found, strict=False)))


def fit(parts: Parts, maps: Tensor, asked: Tensor, hands: Tensor) -> None:
    """Take hands from what their network saw to their first fit, all as right ones; maps are those of `rays`."""
    side = columns(hands, parts.layout, "right") < columns(asked, ASKED, "least_right")
    seen = _observed(parts, maps, asked, hands, side)
    lifted = lift(parts.lifter, parts.points, seen)
    # A hand that changes side is another hand, of which no shape is known.
    known = columns(asked, ASKED, "shape_of") == torch.where(side, -1.0, 1.0)
    betas = torch.where(known[:, None], columns(asked, ASKED, "known_betas"), lifted.betas)
    held = held_by(lifted)
    state, far = first_step(parts.points, shape_points(parts.points, betas), seen.rays, held)
    fitted = {
        "rays": seen.rays,
        "side": side,
        "lifted_root": held.root,
        "lifted_angles": held.angles,
        "hold": held.weights,
        "betas": betas,
        **state._asdict(),
        "far": far,
    }
    store(hands, parts.layout, fitted)


def go_on(parts: Parts, hands: Tensor) -> None:
    """Take the hands that are far through the remaining steps of their fit."""
    rays, betas, far = (columns(hands, parts.layout, name) for name in ("rays", "betas", "far"))
    held = Held(*(columns(hands, parts.layout, name) for name in ("lifted_root", "lifted_angles", "hold")))
    shaped = shape_points(parts.points, betas)
    state = further(parts.points, shaped, rays, _state(parts, hands), far > 0, held)
    store(hands, parts.layout, state._asdict())


def mesh(parts: Parts, hands: Tensor) -> None:
    """Give fitted hands their meshes."""
    betas, side = (columns(hands, parts.layout, name) for name in ("betas", "side"))
    store(hands, parts.layout, meshes(parts.mesh, parts.points, _state(parts, hands), betas, side > 0))


def _state(parts: Parts, hands: Tensor) -> State:
    return State(*(columns(hands, parts.layout, name) for name in State._fields))


def _observed(parts: Parts, maps: Tensor, asked: Tensor, hands: Tensor, side: Tensor) -> Seen:
    """What a fit compares with: rays and relative points, left hands (N,) mirrored to right ones."""
    pixels = columns(hands, parts.layout, "points")[..., :2].contiguous()
    places = affine(columns(asked, ASKED, "to_map"), pixels)
    rays = affine(columns(asked, ASKED, "to_ray"), pixels)
    rays = rays + look_up(maps, parts.keys, columns(asked, ASKED, "map"), places)
    world = columns(hands, parts.layout, "world")
    turned = torch.cat([world[..., :2] @ columns(asked, ASKED, "turn").mT, world[..., 2:]], dim=-1)
    # The network sees every crop as if it lay on the optical axis.
    relative = turned @ axis_to_ray(parts.points.tables, rays.mean(dim=1)).mT
    mirror = torch.where(side[:, None, None], parts.mesh.mirror, torch.ones_like(parts.mesh.mirror))
    return Seen(rays * mirror[..., :2], relative * mirror, _sight(parts, hands, side))


def _sight(parts: Parts, hands: Tensor, side: Tensor) -> Tensor | None:
    if "sight" not in (parts.layout.names or ()):
        return None
    right, left = columns(hands, parts.layout, "sight").unbind(dim=1)
    return torch.where(side[:, None], left, right)
