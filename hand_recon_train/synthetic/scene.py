"""Pictures of posed hands with a sleeved forearm over a plain scene, with their exact truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import (
    HandModel,
    free_hand_anatomy,
    free_hand_appearance,
    load_free_hand,
    rotations_from_angles,
    skin,
)
from hand_recon_ros.render.rasterizer import rasterize
from hand_recon_ros.render.shading import interpolate, vertex_normals
from hand_recon_ros.types import ByteImage, CameraModel, Side
from hand_recon_train.synthetic.poses import random_angles

Array = npt.NDArray[np.floating]
Indices = npt.NDArray[np.integer]

MIRROR = np.array([-1.0, 1.0, 1.0])
SLEEVE_LENGTH, SLEEVE_RINGS = 0.22, 6


@dataclass(frozen=True)
class PosedHand:
    """One hand of a scene, in the camera optical frame.

    Attributes:
        vertices: (V, 3), joints: (21, 3) metres.
        model: the hand model of its side.
    """

    model: HandModel
    vertices: Array
    joints: Array


def pose_hand(side: Side, root: Array, position: Array, angles: Array, betas: Array | None = None) -> PosedHand:
    """A hand with its wrist joint at position (3,), turned by root (3, 3), as a right hand would be.

    A left hand is the mirror image of that right hand, in its own place: root and angles mean the same gesture.
    """
    local = rotations_from_angles(free_hand_anatomy().axes, angles)
    rotations = np.concatenate([root[None], local]).astype(np.float32)
    right = load_free_hand()
    shape = np.zeros(10, np.float32) if betas is None else betas.astype(np.float32)
    vertices, joints = skin(right, rotations, shape)
    mirror = MIRROR if side == Side.LEFT else np.ones(3)
    wrist = joints[0].copy()
    return PosedHand(load_free_hand(side), (vertices - wrist) * mirror + position, (joints - wrist) * mirror + position)


def random_hand(
    rng: np.random.Generator, side: Side, distance: tuple[float, float], shape_sd: float = 0.7
) -> PosedHand:
    """Any gesture of any hand from any side, near the optical axis, at a distance from a range in metres."""
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    angles = random_angles(free_hand_anatomy(), rng)
    hand = pose_hand(side, turn, np.zeros(3), angles, rng.normal(0, shape_sd, 10))
    away = rng.uniform(*distance)
    shift = np.append(rng.normal(0, 0.02, 2), away) - hand.joints.mean(axis=0)
    return PosedHand(hand.model, hand.vertices + shift, hand.joints + shift)


@dataclass(frozen=True)
class Look:
    """Colours (RGB in 0 to 1) and light of a scene; light is the direction towards the lamp in the camera frame."""

    skin: Array
    sleeve: Array
    light: Array
    ambient: float = 0.45


def random_look(rng: np.random.Generator) -> Look:
    """Skin from very dark to very light, any sleeve, a lamp somewhere above and before the hand."""
    tones = np.array([[0.23, 0.14, 0.10], [0.45, 0.29, 0.20], [0.70, 0.49, 0.37], [0.93, 0.76, 0.66]])
    where = rng.uniform(0, 2.999)
    skin_tone = tones[int(where)] + (where % 1) * (tones[int(where) + 1] - tones[int(where)])
    light = np.array([rng.uniform(-1, 1), rng.uniform(-1.2, 0.2), rng.uniform(-1.2, -0.4)])
    return Look(skin_tone, rng.uniform(0.05, 0.9, 3), light / np.linalg.norm(light), rng.uniform(0.3, 0.6))


def random_backdrop(rng: np.random.Generator, height: int, width: int) -> ByteImage:
    """A smooth, faintly textured backdrop."""
    coarse = rng.uniform(0, 255, (rng.integers(2, 6), rng.integers(2, 6), 3)) * 0.5 + rng.uniform(0, 127, 3)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth + rng.normal(0, 3, smooth.shape), 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Surface:
    """One mesh of a scene: vertices (V, 3), faces (F, 3), the look it is lit by, and what colours its faces.

    albedo maps faces (N,) and barycentric coordinates (N, 3) to RGB (N, 3) in 0 to 1.
    """

    vertices: Array
    faces: Indices
    look: Look
    albedo: Callable[[Indices, Array], Array]


def render_hands(hands: list[PosedHand], looks: list[Look], camera: CameraModel, backdrop: ByteImage) -> ByteImage:
    """The hands before a backdrop (H, W, 3), at twice the resolution and averaged down."""
    surfaces = [surface for pair in zip(hands, looks, strict=True) for surface in _surfaces(*pair)]
    vertices = np.concatenate([surface.vertices for surface in surfaces])
    starts = np.cumsum([0, *(len(surface.vertices) for surface in surfaces[:-1])])
    faces = np.concatenate([surface.faces + start for surface, start in zip(surfaces, starts, strict=True)])
    pixels = (project(camera, vertices) + 0.5) * 2 - 0.5
    size = (2 * camera.height, 2 * camera.width)
    seen = rasterize(pixels, vertices[:, 2], faces, size)
    hit = seen.face >= 0
    light = interpolate(seen, faces, np.concatenate([_light(surface) for surface in surfaces]))
    shade = light[:, :1] * _albedo(surfaces, seen.face[hit], seen.barycentric[hit]) + light[:, 1:]
    large = cv2.resize(backdrop, size[::-1], interpolation=cv2.INTER_NEAREST)
    large[hit] = (255 * shade).clip(0, 255).astype(np.uint8)
    small = cv2.resize(large, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _surfaces(hand: PosedHand, look: Look) -> tuple[Surface, Surface]:
    """Skin and sleeve of one hand."""
    appearance = free_hand_appearance(hand.model.side)
    sleeve, sleeve_faces = _sleeve(hand)
    skin_colours = partial(appearance.colours, tone=look.skin)
    return (
        Surface(hand.vertices, hand.model.faces, look, skin_colours),
        Surface(sleeve, sleeve_faces, look, lambda face, barycentric: np.broadcast_to(look.sleeve, (len(face), 3))),
    )


def _albedo(surfaces: list[Surface], face: Indices, barycentric: Array) -> Array:
    """Colours (N, 3) of points on the faces (N,) of all surfaces together."""
    colours = np.empty((len(face), 3))
    start = 0
    for surface in surfaces:
        own = (face >= start) & (face < start + len(surface.faces))
        colours[own] = surface.albedo(face[own] - start, barycentric[own])
        start += len(surface.faces)
    return colours


def _light(surface: Surface) -> Array:
    """Diffuse strength and highlight (V, 2): a soft terminator, a weak fill from the camera, a small highlight."""
    look, vertices = surface.look, surface.vertices
    normals = vertex_normals(vertices, surface.faces)
    view = -vertices / np.linalg.norm(vertices, axis=1, keepdims=True)
    lamp = (normals @ look.light).clip(-0.2) + 0.2
    fill = (normals * view).sum(axis=1).clip(0)
    halfway = look.light + view
    halfway /= np.linalg.norm(halfway, axis=1, keepdims=True)
    shine = 0.12 * (normals * halfway).sum(axis=1).clip(0) ** 24
    return np.stack([look.ambient * (0.5 + 0.5 * fill) + (1.1 - look.ambient) * lamp / 1.2, shine], axis=1)


def _sleeve(hand: PosedHand) -> tuple[Array, Indices]:
    """A tube that continues the open wrist towards the elbow, a little wider than the wrist."""
    rim = rim_vertices(hand.model.faces)
    ring = hand.vertices[rim]
    centre = ring.mean(axis=0)
    away = centre - hand.joints[9]
    away = away / np.linalg.norm(away)
    steps = np.linspace(-0.012, SLEEVE_LENGTH, SLEEVE_RINGS)[:, None, None]
    widths = np.linspace(1.12, 1.45, SLEEVE_RINGS)[:, None, None]
    rings = centre + (ring - centre)[None] * widths + steps * away
    count = len(rim)
    a = np.arange(count)
    b = (a + 1) % count
    strip = np.concatenate([np.stack([a, a + count, b], axis=1), np.stack([b, a + count, b + count], axis=1)])
    strips = [strip + count * k for k in range(SLEEVE_RINGS - 1)]
    return rings.reshape(-1, 3), np.concatenate(strips)


def rim_vertices(faces: Indices) -> Indices:
    """The wrist's open border in order: edges that only one face has, chained."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).tolist()
    directed = {(a, b) for a, b in edges}
    follows = {a: b for a, b in edges if (b, a) not in directed}
    chain = [next(iter(follows))]
    while follows[chain[-1]] != chain[0]:
        chain.append(follows[chain[-1]])
    return np.array(chain)
