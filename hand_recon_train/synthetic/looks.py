"""Colours and light: skin of any tone, nails, cloth, lamps."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import HandModel, free_hand_appearance, load_free_hand
from hand_recon_ros.render.shading import face_normals
from hand_recon_ros.types import Side
from hand_recon_train.synthetic.lamps import Light, Skin
from hand_recon_train.synthetic.rig import HandRig, free_hand_rig, linear

Array = npt.NDArray[np.floating]

TONES = np.array(
    [
        [0.97, 0.84, 0.77],
        [0.91, 0.74, 0.63],
        [0.83, 0.63, 0.50],
        [0.70, 0.49, 0.36],
        [0.55, 0.37, 0.27],
        [0.40, 0.265, 0.20],
        [0.28, 0.18, 0.14],
    ]
)
"""Skin of the back of the hand from very light to very dark, sRGB; chosen by eye over the range of published charts."""
PALE_PALM = (np.array([1.0, 0.98, 0.97]), np.array([2.1, 2.2, 2.3]))
"""Linear factors on the palm's colour of the lightest and the darkest skin."""
GRAIN_SIZE = 256


def draw_tone(rng: np.random.Generator) -> float:
    """A person's skin, 0 the lightest to 1 the darkest."""
    return float(rng.uniform(0, 1))


def draw_skin_colour(rng: np.random.Generator, rig: HandRig, tone: float) -> Array:
    """Linear colours (V, 3) of the vertices of a hand: its tone, blotches, a pale palm on dark skin."""
    where = min(tone, 0.9999) * (len(TONES) - 1)
    first = int(where)
    colour = linear(TONES[first] + (where - first) * (TONES[first + 1] - TONES[first]))
    colour = colour * np.exp(rng.normal(0, [0.05, 0.06, 0.08]))
    palm = PALE_PALM[0] + tone**1.5 * (PALE_PALM[1] - PALE_PALM[0])
    colours = colour * (1 + rig.palmar[:, None] * (palm - 1))
    return np.asarray((colours * _blotches(rng, rig.model)).clip(0, 0.95))


def _blotches(rng: np.random.Generator, model: HandModel) -> Array:
    """Smooth factors (V, 3) near 1: redder here, browner there."""
    waves = rng.normal(0, 60, (4, 3))
    pattern = np.sin(model.template @ waves.T + rng.uniform(0, 6.28, 4)) @ rng.normal(0, 0.5, (4, 2))
    strength = rng.uniform(0, 0.1, 2)
    bright, red = (pattern * strength).T
    return np.stack([1 + bright + 0.3 * red, 1 + bright - red, 1 + bright - red], axis=1).clip(0.6, 1.4)


def draw_skin(rng: np.random.Generator) -> Skin:
    """Nails, plain or polished, and the strength of the relief."""
    natural = np.array([1.0, 1.0, 1.0]) * rng.uniform(0.95, 1.2)
    polish = linear(np.array(_hue(rng, rng.uniform(0.3, 1), rng.uniform(0.25, 0.95))))
    polished = rng.uniform(0.8, 1) if rng.random() < 0.15 else 0.0
    return Skin(skin_texture(), skin_grain(), rng.uniform(0.01, 0.08), natural, polish, polished)


def draw_colour(rng: np.random.Generator) -> Array:
    """Any colour of cloth or plastic, linear (3,); most are dull."""
    saturation = rng.uniform(0, 0.2) if rng.random() < 0.5 else 0.9 * rng.beta(1.5, 2.5)
    return linear(np.array(_hue(rng, saturation, rng.uniform(0.12, 0.95))))


def _hue(rng: np.random.Generator, saturation: float, value: float) -> list[float]:
    k = (np.array([5, 3, 1]) + 6 * rng.random()) % 6
    return (value - value * saturation * np.minimum(k, 4 - k).clip(0, 1)).tolist()


