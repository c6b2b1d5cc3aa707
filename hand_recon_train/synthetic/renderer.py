"""One labelled picture from a seed: everything about sample i depends on (seed, i) alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.types import CameraModel, Side
from hand_recon_train.datasets.sample import Sample
from hand_recon_train.synthetic.backdrops import Backdrops, shadow_on_wall
from hand_recon_train.synthetic.capsules import Capsules, openness
from hand_recon_train.synthetic.gestures import GRASPS
from hand_recon_train.synthetic.holding import draw_held
from hand_recon_train.synthetic.lamps import Light
from hand_recon_train.synthetic.looks import draw_light, draw_skin, draw_skin_colour, draw_tone
from hand_recon_train.synthetic.pairs import any_turn, draw_partner, other_side
from hand_recon_train.synthetic.posing import SHAPE_SD, PosedHand, draw_hand
from hand_recon_train.synthetic.rig import free_hand_rig, rig_of
from hand_recon_train.synthetic.samples import SAMPLES
from hand_recon_train.synthetic.sensor import STILL, Sensor, draw_sensor, exposed, from_jpeg, to_jpeg
from hand_recon_train.synthetic.shading import shade
from hand_recon_train.synthetic.shadows import shadow_map
from hand_recon_train.synthetic.surfaces import SKIN, Surface, merged
from hand_recon_train.synthetic.truth import truth_of
from hand_recon_train.synthetic.views import View, draw_view, pixels_of, sheared
from hand_recon_train.synthetic.wear import draw_wear
from hand_recon_train.synthetic.zbuffer import rasterise

Array = npt.NDArray[Any]

TWO_HANDED, HOLDING = 0.35, 0.5
"""Share of pictures with a second hand; share of grasps and pinches of single hands that hold something."""
NEAR_WALL, WALL_SHADE = 0.45, 0.6
ORIENTATION_TRIES, ARM_TOWARDS_CAMERA = 4, 0.8
"""Cosine between the hand's direction and the view above which the forearm is before the hand."""
SIZES = (32, 1024)


@dataclass(frozen=True)
class Recipe:
    """What a stream of rendered hands is made of.

    Attributes:
        seed: of everything.
        size: pixels of the square pictures.
        backgrounds: picture files to cut backdrops from; none are painted only.
        models: hand models by side, the free hand unless given.
        two_handed: share of pictures with a second hand.
        poor_cameras: whether pictures are blurred, noisy and compressed; otherwise they are clean.

    Raises:
        ValueError: a size or share that cannot be.
    """

    seed: int = 0
    size: int = 224
    backgrounds: tuple[Path, ...] = ()
    models: Mapping[Side, HandModel] | None = field(default=None, repr=False)
    two_handed: float = TWO_HANDED
    poor_cameras: bool = True

    def __post_init__(self) -> None:
        if not SIZES[0] <= self.size <= SIZES[1]:
            raise ValueError(f"expected pictures of {SIZES[0]} to {SIZES[1]} pixels, got {self.size}")
        if not 0 <= self.two_handed <= 1:
            raise ValueError(f"expected a share of two-handed pictures in 0 to 1, got {self.two_handed}")
        if self.seed < 0:
            raise ValueError(f"expected a seed from 0, got {self.seed}")


@dataclass(frozen=True)
class Rendered:
    """A sample with what is known of how it was made.

    Attributes:
        sample: picture and truth; the picture is what `jpeg` decodes to.
        jpeg: the picture's file.
        content: what is on it, as "grasp, holding" or "fist + open, touching".
        overlap: metres by which fingers of a hand enter one another as capsules, the worst hand's.
    """

    sample: Sample
    jpeg: bytes
    content: str
    overlap: float


