"""Render the bundled clip: both free hands over a plain desk, as a recording with intrinsics, and its truth.

    python -m tools.make_clip [--out examples]

Writes two_hands.mcap (JPEG images and camera_info, 5 s at 15 Hz) and two_hands_truth.npz (joints (T, 2, 21, 3) in
metres, right hand then left). Nothing in it comes from a photograph.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.progress import track

from hand_recon_ros.bus.frame_recorder import record_frames
from hand_recon_ros.hand_model import axis_angle_to_matrix
from hand_recon_ros.types import ByteImage, CameraModel, Frame, Side
from hand_recon_train.synthetic.poses import NAMED_POSES
from hand_recon_train.synthetic.scene import Look, PosedHand, pose_hand, render_hands

Array = npt.NDArray[np.floating]

CAMERA = CameraModel(560.0, 560.0, 319.5, 239.5, 640, 480)
RATE_HZ, SECONDS = 15, 5
UPRIGHT = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""Turns a resting right hand to fingers up, palm away from its owner's camera."""
GESTURES = {
    Side.RIGHT: ("spread", "relaxed", "fist", "pointing", "pinch", "spread"),
    Side.LEFT: ("flat", "grasp", "relaxed", "victory", "spread", "flat"),
}
LIGHT = np.array([-0.4, -0.7, -0.6]) / np.linalg.norm([0.4, 0.7, 0.6])
LOOKS = {
    Side.RIGHT: Look(np.array([0.86, 0.66, 0.54]), np.array([0.20, 0.32, 0.52]), LIGHT),
    Side.LEFT: Look(np.array([0.52, 0.34, 0.25]), np.array([0.62, 0.25, 0.20]), LIGHT),
}


def hand_at(side: Side, phase: float) -> PosedHand:
    """One hand of the clip at a phase in 0 to 1: gestures follow one another while it sways and turns."""
    mirror = 1 if side == Side.RIGHT else -1
    wave = 2 * np.pi * phase
    turn = _about(1, 0.45 * np.sin(wave)) @ _about(2, 0.25 * np.sin(2 * wave + 0.5)) @ _about(0, 0.3 * np.cos(wave))
    centre = np.array(
        [-mirror * (0.12 + 0.02 * np.sin(wave)), 0.08 + 0.025 * np.cos(2 * wave), 0.55 + 0.06 * np.sin(wave)]
    )
    return pose_hand(side, turn @ UPRIGHT, centre, _blended(GESTURES[side], phase))


def _blended(gestures: tuple[str, ...], phase: float) -> Array:
    place = phase * (len(gestures) - 1)
    first = min(int(place), len(gestures) - 2)
    ease = 3 * (place - first) ** 2 - 2 * (place - first) ** 3
    return (1 - ease) * NAMED_POSES[gestures[first]] + ease * NAMED_POSES[gestures[first + 1]]


def _about(axis: int, angle: float) -> Array:
    return axis_angle_to_matrix(angle * np.eye(3)[axis])


def desk() -> ByteImage:
    """A wall and a desk, both a little brighter towards the lamp."""
    v, u = np.mgrid[: CAMERA.height, : CAMERA.width].astype(float)
    wall = np.array([176, 184, 190]) * (1.05 - 0.3 * u / CAMERA.width)[..., None]
    wood = np.array([150, 120, 92]) * (1.1 - 0.35 * u / CAMERA.width)[..., None]
    edge = (1 / (1 + np.exp(-(v - 380 - 0.03 * u))))[..., None]
    return ((1 - edge) * wall + edge * wood).clip(0, 255).astype(np.uint8)


def frames(hands: list[list[PosedHand]]) -> Iterator[Frame]:
    """The clip's pictures with their stamps."""
    backdrop = desk()
    for number, pair in enumerate(track(hands, "Rendering the clip")):
        picture = render_hands(pair, [LOOKS[Side.RIGHT], LOOKS[Side.LEFT]], CAMERA, backdrop)
        yield Frame(picture, 10**9 + round(number * 1e9 / RATE_HZ), "camera", CAMERA)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("examples"))
    out = parser.parse_args().out
    out.mkdir(exist_ok=True)
    phases = np.linspace(0, 1, RATE_HZ * SECONDS)
    hands = [[hand_at(side, phase) for side in (Side.RIGHT, Side.LEFT)] for phase in phases]
    (out / "two_hands.mcap").unlink(missing_ok=True)
    record_frames(frames(hands), out / "two_hands.mcap", topic="/camera/image", compressed=True)
    joints = np.array([[hand.joints for hand in pair] for pair in hands], np.float32)
    np.savez_compressed(out / "two_hands_truth.npz", joints=joints)


if __name__ == "__main__":
    main()
