"""What a hand comes with: a forearm, sleeves, watches and bracelets, rings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import axis_angle_to_matrix
from hand_recon_train.synthetic.looks import draw_colour
from hand_recon_train.synthetic.posing import PosedHand
from hand_recon_train.synthetic.solids import Mesh, basis_along, box, cylinder, sphere, tube
from hand_recon_train.synthetic.surfaces import CLOTH, GLOSSY, METAL, PLASTIC, SKIN, Surface

Array = npt.NDArray[np.floating]
Indices = npt.NDArray[np.integer]

SLEEVED, WATCHED, BRACELETED, RINGED = 0.55, 0.18, 0.1, 0.22
"""How often each is worn."""
ARM_LENGTH, SWOLLEN = 0.40, 0.22
"""Metres from the wrist: where the arm ends, and where it no longer grows thicker."""
STEPS = np.arange(0, ARM_LENGTH + 0.06, 0.008)
METALS = np.array([[0.9, 0.68, 0.32], [0.75, 0.75, 0.77], [0.85, 0.55, 0.42], [0.2, 0.2, 0.21]])
"""Gold, silver, red gold, black steel: linear reflectance."""
RING_BONES = np.array([5, 9, 13, 13, 13, 17, 2])
"""Bones that rings sit on, the ring finger's most often."""


@dataclass(frozen=True)
class Arm:
    """A forearm: sections along a bent line from the open wrist towards the elbow.

    Attributes:
        section: (N, 3) the rim of the wrist about its centre.
        centres: (S, 3) of the line at STEPS. turns: (S, 3, 3) of the sections there.
        back: (3,) out of the back of the hand at the wrist.
        order: (N,) which of the rim's vertices the section's points are.
    """

    section: Array
    centres: Array
    turns: Array
    back: Array
    order: Indices

    def rings(self, distances: Array, widths: Array) -> Array:
        """Sections (R, N, 3) at distances (R,) from the wrist, widened by factors (R,)."""
        centres, turns = self.place(distances)
        return centres[:, None] + np.einsum("rij,rnj->rni", turns, self.section * np.asarray(widths)[:, None, None])

    def place(self, distances: Array) -> tuple[Array, Array]:
        """Centre (R, 3) and turn (R, 3, 3) at distances (R,); before the wrist the line goes on straight."""
        nearest = np.rint(np.clip(distances, 0, STEPS[-1]) / STEPS[1]).astype(int)
        start = (self.centres[1] - self.centres[0]) / STEPS[1]
        return self.centres[nearest] + np.minimum(distances, 0)[:, None] * start, self.turns[nearest]


def draw_arm(rng: np.random.Generator, hand: PosedHand) -> Arm:
    """A forearm at a wrist bent in any natural way."""
    turn, rig = hand.rotations[0], hand.rig
    rim = hand.vertices[rig.rim]
    centre, away = rim.mean(axis=0), -(turn @ rig.ahead)
    section, order = rim - centre, np.arange(len(rim))
    if np.cross(section, np.roll(section, -1, axis=0)).sum(axis=0) @ away < 0:
        order = order[::-1]
    flexion, deviation = rng.normal(0, 0.4), rng.normal(0, 0.15)
    axis = turn @ (rig.across * np.clip(flexion, -0.9, 0.9) + rig.palm_normal * np.clip(deviation, -0.35, 0.35))
    bent = (STEPS / 0.06).clip(0, 1)
    turns = axis_angle_to_matrix((3 * bent**2 - 2 * bent**3)[:, None] * axis)
    steps = turns[:-1] @ away * STEPS[1]
    centres = centre + np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])
    return Arm(section[order], centres, turns, -(turn @ rig.palm_normal), order)


def draw_wear(rng: np.random.Generator, hand: PosedHand, skin_colours: Array) -> list[Surface]:
    """Everything a hand wears and is attached to; skin_colours are those of its vertices (V, 3)."""
    arm = draw_arm(rng, hand)
    surfaces = [_bare(arm, skin_colours[hand.rig.rim] * hand.rig.rim_tint)]
    cuff = rng.uniform(-0.004, 0.14)
    if rng.random() < SLEEVED:
        surfaces += _sleeve(rng, arm, cuff)
    if rng.random() < WATCHED:
        surfaces += _watch(rng, arm)
    elif rng.random() < BRACELETED:
        surfaces += _bracelet(rng, arm)
    while rng.random() < RINGED and len(surfaces) < 8:
        surfaces += _ring(rng, hand, int(rng.choice(RING_BONES)))
    return surfaces


def _bare(arm: Arm, rim_colours: Array) -> Surface:
    """The forearm's skin. It belongs to no labelled hand: hand models end at the wrist."""
    # It begins within the hand, so that the light on it is even across the wrist.
    distances = np.concatenate([[-0.01], np.linspace(0, 0.03, 4), np.linspace(0.05, ARM_LENGTH, 9)])
    swell = np.where(distances < 0, 0.85, 1) + 0.35 * (distances / SWOLLEN).clip(0, 1) ** 1.3
    vertices, faces = tube(arm.rings(distances, swell))
    tone = rim_colours.mean(axis=0)
    fade = (distances / 0.08).clip(0, 1)[:, None, None]
    rows = rim_colours[arm.order] * (1 - fade) + tone * fade
    return Surface(vertices, faces, np.concatenate([rows.reshape(-1, 3), [tone, tone]]), SKIN)