class Renderer:
    """Renders the samples of a recipe, in any order."""

    def __init__(self, recipe: Recipe) -> None:
        """Prepare the hands; the first picture of a machine also compiles the inner loops."""
        self.recipe = recipe
        models = recipe.models
        sides = (Side.LEFT, Side.RIGHT) if models is None else tuple(models)
        self._rigs = {side: free_hand_rig(side) if models is None else rig_of(models[side]) for side in sides}
        self._backdrops = Backdrops(recipe.backgrounds)

    def __call__(self, index: int) -> Rendered:
        """Sample `index` of the stream."""
        chance = np.random.default_rng((self.recipe.seed, index))
        posing, dressing, viewing, painting = chance.spawn(4)
        content, hands, held = self._draw_hands(posing)
        size = self.recipe.size
        sensor = draw_sensor(viewing, size) if self.recipe.poor_cameras else STILL
        turn = _shown(viewing, hands[0])
        middle = np.mean([hand.joints.mean(axis=0) for hand in hands], axis=0)
        shift = -turn @ middle
        hands = [hand.moved(turn, shift) for hand in hands]
        view = draw_view(viewing, np.concatenate([hand.joints for hand in hands]), size, sensor.movement)
        hands = [hand.moved(np.eye(3), view.place) for hand in hands]
        held = [surface.moved(turn, shift + view.place) for surface in held]
        surfaces = [*_dressed(dressing, hands), *held]
        return self._render(painting, index, content, hands, surfaces, view, sensor)

    def _draw_hands(self, rng: np.random.Generator) -> tuple[str, list[PosedHand], list[Surface]]:
        """What is on the picture, its hands, and what they hold, about the first hand's middle."""
        side = list(self._rigs)[rng.integers(len(self._rigs))]
        hand = draw_hand(rng, self._rigs[side])
        if rng.random() < self.recipe.two_handed:
            beside = other_side(rng, side)
            rig = self._rigs.get(beside, self._rigs[side])
            # Mostly one person's hands, which are alike.
            betas = hand.betas if rng.random() < 0.8 else rng.normal(0, SHAPE_SD, 10).astype(np.float32)
            relation, first, second = draw_partner(rng, hand, rig, betas)
            return f"{first.kind} + {second.kind}, {relation}", [first, second], []
        held = draw_held(rng, hand) if hand.kind in GRASPS and rng.random() < HOLDING else []
        return f"{hand.kind}, holding" if held else hand.kind, [hand], held

    def _render(
        self,
        rng: np.random.Generator,
        index: int,
        content: str,
        hands: Sequence[PosedHand],
        surfaces: Sequence[Surface],
        view: View,
        sensor: Sensor,
    ) -> Rendered:
        size, camera = self.recipe.size, view.camera
        scene = merged([replace(surface, vertices=sheared(view, surface.vertices)) for surface in surfaces])
        points, nearness = pixels_of(camera, scene.vertices)
        points = SAMPLES * (points + 0.5) - 0.5
        face, nearest = rasterise(points, nearness, scene.faces, (SAMPLES * size, SAMPLES * size))
        light = draw_light(rng)
        shadow = shadow_map(scene, light)
        backdrop = self._backdrops.draw(rng, size)
        if rng.random() < NEAR_WALL:
            backdrop = _shaded_wall(rng, backdrop, camera, hands, light, shadow)
        bones = Capsules(*(np.concatenate(parts) for parts in zip(*(hand.capsules for hand in hands), strict=True)))
        open_share = openness(scene.vertices, scene.normals, bones)
        picture, labels = shade(scene, open_share, points, face, backdrop, light, draw_skin(rng), shadow)
        jpeg = to_jpeg(exposed(picture, sensor), sensor)
        truths = tuple(truth_of(k + 1, hand, view, scene, face, nearest, labels) for k, hand in enumerate(hands))
        sample = Sample(from_jpeg(jpeg), camera, truths, f"rendered/{self.recipe.seed}/{index:09d}")
        return Rendered(sample, jpeg, content, max(hand.overlap for hand in hands))


def _shown(rng: np.random.Generator, hand: PosedHand) -> Array:
    """Any orientation (3, 3) in which the forearm does not hide its own hand."""
    for _ in range(ORIENTATION_TRIES):
        turn = any_turn(rng)
        if turn[2] @ hand.rotations[0] @ hand.rig.ahead < ARM_TOWARDS_CAMERA:
            break
    return turn


def _dressed(rng: np.random.Generator, hands: Sequence[PosedHand]) -> list[Surface]:
    """Skin of the hands, owned from 1, and what they wear; hands of one shape are one person's."""
    surfaces, tone = [], draw_tone(rng)
    for number, hand in enumerate(hands):
        if not np.array_equal(hand.betas, hands[0].betas):
            tone = draw_tone(rng)
        look, colours = hand.rig.appearance, draw_skin_colour(rng, hand.rig, tone)
        uv = None if look is None else look.uv
        surfaces.append(Surface(hand.vertices, hand.rig.model.faces, colours, SKIN, number + 1, uv))
        surfaces += draw_wear(rng, hand, colours)
    return surfaces


def _shaded_wall(
    rng: np.random.Generator,
    backdrop: Array,
    camera: CameraModel,
    hands: Sequence[PosedHand],
    light: Light,
    shadow: tuple[Array, Array],
) -> Array:
    """The backdrop as a wall close behind the hands, with their shadow on it."""
    behind = float(max(hand.joints[:, 2].max() for hand in hands)) + rng.uniform(0.01, 0.2)
    centre = np.array([camera.cx, camera.cy])
    share = shadow_on_wall((camera.fx + camera.fy) / 2, centre, camera.width, behind, shadow, light.softness + 1)
    return np.asarray(backdrop * (1 - WALL_SHADE * (1 - share[..., None])), np.float32)
