"""Meshes that a node leaves out of its messages to save bandwidth: those of the free hand follow from its pose."""

from __future__ import annotations

import numpy as np

from hand_recon_ros.bus.hand_codec import topology_id
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.hand_model.posed import with_mesh
from hand_recon_ros.types import Hand, IndexArray, Side


def free_faces() -> dict[int, IndexArray]:
    """Faces (F, 3) of the free hand by the topology id of messages, a row for each side."""
    return {topology_id(faces): faces for faces in (load_free_hand(side).faces for side in (Side.RIGHT, Side.LEFT))}


def with_free_mesh(hand: Hand) -> Hand:
    """The hand with its mesh, where it came without one and is a posed free hand."""
    model = load_free_hand(Side.LEFT if hand.side == Side.LEFT else Side.RIGHT)
    if len(hand.vertices) or hand.pose is None or not np.array_equal(hand.faces, model.faces):
        return hand
    return with_mesh(hand, model)