def _sleeve(rng: np.random.Generator, arm: Arm, cuff: float) -> list[Surface]:
    """A sleeve with folds, and sometimes a cuff of another colour."""
    distances = np.linspace(cuff, ARM_LENGTH + 0.03, 16)
    wide = rng.uniform(1.12, 1.3) + rng.uniform(0.05, 0.35) * ((distances - cuff) / SWOLLEN).clip(0, 1)
    wide += 0.35 * (distances / SWOLLEN).clip(0, 1)
    folds = 1 + rng.uniform(0, 0.05) * np.sin(distances[:, None] * rng.uniform(80, 260) + rng.uniform(0, 6.3, 1))
    rings = arm.rings(distances, wide * folds[:, 0])
    colour = draw_colour(rng)
    rows = np.repeat(np.broadcast_to(colour, (16, 3)), len(arm.section), axis=0)
    if rng.random() < 0.3:  # stripes
        rows = np.where((np.arange(len(rows))[:, None] // len(arm.section)) % 3 == 0, draw_colour(rng), rows)
    vertices, faces = tube(rings)
    return [Surface(vertices, faces, np.concatenate([rows, np.tile(colour * 0.3, (2, 1))]), CLOTH)]


def _band(arm: Arm, start: float, end: float, widths: tuple[float, float]) -> Mesh:
    edge = 0.12 * (end - start)
    distances = np.array([start, start + edge, end - edge, end])
    return tube(arm.rings(distances, np.array([widths[0], widths[1], widths[1], widths[0]])))


def _watch(rng: np.random.Generator, arm: Arm) -> list[Surface]:
    at, half = rng.uniform(0.012, 0.04), rng.uniform(0.007, 0.011)
    strap = Surface(*_band(arm, at - half, at + half, (1.06, 1.12)), draw_colour(rng), rng.choice([PLASTIC, METAL]))
    centres, turns = arm.place(np.array([at]))
    back = turns[0] @ arm.back
    top = ((arm.section @ arm.back).max()) * 1.12
    away = turns[0] @ np.cross(arm.section[0], arm.section[1])
    basis = basis_along(back, away)
    size = rng.uniform(0.015, 0.021)
    square = rng.random() < 0.4
    case = box((2 * size, 1.7 * size, 0.01)) if square else cylinder(size, 0.01)
    glass = box((1.8 * size, 1.5 * size, 0.003)) if square else cylinder(0.88 * size, 0.003)
    metal = METALS[rng.integers(4)] if rng.random() < 0.7 else draw_colour(rng)
    body = Surface(*case, metal, METAL).moved(basis, centres[0] + (top + 0.003) * back)
    dial = draw_colour(rng) if rng.random() < 0.5 else np.full(3, 0.015)
    face = Surface(*glass, dial, GLOSSY).moved(basis, centres[0] + (top + 0.0075) * back)
    return [strap, body, face]


def _bracelet(rng: np.random.Generator, arm: Arm) -> list[Surface]:
    at, half = rng.uniform(0.012, 0.05), rng.uniform(0.0015, 0.006)
    metal = rng.random() < 0.6
    colour = METALS[rng.integers(4)] if metal else draw_colour(rng)
    return [Surface(*_band(arm, at - half, at + half, (1.08, 1.18)), colour, METAL if metal else CLOTH)]


def _ring(rng: np.random.Generator, hand: PosedHand, bone: int) -> list[Surface]:
    """A ring around the first bone of a finger: a short tube around the finger's own section."""
    start, end, radius = (values[bone] for values in hand.capsules)
    place = start + rng.uniform(0.5, 0.68) * (end - start)
    basis = basis_along(end - start, hand.rotations[0] @ hand.rig.across)
    local = (hand.vertices - place) @ basis
    near = local[(np.abs(local[:, 2]) < 0.6 * radius) & (np.linalg.norm(local[:, :2], axis=1) < 1.6 * radius)]
    if len(near) < 6:
        return []
    middle, half = np.append(near[:, :2].mean(axis=0), 0), rng.uniform(0.0012, 0.0035)
    axes = np.sqrt(2) * near[:, :2].std(axis=0)  # of the ellipse whose points spread so
    angle = np.linspace(0, 2 * np.pi, 18, endpoint=False)
    ellipse = axes * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    levels = zip((1.02, 1.1, 1.1, 1.02), (-half, -0.7 * half, 0.7 * half, half), strict=True)
    rings = np.stack([np.column_stack([width * ellipse, np.full(18, z)]) for width, z in levels])
    surfaces = [Surface(*tube(rings + middle), METALS[rng.integers(4)], METAL)]
    if rng.random() < 0.25:
        stone, faces = sphere(rng.uniform(0.0018, 0.0035), 10)
        back = np.sign((hand.rotations[0] @ -hand.rig.palm_normal) @ basis[:, 1])
        surfaces.append(Surface(stone + middle + (0, back * 1.12 * axes[1], 0), faces, draw_colour(rng), GLOSSY))
    return [surface.moved(basis, place) for surface in surfaces]
