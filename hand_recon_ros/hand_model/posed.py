"""The mesh of a hand of which only pose, shape and joints are known, as a node sends it to save bandwidth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hand_recon_ros.hand_model.model import HandModel
from hand_recon_ros.hand_model.rotations import axis_angle_to_matrix
from hand_recon_ros.hand_model.skinning import skin
from hand_recon_ros.types import Hand, Joint


def with_mesh(hand: Hand, model: HandModel) -> Hand:
    """The hand with the vertices that its pose and shape give its model, its wrist where it was.

    Raises:
        ValueError: the hand has no pose or no shape.
    """
    if hand.pose is None or hand.betas is None:
        raise ValueError("expected a hand with pose and shape, got one without; ask the node for vertices")
    rotations = axis_angle_to_matrix(np.asarray(hand.pose, np.float32))
    vertices, joints = skin(model, rotations, np.asarray(hand.betas, np.float32))
    shift = hand.joints[Joint.WRIST] - joints[Joint.WRIST]
    return replace(hand, vertices=(vertices + shift).astype(np.float32), faces=model.faces, model=model.name)
