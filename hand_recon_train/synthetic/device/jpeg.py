"""What JPEG makes of a batch of pictures: coded and decoded without the file between.

Colour conversion, halved colours, transform and quantisation as in libjpeg (ITU-T T.81; the smooth enlargement of
colours is libjpeg's "fancy upsampling"). The lossless rest of a JPEG changes nothing and is left out. Differs from
OpenCV's bytes where rounding of a coefficient does.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch

Tensor = torch.Tensor

LUMINANCE = [
    [16, 11, 10, 16, 24, 40, 51, 61],
    [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77],
    [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101],
    [72, 92, 95, 98, 112, 100, 103, 99],
]
CHROMINANCE = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]
"""Steps of quantisation at quality 50 (T.81, tables K.1 and K.2); what is not there is 99."""
TO_COLOURS = [[0.299, 0.587, 0.114], [-0.168735892, -0.331264108, 0.5], [0.5, -0.418687589, -0.081312411]]
TO_RGB = [[1.0, 0.0, 1.402], [1.0, -0.344136286, -0.714136286], [1.0, 1.772, 0.0]]


def through_jpeg(images: Tensor, quality: Tensor, subsampled: Tensor) -> Tensor:
    """Images (B, H, W, 3) uint8 after coding with qualities (B,) and decoding; colours halved where subsampled (B,)."""
    height, width = images.shape[1:3]
    planes = images.permute(0, 3, 1, 2).float()
    planes = (_mixed(planes, TO_COLOURS) + planes.new_tensor([0.0, 128, 128])[:, None, None] + 0.5).floor()
    steps = _steps(quality)
    luminance = _coded(planes[:, :1], steps[:, :1])
    halved = _doubled(_coded(_halved(planes[:, 1:]), steps[:, 1:]))[..., :height, :width]
    colours = torch.where(subsampled[:, None, None, None], halved, _coded(planes[:, 1:], steps[:, 1:]))
    decoded = _mixed(torch.cat([luminance, colours - 128], dim=1), TO_RGB)
    return (decoded + 0.5).clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def _mixed(planes: Tensor, table: list[list[float]]) -> Tensor:
    """Planes (B, 3, H, W) mixed by rows of a table."""
    first, second, third = planes.unbind(dim=1)
    return torch.stack([a * first + b * second + c * third for a, b, c in table], dim=1)


def _steps(quality: Tensor) -> Tensor:
    """Steps of quantisation (B, 2, 8, 8) for luminance and colours, by libjpeg's scale of quality."""
    chrominance = np.full((8, 8), 99)
    chrominance[:4, :4] = CHROMINANCE
    tables = torch.tensor(np.stack([LUMINANCE, chrominance]), device=quality.device)
    scale = torch.where(quality < 50, 5000 // quality.clamp(min=1), 200 - 2 * quality)
    return ((tables * scale[:, None, None, None] + 50) // 100).clamp(1, 255)


def _coded(planes: Tensor, steps: Tensor) -> Tensor:
    """Planes (B, C, H, W) after transform, quantisation by steps (B, 1, 8, 8), and back; whole numbers."""
    height, width = planes.shape[2:]
    transform = _cosines(planes.device)
    framed = torch.nn.functional.pad(planes, (0, -width % 8, 0, -height % 8), mode="replicate") - 128
    blocks = framed.unflatten(3, (-1, 8)).unflatten(2, (-1, 8)).transpose(3, 4)
    step = steps[:, :, None, None]
    levels = transform @ blocks @ transform.T / step
    levels = levels.sign() * (levels.abs() + 0.50001).floor()  # halves away from zero, as whole numbers would be
    decoded = (transform.T @ (levels * step) @ transform + 128.5).floor().clamp(0, 255)
    return decoded.transpose(3, 4).flatten(4, 5).flatten(2, 3)[..., :height, :width]


@lru_cache(maxsize=4)
def _cosines(device: torch.device) -> Tensor:
    """The discrete cosine transform (8, 8)."""
    k, x = np.meshgrid(np.arange(8), np.arange(8), indexing="ij")
    cosines = np.where(k == 0, 0.5**0.5, 1) / 2 * np.cos((2 * x + 1) * k * np.pi / 16)
    return torch.tensor(cosines, dtype=torch.float32, device=device)


def _halved(planes: Tensor) -> Tensor:
    """Means of two by two pixels; halves are rounded down in even columns, up in odd ones."""
    height, width = planes.shape[2:]
    even = torch.nn.functional.pad(planes, (0, width % 2, 0, height % 2), mode="replicate")
    total = even[..., ::2, :] + even[..., 1::2, :]
    total = total[..., ::2] + total[..., 1::2]
    return ((total + 1 + torch.arange(total.shape[-1], device=planes.device) % 2) / 4).floor()


def _doubled(planes: Tensor) -> Tensor:
    """Planes of twice the size, each pixel of three parts of the nearest one and one of the next, down and across."""
    framed = torch.nn.functional.pad(planes, (0, 0, 1, 1), mode="replicate")
    here, above, below = framed[:, :, 1:-1], framed[:, :, :-2], framed[:, :, 2:]
    rows = torch.stack([3 * here + above, 3 * here + below], dim=3).flatten(2, 3)
    framed = torch.nn.functional.pad(rows, (1, 1, 0, 0), mode="replicate")
    here, left, right = framed[..., 1:-1], framed[..., :-2], framed[..., 2:]
    return (torch.stack([3 * here + left + 8, 3 * here + right + 7], dim=4) / 16).floor().flatten(3, 4)
