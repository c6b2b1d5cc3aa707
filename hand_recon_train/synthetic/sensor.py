"""From light to a file: movement and focus, vignetting, noise, JPEG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.types import ByteImage
from hand_recon_train.synthetic.compiled import compiled

Array = npt.NDArray[Any]

MOVING, SOFT, VIGNETTED = 0.4, 0.4, 0.3
MOST_MOVEMENT = 0.035
"""Of the picture's width, how far it moves during an exposure at most."""


@dataclass(frozen=True)
class Sensor:
    """What happens to a picture.

    Attributes:
        movement: (2,) pixels that it moves while exposed; the truth is the middle of it.
        softness: standard deviation of the focus' blur, pixels.
        vignette: share of light that the corners lose.
        read_noise: standard deviation of noise in the dark, in 0 to 255. shot_noise: at full light.
        quality: of the JPEG, 0 to 100. subsampled: whether its colours have half the resolution.
        seed: of the noise.
    """

    movement: Array
    softness: float
    vignette: float
    read_noise: float
    shot_noise: float
    quality: int
    subsampled: bool
    seed: int

    @property
    def moves(self) -> bool:
        """Whether so far that it shows."""
        return bool(np.abs(self.movement).max() > 0.3)


STILL = Sensor(np.zeros(2), 0, 0, 0, 0, 98, False, 0)
"""A sensor that leaves a picture as it is, but for a fine JPEG."""


def draw_sensor(rng: np.random.Generator, size: int) -> Sensor:
    """Any camera from good to poor."""
    far = rng.exponential(0.25 * MOST_MOVEMENT) if rng.random() < MOVING else 0.0
    way = rng.uniform(0, 2 * np.pi)
    poor = rng.beta(1.2, 3)
    return Sensor(
        movement=min(far, MOST_MOVEMENT) * size * np.array([np.cos(way), np.sin(way)]),
        softness=float(rng.uniform(0.3, 1.2)) * size / 224 if rng.random() < SOFT else 0.0,
        vignette=float(rng.uniform(0, 0.45)) if rng.random() < VIGNETTED else 0.0,
        read_noise=8 * poor * float(rng.uniform(0.2, 1)),
        shot_noise=11 * poor * float(rng.uniform(0.2, 1)),
        quality=int(rng.integers(45, 98)),
        subsampled=bool(rng.random() < 0.6),
        seed=int(rng.integers(2**31)),
    )


def exposed(picture: Array, sensor: Sensor) -> ByteImage:
    """The picture (H, W, 3) in 0 to 255 as the sensor reads it."""
    if sensor.moves:
        picture = cv2.filter2D(picture, -1, streak(sensor.movement), borderType=cv2.BORDER_REFLECT)
    if sensor.softness > 0:
        picture = cv2.GaussianBlur(picture, (0, 0), sensor.softness)
    if sensor.vignette > 0:
        picture = picture * _falloff(len(picture), sensor.vignette)
    out = np.empty(picture.shape, np.uint8)
    _read_out(np.ascontiguousarray(picture, np.float32), sensor.read_noise, sensor.shot_noise, sensor.seed, out)
    return out


def to_jpeg(image: ByteImage, sensor: Sensor) -> bytes:
    """The file that the camera writes."""
    factor = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if sensor.subsampled else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    options = [cv2.IMWRITE_JPEG_QUALITY, sensor.quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
    return bytes(cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)[1])


def from_jpeg(data: bytes) -> ByteImage:
    """The picture (H, W, 3) of such a file.

    Raises:
        ValueError: it is none.
    """
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("expected a JPEG, got something else")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def streak(movement: Array) -> Array:
    """A symmetric kernel along a movement in pixels, so that the truth stays in its middle."""
    half = int(np.ceil(np.abs(movement).max() / 2)) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for share in np.linspace(-0.5, 0.5, 4 * half + 1):
        x, y = half + share * movement
        i, j = int(y), int(x)
        down, along = y - i, x - j
        kernel[i, j] += (1 - down) * (1 - along)
        kernel[i, j + 1] += (1 - down) * along
        kernel[i + 1, j] += down * (1 - along)
        kernel[i + 1, j + 1] += down * along
    return kernel / kernel.sum()


def _falloff(size: int, strength: float) -> Array:
    along = np.linspace(-1, 1, size, dtype=np.float32) ** 2
    return (1 - np.float32(strength) * (along[:, None] + along) / 2)[..., None]


@compiled
def _read_out(picture: Array, read: float, shot: float, seed: int, out: Array) -> None:
    """Round to bytes, with noise that grows with light."""
    height, width, channels = picture.shape
    state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x1234567)
    for i in range(height):
        for j in range(width):
            for k in range(channels):
                state = state ^ (state << np.uint64(13))
                state = state ^ (state >> np.uint64(7))
                state = state ^ (state << np.uint64(17))  # xorshift64, Marsaglia 2003
                # The sum of four 16-bit numbers is nearly normal, of standard deviation 37,837.
                low = np.int64(state & np.uint64(0xFFFF)) + np.int64((state >> np.uint64(16)) & np.uint64(0xFFFF))
                high = np.int64((state >> np.uint64(32)) & np.uint64(0xFFFF)) + np.int64(state >> np.uint64(48))
                value = min(255.0, max(0.0, picture[i, j, k]))
                chance = (low + high - 131070) / 37837.0
                noisy = value + (read + shot * value / 255) * chance + 0.5
                out[i, j, k] = np.uint8(min(255.0, max(0.0, noisy)))
