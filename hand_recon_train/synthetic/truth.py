"""The truth of a rendered hand: where it is, what of it can be seen, and the parameters that pose it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.camera import project
from hand_recon_ros.types import CameraModel
from hand_recon_train.datasets.sample import HandTruth, ManoParameters, PoseKind
from hand_recon_train.synthetic.compiled import compiled
from hand_recon_train.synthetic.drawing import Shot
from hand_recon_train.synthetic.posing import PosedHand
from hand_recon_train.synthetic.samples import SAMPLES
from hand_recon_train.synthetic.sensor import Sensor
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


@dataclass(frozen=True)
class Known:
    """What is known of a picture before it is rendered.

    Attributes:
        source, content, camera, sensor: of the shot.
        hands: their truth without masks and without which joints are visible.
        probes: where to look for the latter.
        overlap: metres by which fingers of a hand enter one another, the worst hand's.
    """

    source: str
    content: str
    camera: CameraModel
    sensor: Sensor
    hands: tuple[HandTruth, ...]
    probes: tuple[Probes, ...]
    overlap: float


def known_about(shot: Shot) -> Known:
    """What is known of a shot."""
    hands = tuple(_known(hand, shot.view) for hand in shot.hands)
    probes = tuple(_probes(*pair) for pair in zip(shot.hands, hands, strict=True))
    overlap = max(hand.overlap for hand in shot.hands)
    return Known(shot.source, shot.content, shot.view.camera, shot.sensor, hands, probes, overlap)


def seen_hands(known: Known, owners: Array, face: Array, nearest: Array, labels: Array) -> tuple[HandTruth, ...]:
    """The truth of the hands of a rendered picture.

    Args:
        known: of it.
        owners: (F,) of the scene's faces.
        face: nearest face of each of the picture's samples.
        nearest: its nearness.
        labels: (H, W) owner of each pixel.
    """
    visible = [_seen(*probes, k + 1, owners, face, nearest, labels) for k, probes in enumerate(known.probes)]
    return with_sight(known, labels, visible)


def with_sight(known: Known, labels: Array, visible: Sequence[Array]) -> tuple[HandTruth, ...]:
    """The hands with their masks, of labels (H, W), and which of their joints (21,) each are visible."""
    hands = enumerate(zip(known.hands, visible, strict=True))
    return tuple(replace(hand, mask=labels == k + 1, visible=np.asarray(seen)) for k, (hand, seen) in hands)


def _known(hand: PosedHand, view: View) -> HandTruth:
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


def _probes(hand: PosedHand, known: HandTruth) -> Probes:
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
