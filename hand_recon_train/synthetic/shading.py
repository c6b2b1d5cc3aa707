"""Light on a scene: a key lamp with a cast shadow, a fill lamp, sky and ground, and each material's own answer.

Diffuse and specular terms after Blinn, "Models of Light Reflection for Computer Synthesized Pictures", 1977, with
Schlick's Fresnel term (1994). Skin's terminator is soft and red, because light travels in it: a wrapped cosine, wider
for red (Green, "Real-Time Approximations to Subsurface Scattering", 2004). Colours are linear until the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_train.synthetic.compiled import compiled
from hand_recon_train.synthetic.lamps import Light, Skin
from hand_recon_train.synthetic.samples import ALBEDO, NORMAL, OPEN, find_jobs, interpolate, locate, resolve
from hand_recon_train.synthetic.shadows import lit_shares
from hand_recon_train.synthetic.surfaces import Scene

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.integer]
Triple = tuple[float, float, float]

GRAIN_SCALE = 1000.0
"""Texels of the grain across the skin's texture."""

# Strength of the highlight, its exponent, and how far light wraps around red, green, blue.
MATERIALS = np.array(
    [
        [0.16, 22.0, 0.38, 0.22, 0.16],  # skin
        [0.01, 6.0, 0.15, 0.15, 0.15],  # cloth
        [0.10, 30.0, 0.0, 0.0, 0.0],  # plastic
        [0.75, 60.0, 0.0, 0.0, 0.0],  # metal
        [0.35, 90.0, 0.0, 0.0, 0.0],  # glossy
    ],
    np.float32,
)


def shade(
    scene: Scene,
    occlusion: Array,
    points_2d: Array,
    face: Indices,
    background: Array,
    light: Light,
    skin: Skin,
    shadow: tuple[Array, Array],
) -> tuple[Array, Array]:
    """The picture (H, W, 3) in 0 to 255, and which owner has half of each pixel's samples, (H, W), 0 where none has.

    Where two have, it is the one with the lower number.

    Args:
        scene: the meshes.
        occlusion: (V,) how much of the ambient light arrives, 0 to 1.
        points_2d: (V, 2) pixels of the samples' picture.
        face: (SAMPLES H, SAMPLES W) nearest face of each sample.
        background: (H, W, 3) in 0 to 255.
        light: lamps.
        skin: textures.
        shadow: of shadow_map.
    """
    lamps, nails = light.table, skin.numbers
    points = np.ascontiguousarray(points_2d, np.float64)
    job, labels = np.empty(face.shape, np.int32), np.zeros(background.shape[:2], np.uint8)
    jobs = find_jobs(face, scene.faces, scene.material, scene.owner, job, labels)
    corners, shares = locate(jobs, scene.faces, points, scene.vertices)
    surface = interpolate(corners, shares, scene.vertices, scene.normals, scene.colours, occlusion)
    material = scene.material[jobs[:, 0]]
    relief = _paint_skin(
        material, scene.uv.reshape(-1, 6)[jobs[:, 0]], shares, surface, skin.texture, skin.grain, nails
    )
    lit = lit_shares(surface, light.key, *shadow, light.softness)
    colours = _light(surface, material, relief, lit, lamps)
    picture = np.array(background, np.float32)
    resolve(job, colours, picture)
    return picture, labels


def _encoding() -> Array:
    """Bytes of sRGB for linear light in steps of 1 / ENCODING_STEPS, highlights rolled off instead of cut."""
    light = np.arange(4 * ENCODING_STEPS + 2) / ENCODING_STEPS
    rolled = np.where(light > 0.7, 0.7 + 0.3 * (1 - np.exp((0.7 - light) / 0.3)), light)
    srgb = np.where(rolled <= 0.0031308, 12.92 * rolled, 1.055 * rolled.clip(1e-9) ** (1 / 2.4) - 0.055)
    return np.asarray(255 * srgb, np.float32)


ENCODING_STEPS = 1024
ENCODING = _encoding()


@compiled
def _encoded(light: float) -> float:
    step = min(max(light, 0.0), 4.0) * ENCODING_STEPS
    k = int(step)
    return ENCODING[k] + (step - k) * (ENCODING[k + 1] - ENCODING[k])


