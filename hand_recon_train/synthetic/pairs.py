"""Two hands: apart, touching, interlocked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import axis_angle_to_matrix
from hand_recon_ros.types import Side
from hand_recon_train.synthetic.capsules import clearance
from hand_recon_train.synthetic.poses import FINGERS, pose
from hand_recon_train.synthetic.posing import ALLOWED, PosedHand, draw_hand, finger_overlap, pose_rig, posed_capsules
from hand_recon_train.synthetic.rig import HandRig

Array = npt.NDArray[np.floating]

RELATIONS = {"apart": 0.4, "touching": 0.35, "interlocked": 0.25}
DEEPEST = 0.003
"""Metres that two hands may sink into each other."""
INTERLOCKING_TRIES, CLASPING_TRIES = 14, 5


def draw_partner(
    rng: np.random.Generator, hand: PosedHand, rig: HandRig, betas: Array
) -> tuple[str, PosedHand, PosedHand]:
    """How two hands relate, and both: the first one too, because interlocked hands take the pose that needs.

    Args:
        rng: source of chance.
        hand: the first, its wrist unturned.
        rig: of the other one.
        betas: (10,) of the other one.
    """
    relation = str(rng.choice(list(RELATIONS), p=list(RELATIONS.values())))
    if relation == "interlocked" and rig.model.side != hand.rig.model.side:
        return relation, *_interlocked(rng, hand, rig, betas)
    other = draw_hand(rng, rig, betas=betas)
    if relation == "apart":
        offset = _unit(rng.normal(size=3)) * rng.uniform(0.13, 0.3)
        return "apart", hand, _withdrawn(hand, other.moved(any_turn(rng), offset), _unit(offset))
    return "touching", hand, _touching(rng, hand, other)


def _touching(rng: np.random.Generator, hand: PosedHand, other: PosedHand) -> PosedHand:
    """The other hand, moved on until it meets the first: palm to palm half of the time, any way otherwise."""
    facing = rng.random() < 0.5
    turn = _towards(hand.rig, other.rig) if facing else any_turn(rng)
    turn = axis_angle_to_matrix(rng.normal(0, 0.35, 3)) @ turn
    way = _unit(hand.rig.palm_normal + rng.normal(0, 0.3, 3)) if facing else _unit(rng.normal(size=3))
    aside = rng.normal(0, 0.025, 3)
    start = other.moved(turn, 0.4 * way + aside - way * (aside @ way))
    return _advanced(hand, start, -way, 0.4)


def _advanced(hand: PosedHand, other: PosedHand, way: Array, most: float) -> PosedHand:
    """The other hand after moving along a way until the two meet (conservative advancement, Mirtich 1996)."""
    gone = 0.0
    for _ in range(24):
        gap = clearance(hand.capsules, other.moved(np.eye(3), gone * way).capsules)
        if gap < 5e-4 or gone > most:
            break
        gone += gap
    return other.moved(np.eye(3), min(gone, most) * way)


def _withdrawn(hand: PosedHand, other: PosedHand, way: Array) -> PosedHand:
    """The other hand moved away until it hardly enters the first."""
    for _ in range(40):
        depth = -clearance(hand.capsules, other.capsules)
        if depth <= DEEPEST:
            break
        other = other.moved(np.eye(3), max(depth - 0.5 * DEEPEST, 5e-4) * way)
    return other


def _interlocked(rng: np.random.Generator, hand: PosedHand, rig: HandRig, betas: Array) -> tuple[PosedHand, PosedHand]:
    """Folded hands: palm to palm, crossed, fingers of one between those of the other; the least deep of some tries."""
    angles, its_angles = _clasping(rng, hand.rig, hand.betas), _clasping(rng, rig, betas)
    joints, bones = posed_capsules(hand.rig, angles, hand.betas)
    others, other_bones = posed_capsules(rig, its_angles, betas)
    pitch = np.linalg.norm(joints[5] - joints[17]) / 3
    palm_to_palm, meeting = _towards(hand.rig, rig), _between_fingers(others)
    best: tuple[float, Array, Array] | None = None
    for _ in range(INTERLOCKING_TRIES):
        crossing = rng.uniform(0.5, 1.3) * hand.rig.across + rng.normal(0, 0.08, 3)
        turn = axis_angle_to_matrix(crossing) @ palm_to_palm
        aside = 0.5 * pitch * rng.choice([-1, 1]) * hand.rig.across
        shift = _between_fingers(joints) - turn @ meeting + aside + rng.normal(0, 0.002, 3)
        moved = other_bones._replace(start=other_bones.start @ turn.T + shift, end=other_bones.end @ turn.T + shift)
        depth = -clearance(bones, moved)
        if best is None or depth < best[0]:
            best = depth, turn, shift - joints.mean(axis=0) + turn @ others.mean(axis=0)
        if depth <= DEEPEST:
            break
    assert best is not None
    first = pose_rig(hand.rig, angles, hand.betas, "interlocked", finger_overlap(hand.rig, angles, hand.betas))
    second = pose_rig(rig, its_angles, betas, "interlocked", finger_overlap(rig, its_angles, betas))
    return first, _withdrawn(first, second.moved(*best[1:]), hand.rig.palm_normal)


def _clasping(rng: np.random.Generator, rig: HandRig, betas: Array) -> Array:
    """Angles (15, 3) of fingers a little apart, bent over the back of the other hand."""
    for _ in range(CLASPING_TRIES):
        bend, curl = rng.uniform(15, 50), rng.uniform(10, 45)
        fan = {"index": 6.0, "middle": 2.0, "ring": -3.0, "pinky": -8.0}
        joints = {f: ((bend + rng.normal(0, 4), fan[f]), (curl + rng.normal(0, 6),), (0.6 * curl,)) for f in FINGERS}
        thumb = ((rng.uniform(-5, 12), rng.uniform(-5, 15)), (rng.uniform(0, 25),), (rng.uniform(0, 30),))
        angles = pose(**joints, thumb=thumb).clip(rig.anatomy.lower, rig.anatomy.upper)
        if finger_overlap(rig, angles, betas) <= ALLOWED:
            break
    return angles


def _between_fingers(joints: Array) -> Array:
    """Middle (3,) of the first bones of the four fingers of a hand with joints (21, 3)."""
    roots, nexts = joints[[5, 9, 13, 17]], joints[[6, 10, 14, 18]]
    return np.asarray((0.6 * roots + 0.4 * nexts).mean(axis=0))


def _towards(rig: HandRig, other: HandRig) -> Array:
    """Rotation (3, 3) of an unturned hand that puts it palm to palm with another, thumbs on the same side."""
    across = rig.across if rig.model.side != other.model.side else -rig.across
    here = np.stack([rig.ahead, across, -rig.palm_normal], axis=1)
    there = np.stack([other.ahead, other.across, other.palm_normal], axis=1)
    return np.asarray(here @ there.T)


def other_side(rng: np.random.Generator, side: Side) -> Side:
    """The side of a second hand: mostly the same person's other one."""
    return side if rng.random() < 0.12 else Side(3 - side)


def any_turn(rng: np.random.Generator) -> Array:
    """A rotation (3, 3), uniform over all (Shoemake 1992)."""
    x, y, z, w = _unit(rng.normal(size=4))
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def _unit(vector: Array) -> Array:
    return np.asarray(vector / np.linalg.norm(vector))
