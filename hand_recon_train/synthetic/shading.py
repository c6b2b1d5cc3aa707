"""Light on a scene: a key lamp with a cast shadow, a fill lamp, sky and ground, and each material's own answer.

Diffuse and specular terms after Blinn, "Models of Light Reflection for Computer Synthesized Pictures", 1977, with
Schlick's Fresnel term (1994). Skin's terminator is soft and red, because light travels in it: a wrapped cosine, wider
for red (Green, "Real-Time Approximations to Subsurface Scattering", 2004). Colours are linear until the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hand_recon_train.synthetic.compiled import compiled
from hand_recon_train.synthetic.surfaces import Scene
from hand_recon_train.synthetic.zbuffer import rasterise

Array = npt.NDArray[np.floating]
Indices = npt.NDArray[np.integer]
Triple = tuple[float, float, float]

SHADOW_SIZE = 160
SHADOW_BIAS = 0.0015
"""Metres by which something must be nearer to the lamp to cast a shadow."""
SAMPLES = 2
"""Samples a pixel in each direction."""
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
    """The picture (H, W, 3) in 0 to 255, and how many samples of each pixel each owner has, (H, W, owners + 1).

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
    nails = np.concatenate([skin.nail, skin.polish, [skin.polished, skin.relief]])
    picture = np.array(background, np.float32)
    owners = np.zeros((*picture.shape[:2], int(scene.owner.max()) + 1), np.uint8)
    _shade(
        scene.vertices.astype(np.float64),
        scene.normals,
        scene.colours,
        scene.faces,
        scene.material,
        scene.owner,
        scene.uv,
        occlusion.astype(np.float64),
        np.ascontiguousarray(points_2d, np.float64),
        face,
        lamps * light.exposure ** np.array([0, 1, 0, 1, 0, 1, 1])[:, None],
        skin.texture,
        skin.grain,
        nails,
        *shadow,
        light.softness,
        picture,
        owners,
    )
    return picture, owners


def _encoding() -> Array:
    """sRGB in 0 to 255 of linear light in steps of 1 / ENCODING_STEPS, highlights rolled off instead of cut."""
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
def _shade(
    vertices: Array,
    normals: Array,
    colours: Array,
    faces: Indices,
    material: Indices,
    owner: Indices,
    uv: Array,
    occlusion: Array,
    points: Array,
    face: Indices,
    lamps: Array,
    texture: Array,
    grain: Array,
    nails: Array,
    shadow: Array,
    to_map: Array,
    softness: int,
    picture: Array,
    owners: Array,
) -> None:
    height, width = picture.shape[:2]
    done_face = np.empty(4, np.int32)
    colour = np.zeros((4, 3))
    for row in range(height):
        for column in range(width):
            filled = empty = 0
            red = green = blue = 0.0
            for sample in range(4):
                y, x = 2 * row + sample // 2, 2 * column + sample % 2
                f = face[y, x]
                if f < 0:
                    empty += 1
                    continue
                owners[row, column, owner[f]] += 1
                known = -1
                for k in range(filled):
                    # Neighbouring faces of one surface that look alike share their shading.
                    g = done_face[k]
                    if g == f or (material[g] == material[f] and owner[g] == owner[f] and _near(vertices, faces, g, f)):
                        known = k
                        break
                if known < 0:
                    known = filled
                    done_face[known] = f
                    _lit(
                        vertices, normals, colours, faces, material, uv, occlusion, points, f, x, y, lamps, texture,
                        grain, nails, shadow, to_map, softness, colour[known],
                    )  # fmt: skip
                    filled += 1
                red, green, blue = red + colour[known, 0], green + colour[known, 1], blue + colour[known, 2]
            if empty < 4:
                picture[row, column, 0] = (red + empty * picture[row, column, 0]) / 4
                picture[row, column, 1] = (green + empty * picture[row, column, 1]) / 4
                picture[row, column, 2] = (blue + empty * picture[row, column, 2]) / 4


@compiled
def _near(vertices: Array, faces: Indices, f: int, g: int) -> bool:
    """Whether two faces have a corner in common."""
    for i in range(3):
        for j in range(3):
            if faces[f, i] == faces[g, j]:
                return True
    return False


@compiled
def _lit(
    vertices: Array,
    normals: Array,
    colours: Array,
    faces: Indices,
    material: Indices,
    uv: Array,
    occlusion: Array,
    points: Array,
    f: int,
    x: int,
    y: int,
    lamps: Array,
    texture: Array,
    grain: Array,
    nails: Array,
    shadow: Array,
    to_map: Array,
    softness: int,
    out: Array,
) -> None:
    """The colour of a sample, sRGB in 0 to 255."""
    corners = faces[f, 0], faces[f, 1], faces[f, 2]
    shares = _shares(vertices, points, corners, x, y)
    n = _unit(_mixed(normals, corners, shares))
    p = _mixed(vertices, corners, shares)
    view = _unit((-p[0], -p[1], -p[2]))
    albedo = _mixed(colours, corners, shares)
    u, v, w = shares
    open_share = u * occlusion[corners[0]] + v * occlusion[corners[1]] + w * occlusion[corners[2]]
    kind = material[f]
    gloss, exponent, relief = MATERIALS[kind, 0], MATERIALS[kind, 1], 0.0
    if kind == 0:
        albedo, nail, relief = _skin_colour(uv[f], shares, p, albedo, texture, grain, nails)
        gloss, exponent = gloss * (1 + 1.5 * nail), exponent * (1 + 2 * nail)
    key = lamps[0, 0], lamps[0, 1], lamps[0, 2]
    towards = _dot(n, key) + relief
    filled = max(0.0, _dot(n, (lamps[2, 0], lamps[2, 1], lamps[2, 2])))
    up = 0.5 + 0.5 * _dot(n, (lamps[4, 0], lamps[4, 1], lamps[4, 2]))
    share = 0.0
    if towards > -0.4:
        share = lit_share(*on_map(to_map, p), shadow, softness)
    half = _unit((view[0] + key[0], view[1] + key[1], view[2] + key[2]))
    grazing = (1 - max(0.0, _dot(n, view))) ** 4
    shine = 0.0
    along = _dot(n, half)
    if towards > 0 and along > 0.5 and share > 0:
        shine = 3 * gloss * (0.35 + 0.65 * grazing) * along**exponent * share
    sheen = 0.25 * gloss * grazing * open_share
    for k in range(3):
        wrap = MATERIALS[kind, 2 + k]
        diffuse = max(0.0, (towards + wrap) / (1 + wrap)) * share
        ambient = (up * lamps[5, k] + (1 - up) * lamps[6, k]) * open_share
        light = diffuse * lamps[1, k] + filled * lamps[3, k] * open_share + ambient
        tint = albedo[k] if kind == 3 else 1.0  # metals colour their reflections
        out[k] = _encoded(albedo[k] * light + tint * (shine * lamps[1, k] + sheen * (lamps[5, k] + lamps[6, k])))


