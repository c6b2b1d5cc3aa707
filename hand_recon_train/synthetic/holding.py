"""Things in a hand: the largest ball or bar that fits into a grasp, and objects of everyday shape around it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hand_recon_ros.types import Joint
from hand_recon_train.synthetic.capsules import clearances
from hand_recon_train.synthetic.looks import draw_colour
from hand_recon_train.synthetic.posing import PosedHand
from hand_recon_train.synthetic.solids import Mesh, basis_along, box, cylinder, shifted, sphere, turned
from hand_recon_train.synthetic.surfaces import CLOTH, GLOSSY, METAL, PLASTIC, Surface

Array = npt.NDArray[np.floating]

AROUND_GRASP = [Joint.WRIST, Joint.INDEX_MCP, Joint.PINKY_MCP, Joint.THUMB_TIP, Joint.THUMB_IP, Joint.INDEX_PIP,
                Joint.MIDDLE_TIP, Joint.INDEX_TIP, Joint.RING_PIP, Joint.PINKY_TIP]  # fmt: skip
PINCHING = [Joint.THUMB_TIP, Joint.INDEX_TIP]
CANDIDATES = 48
SMALLEST, LARGEST = 0.004, 0.048
YIELDS = 0.001
"""Metres that flesh gives way to what is held."""
ALONG_BAR = np.linspace(-0.03, 0.03, 3)


def draw_held(rng: np.random.Generator, hand: PosedHand) -> list[Surface]:
    """An object in the hand's grasp, nothing where there is no room for one."""
    turn, rig = hand.rotations[0], hand.rig
    pinched = hand.kind == "pinch"
    across = turn @ (rig.across if not pinched else rig.across + rng.normal(0, 0.8, 3))
    axis = across + rng.normal(0, 0.12, 3)
    axis /= np.linalg.norm(axis)
    ball = rng.random() < 0.3
    centre, room = _roomiest(rng, hand, None if ball else axis, PINCHING if pinched else AROUND_GRASP)
    radius = min(room + YIELDS, LARGEST)
    if pinched:
        radius = max(radius, 0.0025)
    elif radius < SMALLEST:
        return []
    mesh = sphere(radius) if ball else _bar(rng, radius, pinched)
    basis = basis_along(axis, turn @ rig.palm_normal)
    return [surface.moved(basis, centre) for surface in _coloured(rng, mesh)]


def _roomiest(
    rng: np.random.Generator, hand: PosedHand, axis: Array | None, joints: list[Joint]
) -> tuple[Array, float]:
    """The place between some joints that is farthest from all bones, for a bar along an axis if given; how far."""
    shares = rng.dirichlet(np.full(len(joints), 0.6), CANDIDATES)
    places = shares @ hand.joints[joints]
    if axis is None:
        room = clearances(places, hand.capsules)
    else:
        along = places[:, None] + ALONG_BAR[:, None] * axis
        room = clearances(along.reshape(-1, 3), hand.capsules).reshape(len(places), -1).min(axis=1)
    best = int(room.argmax())
    return places[best], float(room[best])


def _bar(rng: np.random.Generator, radius: float, thin: bool) -> list[Mesh]:
    """Something long of a given radius where it is held; its parts, which are coloured each by itself."""
    r, length = radius, float(rng.uniform(0.10, 0.22))
    if thin:
        length = float(rng.uniform(0.01, 0.15))
    kinds = _THIN if thin else (_THICK if radius > 0.016 else _TOOLS)
    return kinds[rng.integers(len(kinds))](rng, r, length)


def _rod(rng: np.random.Generator, r: float, length: float) -> list[Mesh]:
    return [cylinder(r, length)]


def _block(rng: np.random.Generator, r: float, length: float) -> list[Mesh]:
    share = rng.uniform(0.35, 0.75)
    return [box((2 * r * share, 2 * r * np.sqrt(1.02 - share**2), length))]


def _card(rng: np.random.Generator, r: float, length: float) -> list[Mesh]:
    return [shifted(box((min(2 * r, 0.004), 0.055, 0.085)), 0, float(rng.uniform(0.01, 0.02)), 0)]


def _pen(rng: np.random.Generator, r: float, length: float) -> list[Mesh]:
    r, half = min(r, 0.006), 0.07
    tip = turned([(0.0006, -half - 0.012), (r * 0.9, -half), (r * 0.9, -half + 0.001)], 12)
    return [shifted(cylinder(r, 2 * half, 12), 0, 0, 0), tip]


def _bottle(rng: np.random.Generator, r: float, length: float) -> list[Mesh]:
    half = length / 2
    body = [(0.9 * r, -half), *((r, z) for z in np.linspace(-half + 0.004, half * 0.5, 6).tolist())]
    neck = [(r * 0.8, half * 0.75), (r * 0.38, half), (r * 0.34, half + 0.02)]
    cap = shifted(cylinder(r * 0.42, 0.018, 16), 0, 0, half + 0.025)
    return [turned([*body, *neck]), cap]


def _mug(rng: np.random.Generator, r: float, length: float) -> list[Mesh]:
    high = rng.uniform(0.04, 0.055)
    side = turned([(0.85 * r, -high), *((r, z) for z in np.linspace(-high * 0.9, high, 5).tolist()), (r * 0.93, high)])
    return [side, shifted(cylinder(r * 0.9, 0.002), 0, 0, high + 0.0005)]


def _hammer(rng: np.random.Generator, r: float, length: float) -> list[Mesh]:
    head = shifted(box((0.09, 0.026, 0.026)), 0.01, 0, length * 0.9)
    return [shifted(cylinder(r, 1.8 * length), 0, 0, 0), head]


def _screwdriver(rng: np.random.Generator, r: float, length: float) -> list[Mesh]:
    handle = turned([(0.7 * r, -0.055), (r, -0.045), (r, -0.02), (r, 0.02), (0.75 * r, 0.04), (0.8 * r, 0.05)])
    return [handle, shifted(cylinder(min(0.004, 0.5 * r), length * 0.8, 10), 0, 0, 0.05 + 0.4 * length)]


def _paddle(rng: np.random.Generator, r: float, length: float) -> list[Mesh]:
    blade = shifted(box((0.012, 0.075, 0.09)), 0, 0, 0.5 * length + 0.045)
    return [cylinder(r, length), blade]


_THIN = (_rod, _card, _pen, _pen, _block)
_TOOLS = (_rod, _hammer, _screwdriver, _paddle, _block)
_THICK = (_rod, _bottle, _mug, _block, _bottle)


def _coloured(rng: np.random.Generator, meshes: list[Mesh] | Mesh) -> list[Surface]:
    """Each part in a colour or in bands of two."""
    parts = meshes if isinstance(meshes, list) else [meshes]
    return [_part(rng, part) for part in parts]


def _part(rng: np.random.Generator, mesh: Mesh) -> Surface:
    material = int(rng.choice([PLASTIC, GLOSSY, METAL, CLOTH], p=[0.45, 0.2, 0.2, 0.15]))
    colour = draw_colour(rng)
    height = mesh[0][:, 2] if rng.random() < 0.7 else np.arctan2(mesh[0][:, 1], mesh[0][:, 0]) * 0.02
    band = np.sin(height * rng.uniform(30, 200) + rng.uniform(0, 6.3)) > rng.uniform(0, 1.6)
    return Surface(mesh[0], mesh[1], np.where(band[:, None], draw_colour(rng), colour), material)
