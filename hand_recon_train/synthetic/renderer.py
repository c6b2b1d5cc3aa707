"""One labelled picture from a seed, on the processor: everything about sample i depends on (seed, i) alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.types import ByteImage, CameraModel
from hand_recon_train.datasets.sample import HandTruth, Sample
from hand_recon_train.synthetic.capsules import openness
from hand_recon_train.synthetic.drawing import Drawing, Recipe, Shot
from hand_recon_train.synthetic.painting import paint, shadow_on_wall
from hand_recon_train.synthetic.samples import SAMPLES
from hand_recon_train.synthetic.sensor import exposed, from_jpeg, to_jpeg
from hand_recon_train.synthetic.shading import shade
from hand_recon_train.synthetic.shadows import shadow_map
from hand_recon_train.synthetic.truth import Known, known_about, seen_hands
from hand_recon_train.synthetic.views import pixels_of
from hand_recon_train.synthetic.zbuffer import rasterise

__all__ = ["Recipe", "Rendered", "Renderer", "render"]

Array = npt.NDArray[Any]

WALL_SHADE = 0.6
"""Share of a wall's light that the key lamp's shadow takes."""


@dataclass(frozen=True)
class Rendered:
    """A picture's file and truth, with what is known of how it was made.

    Attributes:
        jpeg: the picture's file.
        camera: intrinsics.
        hands: their truth.
        source: name of the sample.
        content: what is on it, as "grasp, holding" or "fist + open, touching".
        overlap: metres by which fingers of a hand enter one another as capsules, the worst hand's.
    """

    jpeg: bytes
    camera: CameraModel
    hands: tuple[HandTruth, ...]
    source: str
    content: str
    overlap: float

    @cached_property
    def sample(self) -> Sample:
        """Picture and truth; the picture is what the file decodes to."""
        return Sample(from_jpeg(self.jpeg), self.camera, self.hands, self.source)


class Renderer:
    """Renders the samples of a recipe, in any order."""

    def __init__(self, recipe: Recipe) -> None:
        """Prepare the hands; the first picture of a machine also compiles the inner loops."""
        self.recipe = recipe
        self._draw = Drawing(recipe)

    def __call__(self, index: int) -> Rendered:
        """Sample `index` of the stream."""
        return render(self._draw(index))


def render(shot: Shot) -> Rendered:
    """The picture of a shot, and what is true of it."""
    known = known_about(shot)
    return finished(known, *expose(shot, known))


def expose(shot: Shot, known: Known) -> tuple[ByteImage, tuple[HandTruth, ...]]:
    """The picture (H, W, 3) as the sensor reads it, and its hands."""
    scene, size = shot.scene, shot.view.camera.width
    points, nearness = pixels_of(shot.view.camera, scene.vertices)
    points = SAMPLES * (points + 0.5) - 0.5
    face, nearest = rasterise(points, nearness, scene.faces, (SAMPLES * size, SAMPLES * size))
    shadow = shadow_map(scene, shot.light)
    open_share = openness(scene.vertices, scene.normals, shot.capsules)
    picture, labels = shade(scene, open_share, points, face, _behind(shot, shadow), shot.light, shot.skin, shadow)
    return exposed(picture, shot.sensor), seen_hands(known, scene.owner, face, nearest, labels)


def finished(known: Known, image: ByteImage, hands: tuple[HandTruth, ...]) -> Rendered:
    """A picture as its camera stores it, with its truth."""
    jpeg = to_jpeg(image, known.sensor)
    return Rendered(jpeg, known.camera, hands, known.source, known.content, known.overlap)


def _behind(shot: Shot, shadow: tuple[Array, Array]) -> Array:
    """The backdrop, with the hands' shadow on it where it is a wall close behind them."""
    backdrop = paint(shot.backdrop)
    if shot.wall is None:
        return backdrop
    camera = shot.view.camera
    centre, softness = np.array([camera.cx, camera.cy]), shot.light.softness + 1
    share = shadow_on_wall((camera.fx + camera.fy) / 2, centre, camera.width, shot.wall, shadow, softness)
    return np.asarray(backdrop * (1 - WALL_SHADE * (1 - share[..., None])), np.float32)