@compiled
def _paint_skin(
    material: Indices, uv: Array, shares: Array, surface: Array, texture: Array, grain: Array, nails: Array
) -> Array:
    """Put texture and nails on the reflectance of skin; how much is nail, and the relief, (N, 2)."""
    out, size = np.zeros((len(material), 2)), grain.shape[0]
    height, width = texture.shape[0], texture.shape[1]
    for k in range(len(material)):
        if material[k] != 0:
            continue
        s, t = 4 * (surface[k, 0] + 0.5 * surface[k, 2]), 4 * (surface[k, 1] - 0.5 * surface[k, 2])
        if np.isfinite(uv[k, 0]):
            u, v, w = shares[k, 0], shares[k, 1], shares[k, 2]
            s, t = u * uv[k, 0] + v * uv[k, 2] + w * uv[k, 4], u * uv[k, 1] + v * uv[k, 3] + w * uv[k, 5]
            column, row = min(max(s * width - 0.5, 0.0), width - 1.001), min(max(t * height - 0.5, 0.0), height - 1.001)
            place = int(row), int(column), row - int(row), column - int(column)
            nail = _bilinear(texture, place, 3)
            out[k, 0] = nail
            for i in range(3):
                natural = surface[k, ALBEDO + i] * _bilinear(texture, place, i) * (1 + nail * (nails[i] - 1))
                surface[k, ALBEDO + i] = natural + nail * nails[6] * (nails[3 + i] - natural)
        i, j = int(np.floor(t * GRAIN_SCALE)) % size, int(np.floor(s * GRAIN_SCALE)) % size
        out[k, 1] = nails[7] * (1 - out[k, 0]) * grain[i, j]
        for i in range(3):
            surface[k, ALBEDO + i] *= 1 + 0.6 * out[k, 1]
    return out


@compiled
def _light(surface: Array, material: Indices, relief: Array, lit: Array, lamps: Array) -> Array:
    """Colours (N, 3) of the places, sRGB in 0 to 255."""
    out = np.empty((len(surface), 3), np.float32)
    key = lamps[0, 0], lamps[0, 1], lamps[0, 2]
    fill, above = (lamps[2, 0], lamps[2, 1], lamps[2, 2]), (lamps[4, 0], lamps[4, 1], lamps[4, 2])
    for k in range(len(surface)):
        n = surface[k, NORMAL], surface[k, NORMAL + 1], surface[k, NORMAL + 2]
        view = _unit((-surface[k, 0], -surface[k, 1], -surface[k, 2]))
        kind, nail, share, open_share = material[k], relief[k, 0], lit[k], surface[k, OPEN]
        gloss, exponent = MATERIALS[kind, 0] * (1 + 1.5 * nail), MATERIALS[kind, 1] * (1 + 2 * nail)
        towards, filled = _dot(n, key) + relief[k, 1], max(0.0, _dot(n, fill)) * open_share
        up = 0.5 + 0.5 * _dot(n, above)
        along = _dot(n, _unit((view[0] + key[0], view[1] + key[1], view[2] + key[2])))
        grazing = (1 - max(0.0, _dot(n, view))) ** 4
        shine, sheen = 0.0, 0.25 * gloss * grazing * open_share
        if towards > 0 and along > 0.5 and share > 0:
            shine = 3 * gloss * (0.35 + 0.65 * grazing) * along**exponent * share
        for i in range(3):
            wrap, albedo = MATERIALS[kind, 2 + i], surface[k, ALBEDO + i]
            diffuse = max(0.0, (towards + wrap) / (1 + wrap)) * share
            ambient = (up * lamps[5, i] + (1 - up) * lamps[6, i]) * open_share
            tint = albedo if kind == 3 else 1.0  # metals colour their reflections
            reflected = tint * (shine * lamps[1, i] + sheen * (lamps[5, i] + lamps[6, i]))
            out[k, i] = _encoded(albedo * (diffuse * lamps[1, i] + filled * lamps[3, i] + ambient) + reflected)
    return out


@compiled
def _bilinear(texture: Array, place: tuple[int, int, float, float], channel: int) -> float:
    i, j, down, along = place
    upper = texture[i, j, channel] * (1 - along) + texture[i, j + 1, channel] * along
    lower = texture[i + 1, j, channel] * (1 - along) + texture[i + 1, j + 1, channel] * along
    return upper * (1 - down) + lower * down


@compiled
def _dot(a: Triple, b: Triple) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@compiled
def _unit(a: Triple) -> Triple:
    scale = 1 / (np.sqrt(_dot(a, a)) + 1e-12)
    return scale * a[0], scale * a[1], scale * a[2]
