"""Light on a scene: a key lamp with a cast shadow, a fill lamp, sky and ground, and each material's own answer.

Diffuse and specular terms after Blinn, "Models of Light Reflection for Computer Synthesized Pictures", 1977, with
Schlick's Fresnel term (1994). Skin's terminator is soft and red, because light travels in it: a wrapped cosine, wider
for red (Green, "Real-Time Approximations to Subsurface Scattering", 2004). Colours are linear until the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_train.synthetic.compiled import compiled
from hand_recon_train.synthetic.samples import ALBEDO, NORMAL, OPEN, find_jobs, interpolate, locate, resolve
from hand_recon_train.synthetic.surfaces import Scene
from hand_recon_train.synthetic.zbuffer import rasterise

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.integer]
Triple = tuple[float, float, float]

SHADOW_SIZE = 160
SHADOW_BIAS = 0.0015
"""Metres by which something must be nearer to the lamp to cast a shadow."""
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


@dataclass(frozen=True)
class Light:
    """Light of a scene, linear; directions are unit vectors towards the lamps, in the camera frame.

    Attributes:
        key: (3,) direction and key_colour: (3,) of the lamp that casts shadows.
        fill: (3,) direction and fill_colour: (3,) of one that does not.
        up: (3,) where the sky is. sky, ground: (3,) colours from there and from opposite.
        softness: of shadows, in texels of the shadow map.
        exposure: factor on everything.
    """

    key: Array
    key_colour: Array
    fill: Array
    fill_colour: Array
    up: Array
    sky: Array
    ground: Array
    softness: int
    exposure: float


@dataclass(frozen=True)
class Skin:
    """Texture of skin, shared by all hands of a picture.

    Attributes:
        texture: (H, W, 4) linear factors on the tone, and how much of a texel is nail.
        grain: (N, N) fine relief around 0, repeated.
        relief: how strongly the grain shows.
        nail: (3,) linear colour of nails relative to the skin around, and polish: (3,) absolute, used to the share
            polished in 0 to 1.
    """

    texture: Array
    grain: Array
    relief: float
    nail: Array
    polish: Array
    polished: float


def shadow_map(scene: Scene, light: Light) -> tuple[Array, Array]:
    """What the key lamp sees: depths (S, S) of the far sides, and the map (3, 4) from points to texel and depth.

    Far sides, because a surface then does not shade itself by rounding.
    """
    z = -light.key
    x = np.cross(z, np.eye(3)[np.abs(z).argmin()])
    x /= np.linalg.norm(x)
    axes = np.stack([x, np.cross(z, x), z])
    seen = scene.vertices @ axes.T
    low, high = seen.min(axis=0), seen.max(axis=0)
    scale = (SHADOW_SIZE - 5) / max(float((high - low)[:2].max()), 1e-6)
    shift = np.array([2 - scale * low[0], 2 - scale * low[1], 1 - low[2]])
    to_map = np.column_stack([axes * np.array([scale, scale, 1])[:, None], shift])
    placed = seen * (scale, scale, 1) + shift
    _, nearness = rasterise(placed[:, :2], 1e3 - placed[:, 2], scene.faces, (SHADOW_SIZE, SHADOW_SIZE), -1)
    return np.where(nearness > 0, 1e3 - nearness, np.inf).astype(np.float32), to_map


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
    lamps = np.stack([light.key, light.key_colour, light.fill, light.fill_colour, light.up, light.sky, light.ground])
    lamps *= light.exposure ** np.array([0, 1, 0, 1, 0, 1, 1])[:, None]
    nails = np.concatenate([skin.nail, skin.polish, [skin.polished, skin.relief]])
    points = np.ascontiguousarray(points_2d, np.float64)
    job, labels = np.empty(face.shape, np.int32), np.zeros(background.shape[:2], np.uint8)
    jobs = find_jobs(face, scene.faces, scene.material, scene.owner, job, labels)
    corners, shares = locate(jobs, scene.faces, points, scene.vertices)
    surface = interpolate(corners, shares, scene.vertices, scene.normals, scene.colours, occlusion)
    material = scene.material[jobs[:, 0]]
    relief = _paint_skin(
        material, scene.uv.reshape(-1, 6)[jobs[:, 0]], shares, surface, skin.texture, skin.grain, nails
    )
    lit = _lit_shares(surface, material, light.key, *shadow, light.softness)
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
def lit_share(x: float, y: float, depth: float, seen: Array, softness: int) -> float:
    """Share of the key lamp that arrives at a point of the shadow map."""
    size = seen.shape[0]
    lit = 0
    left, top = int(np.floor(x + 0.5)), int(np.floor(y + 0.5))
    for i in range(-1, 2):
        row = top + i * softness
        for j in range(-1, 2):
            column = left + j * softness
            if row < 0 or column < 0 or row >= size or column >= size or depth <= seen[row, column] + SHADOW_BIAS:
                lit += 1
    return lit / 9


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
def _lit_shares(surface: Array, material: Indices, key: Array, seen: Array, to_map: Array, softness: int) -> Array:
    """Share (N,) of the key lamp that reaches the places."""
    out = np.zeros(len(surface))
    for k in range(len(surface)):
        if surface[k, NORMAL] * key[0] + surface[k, NORMAL + 1] * key[1] + surface[k, NORMAL + 2] * key[2] > -0.45:
            x, y, depth = on_map(to_map, (surface[k, 0], surface[k, 1], surface[k, 2]))
            out[k] = lit_share(x, y, depth, seen, softness)
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
def on_map(to_map: Array, p: Triple) -> Triple:
    """Texel and depth of a point on the shadow map."""
    return (
        to_map[0, 0] * p[0] + to_map[0, 1] * p[1] + to_map[0, 2] * p[2] + to_map[0, 3],
        to_map[1, 0] * p[0] + to_map[1, 1] * p[1] + to_map[1, 2] * p[2] + to_map[1, 3],
        to_map[2, 0] * p[0] + to_map[2, 1] * p[1] + to_map[2, 2] * p[2] + to_map[2, 3],
    )


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
