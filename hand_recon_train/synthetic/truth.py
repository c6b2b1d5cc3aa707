"""The truth of a rendered hand: where it is, what of it can be seen, and the parameters that pose it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.camera import project
from hand_recon_train.datasets.sample import HandTruth, ManoParameters, PoseKind
from hand_recon_train.synthetic.compiled import compiled
from hand_recon_train.synthetic.posing import PosedHand
from hand_recon_train.synthetic.samples import SAMPLES
from hand_recon_train.synthetic.surfaces import Scene
from hand_recon_train.synthetic.views import View, sheared

Array = npt.NDArray[Any]


class Probes(NamedTuple):
    """Where to look whether joints are seen.

    at: (21, 2) their pixels. samples: (21, 2) the same among the picture's samples. nearer: (21,) how near their own
    skin has to be, at most a bone's thickness before them.
    """

    at: Array
    samples: Array
    nearer: Array


def truth_of(
    owner: int, hand: PosedHand, view: View, scene: Scene, face: Array, nearest: Array, labels: Array
) -> HandTruth:
    """What is known of a hand.

    Args:
        owner: which skin of the scene is its own.
        hand: as posed.
        view: camera and shear.
        scene: all that is on the picture.
        face: nearest face of each of the picture's samples.
        nearest: its nearness.
        labels: (H, W) owner of each pixel.
    """
    known = known_of(hand, view)
    visible = np.asarray(_seen(*probes_of(hand, known), owner, scene.owner, face, nearest, labels))
    return replace(known, visible=visible, mask=labels == owner)


def known_of(hand: PosedHand, view: View) -> HandTruth:
    """What is known of a hand before it is rendered: all but the mask, and which joints are seen."""
    joints = sheared(view, hand.joints).astype(np.float32)
    vertices = sheared(view, hand.vertices).astype(np.float32)
    outline = project(view.camera, vertices)
    low, high = outline.min(axis=0), outline.max(axis=0)
    return HandTruth(
        side=hand.rig.model.side,
        joints=joints,
        joints_2d=project(view.camera, joints),
        vertices=vertices,
        mano=_parameters(hand),
        box=np.concatenate([low, high - low]),
    )


def probes_of(hand: PosedHand, known: HandTruth) -> Probes:
    """Where a hand's joints are seen, if they are."""
    pixels = known.joints_2d.astype(np.float64).clip(-1e4, 1e4)
    front = known.joints[:, 2] - 1.6 * np.append(hand.radii[0], hand.radii) - 0.003
    at, samples = np.rint(pixels).astype(np.int64), np.rint(SAMPLES * (pixels + 0.5) - 0.5).astype(np.int64)
    return Probes(at, samples, 1 / front.clip(1e-3))


@compiled
def _seen(
    at: Array, samples: Array, nearer: Array, owner: int, owners: Array, face: Array, nearest: Array, labels: Array
) -> Array:
    """(21,) joints at whose pixel, or beside it, their own skin is seen near enough."""
    seen = np.zeros(len(at), np.bool_)
    for k in range(len(at)):
        near = False
        for v in range(max(0, samples[k, 1] - 1), min(face.shape[0], samples[k, 1] + 2)):
            for u in range(max(0, samples[k, 0] - 1), min(face.shape[1], samples[k, 0] + 2)):
                f = face[v, u]
                near |= f >= 0 and owners[f] == owner and nearest[v, u] < nearer[k]
        for v in range(max(0, at[k, 1] - 1), min(labels.shape[0], at[k, 1] + 2)):
            for u in range(max(0, at[k, 0] - 1), min(labels.shape[1], at[k, 0] + 2)):
                seen[k] |= near and labels[v, u] == owner
    return seen


def _parameters(hand: PosedHand) -> ManoParameters:
    """Pose, shape and translation that skinning gives the hand with."""
    model = hand.rig.model
    wrist = model.joints_template[0] + model.joint_directions[0] @ hand.betas
    pose = np.concatenate([cv2.Rodrigues(turn)[0][:, 0] for turn in hand.rotations]).astype(np.float32)
    return ManoParameters(pose, hand.betas, np.asarray(hand.joints[0] - wrist, np.float32), PoseKind.FULL)
