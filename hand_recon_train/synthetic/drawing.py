"""All that is drawn by chance for a picture, before anything is rendered; it depends on (seed, index) alone.

Both renderers, the one on the processor and the one on a device, are fed by this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.types import Side
from hand_recon_train.synthetic.backdrops import Backdrop, Backdrops
from hand_recon_train.synthetic.capsules import Capsules
from hand_recon_train.synthetic.gestures import GRASPS
from hand_recon_train.synthetic.holding import draw_held
from hand_recon_train.synthetic.lamps import Light, Skin
from hand_recon_train.synthetic.looks import draw_light, draw_skin, draw_skin_colour, draw_tone
from hand_recon_train.synthetic.pairs import any_turn, draw_partner, other_side
from hand_recon_train.synthetic.posing import SHAPE_SD, PosedHand, draw_hand
from hand_recon_train.synthetic.rig import free_hand_rig, rig_of
from hand_recon_train.synthetic.sensor import STILL, Sensor, draw_sensor
from hand_recon_train.synthetic.surfaces import SKIN, Scene, Surface, merged
from hand_recon_train.synthetic.views import View, draw_view, sheared
from hand_recon_train.synthetic.wear import draw_wear

Array = npt.NDArray[Any]

TWO_HANDED, HOLDING = 0.35, 0.5
"""Share of pictures with a second hand; share of grasps and pinches of single hands that hold something."""
NEAR_WALL = 0.45
"""Share of pictures with a wall close behind the hands."""
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
class Shot:
    """A picture that is yet to be rendered.

    Attributes:
        source: name of the sample, of its seed and index.
        content: what is on it, as "grasp, holding" or "fist + open, touching".
        hands: one or two, in the camera frame; the skin of hand k has owner k + 1 in the scene.
        scene: all meshes in the camera frame, where the rolling shutter sees them.
        view: camera and shear. sensor: what happens to the picture.
        light: lamps. skin: textures. backdrop: what is behind.
        wall: depth in metres at which the backdrop takes the hands' shadow, None where it is far.
    """

    source: str
    content: str
    hands: tuple[PosedHand, ...]
    scene: Scene
    view: View
    sensor: Sensor
    light: Light
    skin: Skin
    backdrop: Backdrop
    wall: float | None

    @property
    def capsules(self) -> Capsules:
        """The bones of all hands with their flesh."""
        return Capsules(*(np.concatenate(parts) for parts in zip(*(hand.capsules for hand in self.hands), strict=True)))


class Drawing:
    """Draws the shots of a recipe, in any order."""

    def __init__(self, recipe: Recipe) -> None:
        """Prepare the hands."""
        self.recipe = recipe
        models = recipe.models
        sides = (Side.LEFT, Side.RIGHT) if models is None else tuple(models)
        self._rigs = {side: free_hand_rig(side) if models is None else rig_of(models[side]) for side in sides}
        self._backdrops = Backdrops(recipe.backgrounds)

    def __call__(self, index: int) -> Shot:
        """Shot `index` of the stream."""
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
        return Shot(
            source=f"rendered/{self.recipe.seed}/{index:09d}",
            content=content,
            hands=tuple(hands),
            scene=merged([replace(surface, vertices=sheared(view, surface.vertices)) for surface in surfaces]),
            view=view,
            sensor=sensor,
            # Drawn in this order.
            light=draw_light(painting),
            backdrop=self._backdrops.draw(painting, size),
            wall=_draw_wall(painting, hands),
            skin=draw_skin(painting),
        )

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


def _draw_wall(rng: np.random.Generator, hands: Sequence[PosedHand]) -> float | None:
    """Depth of a wall behind the hands, where there is one."""
    if rng.random() >= NEAR_WALL:
        return None
    return float(max(hand.joints[:, 2].max() for hand in hands)) + rng.uniform(0.01, 0.2)