@compiled
def on_map(to_map: Array, p: Triple) -> Triple:
    """Texel and depth of a point on the shadow map."""
    return (
        to_map[0, 0] * p[0] + to_map[0, 1] * p[1] + to_map[0, 2] * p[2] + to_map[0, 3],
        to_map[1, 0] * p[0] + to_map[1, 1] * p[1] + to_map[1, 2] * p[2] + to_map[1, 3],
        to_map[2, 0] * p[0] + to_map[2, 1] * p[1] + to_map[2, 2] * p[2] + to_map[2, 3],
    )


@compiled
def _shares(vertices: Array, points: Array, corners: tuple[int, int, int], x: int, y: int) -> Triple:
    """Shares of a face's corners at a pixel, correct in perspective."""
    a, b, c = corners
    ax, ay, bx, by, cx, cy = points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1]
    u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / vertices[a, 2]
    v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / vertices[b, 2]
    w = ((ax - x) * (by - y) - (ay - y) * (bx - x)) / vertices[c, 2]
    total = u + v + w
    return u / total, v / total, w / total


@compiled
def _skin_colour(
    uv: Array, shares: Triple, p: Triple, albedo: Triple, texture: Array, grain: Array, nails: Array
) -> tuple[Triple, float, float]:
    """Colour of a place of the skin, how much of it is nail, and its relief."""
    size, nail = grain.shape[0], 0.0
    if np.isfinite(uv[0, 0]):
        u, v, w = shares
        s = u * uv[0, 0] + v * uv[1, 0] + w * uv[2, 0]
        t = u * uv[0, 1] + v * uv[1, 1] + w * uv[2, 1]
        albedo, nail = _textured(texture, s, t, albedo, nails)
        s, t = s * GRAIN_SCALE, t * GRAIN_SCALE
    else:
        s, t = 4000 * (p[0] + 0.5 * p[2]), 4000 * (p[1] - 0.5 * p[2])
    relief = nails[7] * (1 - nail) * grain[int(np.floor(t)) % size, int(np.floor(s)) % size]
    tint = 1 + 0.6 * relief
    return (albedo[0] * tint, albedo[1] * tint, albedo[2] * tint), nail, relief


@compiled
def _textured(texture: Array, s: float, t: float, albedo: Triple, nails: Array) -> tuple[Triple, float]:
    """A colour under a texture, bilinear, and how much of the place is nail."""
    height, width = texture.shape[:2]
    column = min(max(s * width - 0.5, 0.0), width - 1.001)
    row = min(max(t * height - 0.5, 0.0), height - 1.001)
    i, j = int(row), int(column)
    place = i, j, row - i, column - j
    nail = _bilinear(texture, place, 3)
    return (
        _painted(albedo[0] * _bilinear(texture, place, 0), nail, nails, 0),
        _painted(albedo[1] * _bilinear(texture, place, 1), nail, nails, 1),
        _painted(albedo[2] * _bilinear(texture, place, 2), nail, nails, 2),
    ), nail


@compiled
def _bilinear(texture: Array, place: tuple[int, int, float, float], channel: int) -> float:
    i, j, down, along = place
    upper = texture[i, j, channel] * (1 - along) + texture[i, j + 1, channel] * along
    lower = texture[i + 1, j, channel] * (1 - along) + texture[i + 1, j + 1, channel] * along
    return upper * (1 - down) + lower * down


@compiled
def _painted(value: float, nail: float, nails: Array, channel: int) -> float:
    """A channel of the skin's colour, as nail or polish where there is one."""
    natural = value * (1 + nail * (nails[channel] - 1))
    return natural + nail * nails[6] * (nails[3 + channel] - natural)


@compiled
def _mixed(values: Array, corners: tuple[int, int, int], shares: Triple) -> Triple:
    a, b, c = corners
    u, v, w = shares
    return (
        u * values[a, 0] + v * values[b, 0] + w * values[c, 0],
        u * values[a, 1] + v * values[b, 1] + w * values[c, 1],
        u * values[a, 2] + v * values[b, 2] + w * values[c, 2],
    )


@compiled
def _dot(a: Triple, b: Triple) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@compiled
def _unit(a: Triple) -> Triple:
    length = np.sqrt(_dot(a, a)) + 1e-12
    return a[0] / length, a[1] / length, a[2] / length
