"""Light on the places of a batch: the model of hand_recon_train.synthetic.shading, all places at once."""

from __future__ import annotations

from typing import NamedTuple

import torch

from hand_recon_train.synthetic.device.batch import Lighting, Meshes
from hand_recon_train.synthetic.device.places import Places, Surface
from hand_recon_train.synthetic.device.shadows import lit_share, on_map
from hand_recon_train.synthetic.looks import skin_grain, skin_texture
from hand_recon_train.synthetic.shading import ENCODING, ENCODING_STEPS, GRAIN_SCALE, MATERIALS
from hand_recon_train.synthetic.surfaces import METAL, SKIN

Tensor = torch.Tensor


class Tables(NamedTuple):
    """What all pictures share: texture (H, W, 4) and grain (G, G) of skin, materials (M, 5), sRGB's encoding (E,)."""

    texture: Tensor
    grain: Tensor
    materials: Tensor
    encoding: Tensor


def tables_on(device: torch.device) -> Tables:
    """The tables on a device."""
    return Tables(
        *(torch.tensor(table, device=device) for table in (skin_texture(), skin_grain(), MATERIALS, ENCODING))
    )


def shade(
    places: Places, surface: Surface, meshes: Meshes, lighting: Lighting, shadows: Tensor, tables: Tables
) -> Tensor:
    """Colours (N, 3) of the places, sRGB in 0 to 255.

    Args:
        places: on the meshes.
        surface: what they show.
        meshes: of the batch.
        lighting: of its pictures.
        shadows: (B, S, S) of shadow_maps.
        tables: on the same device.
    """
    material = meshes.material[places.face].long()
    albedo, nail, relief = _painted_skin(places, surface, meshes, lighting.nails[places.picture], tables)
    lamps = lighting.lamps[places.picture]
    reached = (surface.normal * lamps[:, 0]).sum(dim=1) > -0.45
    place = on_map(lighting.to_map[places.picture].float(), surface.point)
    lit = lit_share(place, shadows, places.picture, lighting.softness[places.picture]) * reached
    answer = tables.materials[material]
    light = _light(surface, answer, material == METAL, albedo, nail, relief, lit, lamps)
    return _encoded(light, tables.encoding)


def _painted_skin(
    places: Places, surface: Surface, meshes: Meshes, nails: Tensor, tables: Tables
) -> tuple[Tensor, Tensor, Tensor]:
    """Reflectance (N, 3), how much is nail (N,), and the relief (N,)."""
    uv = (surface.shares[..., None] * meshes.uv[places.face]).sum(dim=1)
    is_skin, textured = meshes.material[places.face] == SKIN, uv[:, 0].isfinite()
    x, y, z = surface.point.unbind(dim=1)
    place = torch.where(textured[:, None], uv, torch.stack([4 * (x + 0.5 * z), 4 * (y - 0.5 * z)], dim=1))
    texel = _bilinear(tables.texture, place)
    texel = torch.where((is_skin & textured)[:, None], texel, texel.new_tensor([1.0, 1, 1, 0]))
    nail = texel[:, 3]
    natural = surface.albedo * texel[:, :3] * (1 + nail[:, None] * (nails[:, :3] - 1))
    albedo = natural + (nail * nails[:, 6])[:, None] * (nails[:, 3:6] - natural)
    column, row = (place * GRAIN_SCALE).floor().long().remainder(len(tables.grain)).unbind(dim=1)
    relief = torch.where(is_skin, nails[:, 7] * (1 - nail) * tables.grain[row, column], 0.0)
    return albedo * (1 + 0.6 * relief)[:, None], nail, relief


def _bilinear(texture: Tensor, place: Tensor) -> Tensor:
    """Texels (N, C) of a texture (H, W, C) at places (N, 2) in 0 to 1."""
    height, width = texture.shape[:2]
    most = torch.tensor([width - 1.001, height - 1.001], device=place.device)
    at = (place * torch.tensor([width, height], device=place.device) - 0.5).clamp(min=0).minimum(most)
    corner = at.floor()
    along, down = (at - corner)[:, :1], (at - corner)[:, 1:]
    first = corner[:, 1].long() * width + corner[:, 0].long()
    texels = texture.view(height * width, -1)
    upper = torch.lerp(texels[first], texels[first + 1], along)
    lower = torch.lerp(texels[first + width], texels[first + width + 1], along)
    return torch.lerp(upper, lower, down)


def _light(
    surface: Surface,
    answer: Tensor,
    metal: Tensor,
    albedo: Tensor,
    nail: Tensor,
    relief: Tensor,
    lit: Tensor,
    lamps: Tensor,
) -> Tensor:
    """Linear colours (N, 3) of the light that comes from the places.

    answer: (N, 5) of each one's material. metal: (N,) whether it is one. lamps: (N, 7, 3) of Light.table.
    """
    key, key_colour, fill, fill_colour, above, sky, ground = lamps.unbind(dim=1)
    gloss, exponent, wrap = answer[:, 0] * (1 + 1.5 * nail), answer[:, 1] * (1 + 2 * nail), answer[:, 2:]
    view = _unit(-surface.point)
    towards, up = _dot(surface.normal, key) + relief, 0.5 + 0.5 * _dot(surface.normal, above)[:, None]
    filled = (_dot(surface.normal, fill).clamp(min=0) * surface.open)[:, None]
    along = _dot(surface.normal, _unit(view + key))
    grazing = (1 - _dot(surface.normal, view).clamp(min=0)) ** 4
    shine = 3 * gloss * (0.35 + 0.65 * grazing) * along.clamp(min=0) ** exponent * lit
    shine = torch.where((towards > 0) & (along > 0.5), shine, 0.0)[:, None]
    sheen = (0.25 * gloss * grazing * surface.open)[:, None]
    diffuse = ((towards[:, None] + wrap) / (1 + wrap)).clamp(min=0) * lit[:, None]
    ambient = (up * sky + (1 - up) * ground) * surface.open[:, None]
    tint = torch.where(metal[:, None], albedo, 1.0)
    reflected = tint * (shine * key_colour + sheen * (sky + ground))
    return albedo * (diffuse * key_colour + filled * fill_colour + ambient) + reflected


def _encoded(light: Tensor, table: Tensor) -> Tensor:
    """Linear light as sRGB in 0 to 255, highlights rolled off."""
    step = light.clamp(0, 4) * ENCODING_STEPS
    k = step.long()
    return torch.lerp(table[k], table[k + 1], step - k)


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum(dim=1)


def _unit(a: Tensor) -> Tensor:
    return a / (a.norm(dim=1, keepdim=True) + 1e-12)