def draw_light(rng: np.random.Generator) -> Light:
    """Lamps anywhere but behind the hand for good, daylight to bulbs, hard to overcast."""
    up = _unit(rng.normal(0, 0.35, 3) + (0, -1, 0))
    key = _unit(rng.normal(0, 1, 3) + 0.7 * up + (0, 0, -0.8))
    fill = _unit(rng.normal(0, 1, 3) + (0, 0, -1.0))
    hard = rng.beta(1.5, 1.5)
    warm, fill_warm = rng.normal(0, 0.12, 2)
    ambient = rng.uniform(0.25, 0.6)
    strength = 1.15 * (1 - 0.75 * ambient) * (0.55 + 0.6 * hard)
    return Light(
        key=key,
        key_colour=strength * _warmth(warm),
        fill=fill,
        fill_colour=rng.uniform(0.02, 0.35) * _warmth(fill_warm),
        up=up,
        sky=1.25 * ambient * _warmth(rng.normal(-0.04, 0.06)),
        ground=ambient * rng.uniform(0.4, 1.0) * _warmth(rng.normal(0.05, 0.08)),
        softness=1 if hard > rng.uniform(0.2, 0.8) else 2,
        exposure=float(np.exp(rng.normal(0, 0.22))),
    )


def _warmth(warm: float) -> Array:
    """A light's colour, bluish below 0, yellowish above."""
    return np.array([1 + warm, 1.0, 1 - warm]).clip(0.4, 1.6)


def _unit(vector: Array) -> Array:
    return np.asarray(vector / np.linalg.norm(vector))


@lru_cache(maxsize=1)
def skin_texture() -> Array:
    """The free hand's texture as linear factors on its plain tone, and where nails are (H, W, 4)."""
    look = free_hand_appearance()
    factors = linear(look.albedo / 255.0) / linear(look.skin_tone / 255.0)
    nails = cv2.GaussianBlur(_nails(factors), (0, 0), 0.8)
    return np.concatenate([factors, nails[..., None]], axis=2).astype(np.float32)


def _nails(factors: Array) -> Array:
    """Which texels are nail: the light places on the backs of the last bones."""
    look, model, rig = free_hand_appearance(), load_free_hand(), free_hand_rig(Side.RIGHT)
    normals = face_normals(model.template, model.faces)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    weights = model.weights[model.faces].mean(axis=1)
    flexion = rig.anatomy.axes[:, 0]
    height, width = factors.shape[:2]
    back = np.zeros((height, width), np.uint8)
    for joint in (3, 6, 9, 12, 15):
        tip = model.template[model.tip_vertices[[1, 2, 4, 3, 0][joint // 3 - 1]]]
        dorsal = _unit(np.cross(tip - model.joints_template[joint], flexion[joint - 1]))
        for face in np.flatnonzero((weights[:, joint] > 0.5) & (normals @ dorsal > 0.3)):
            corners = np.rint(look.uv[face] * (width, height) - 0.5).astype(np.int32)
            cv2.fillConvexPoly(back, corners, 1)
    return ((factors[..., 2] > 1.12) & (back > 0)).astype(np.float32)


@lru_cache(maxsize=1)
def skin_grain() -> Array:
    """Fine relief (N, N) of skin that repeats without a seam: pores and short lines across two directions."""
    rng = np.random.default_rng(5)
    noise = np.fft.fft2(rng.normal(size=(GRAIN_SIZE, GRAIN_SIZE)))
    fy, fx = np.meshgrid(np.fft.fftfreq(GRAIN_SIZE), np.fft.fftfreq(GRAIN_SIZE), indexing="ij")
    radius = np.hypot(fx, fy)
    band = np.exp(-(((radius - 0.10) / 0.08) ** 2)) + 0.6 * np.exp(-(((radius - 0.02) / 0.015) ** 2))
    grain = np.fft.ifft2(noise * band).real
    return np.asarray((grain / grain.std()).clip(-2.5, 2.5), np.float32)
