"""A thousand rendered hands: their truth is where the picture shows skin, and they are as varied as promised."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from layouts.truth import stand_in_models

from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import axis_angle_to_matrix, load_free_hand, skin
from hand_recon_ros.render.rasterizer import rasterize
from hand_recon_ros.types import JOINT_COUNT, Side
from hand_recon_train.datasets.inspection import doubts
from hand_recon_train.synthetic import drawing
from hand_recon_train.synthetic.backdrops import Photograph
from hand_recon_train.synthetic.gestures import KINDS
from hand_recon_train.synthetic.posing import ALLOWED
from hand_recon_train.synthetic.renderer import Recipe, Rendered, Renderer

COUNT, SIZE = 1000, 64
CLEAN = Recipe(seed=7, size=SIZE, poor_cameras=False)


class Blue:
    """Backdrops of a blue that skin never has."""

    def draw(self, rng, size):
        return Photograph(np.full((size, size, 3), (0, 0, 255), np.uint8), np.float32(1))


class Hands(NamedTuple):
    rendered: list[Rendered]

    def __iter__(self):
        return ((one, hand) for one in self.rendered for hand in one.sample.hands)


@pytest.fixture(scope="module")
def thousand():
    """Pictures with bare nails before blue, from a camera without noise."""
    with pytest.MonkeyPatch.context() as patch:
        drawn = drawing.draw_skin
        patch.setattr(drawing, "draw_skin", lambda rng: replace(drawn(rng), polished=0.0))
        patch.setattr(drawing, "Backdrops", lambda files: Blue())
        render = Renderer(CLEAN)
        return Hands([render(k) for k in range(COUNT)])


def shown(image, pixels):
    """The 3x3 pixels (N, 9, 3) around places (N, 2)."""
    padded = np.pad(image, ((2, 2), (2, 2), (0, 0)), mode="edge")
    u, v = np.rint(pixels).astype(int).T + 2
    return np.stack([padded[v + i, u + j] for i in (-1, 0, 1) for j in (-1, 0, 1)], axis=1).astype(float)


def test_projected_joints_hit_rendered_skin(thousand):
    checked = 0
    for one, hand in thousand:
        if not hand.visible.any():
            continue
        pixels = project(one.sample.camera, hand.joints[hand.visible])
        colours = shown(one.sample.image, pixels)
        # Skin of any tone in any light is lit, and redder than green; at 64 pixels, edges of objects mix with it.
        redder = (colours[..., 0] > 0.98 * colours[..., 1]) | ("holding" in one.content)
        skin = (colours[..., 0] > 10) & redder
        assert skin.any(axis=1).all(), one.sample.source
        assert shown(hand.mask[..., None], pixels).any(axis=(1, 2)).all(), one.sample.source
        checked += len(pixels)
    assert checked > 15 * COUNT


def test_joints_that_are_not_visible_are_hidden_or_outside(thousand):
    """Before a wall and without a second hand, an object or a sleeve in the way, only the hand itself hides."""
    for one, hand in list(thousand)[:200]:
        inside = ((hand.joints_2d > 0) & (hand.joints_2d < SIZE - 1)).all(axis=1)
        hidden = inside & ~hand.visible
        backdrop = shown(one.sample.image, hand.joints_2d[hidden])
        uncovered = (backdrop[..., 2] > 2 * backdrop[..., 0] + 100).all(axis=1)
        assert not uncovered.any(), one.sample.source


def test_masks_lie_within_the_silhouette_of_the_true_vertices(thousand):
    """Against another rasteriser."""
    for one, hand in list(thousand)[:60]:
        camera, faces = one.sample.camera, load_free_hand(hand.side).faces
        seen = rasterize(project(camera, hand.vertices), hand.vertices[:, 2], faces, (SIZE, SIZE))
        solid = np.pad(seen.face >= 0, 1)
        near = np.any([np.roll(solid, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1)], axis=0)[1:-1, 1:-1]
        assert not (hand.mask & ~near).any(), one.sample.source


def test_a_lone_hand_s_mask_fills_its_silhouette(thousand):
    alone = [one for one in thousand.rendered if one.content in KINDS][:60]
    shares = []
    for one in alone:
        (hand,) = one.sample.hands
        points = project(one.sample.camera, hand.vertices)
        seen = rasterize(points, hand.vertices[:, 2], load_free_hand(hand.side).faces, (SIZE, SIZE)).face >= 0
        shares.append((hand.mask & seen).sum() / max(1, seen.sum()))
    assert np.median(shares) > 0.9  # sleeves and arms before the hand hide the rest


def test_parameters_give_the_vertices(thousand):
    for _, hand in list(thousand)[:100]:
        rotations = axis_angle_to_matrix(hand.mano.pose.reshape(16, 3))
        model = load_free_hand(hand.side)
        vertices, joints = skin(model, rotations, hand.mano.betas, hand.mano.translation)
        assert np.abs(vertices - hand.vertices).max() < 1e-5
        assert np.abs(joints - hand.joints).max() < 1e-5


def test_the_truth_is_consistent(thousand):
    for one, hand in thousand:
        assert np.array_equal(hand.joints_2d, project(one.sample.camera, hand.joints))
        assert hand.visible.shape == (JOINT_COUNT,) and hand.mask.shape == (SIZE, SIZE)
        low, high = hand.box[:2] - 0.01, hand.box[:2] + hand.box[2:] + 0.01
        outline = project(one.sample.camera, hand.vertices)
        assert (outline >= low).all() and (outline <= high).all()
    assert not [doubt for one in thousand.rendered for doubt in doubts(one.sample)]


def test_all_kinds_of_hands_occur(thousand):
    words = Counter(word for one in thousand.rendered for word in one.content.replace(" + ", ", ").split(", "))
    for kind in (*KINDS, "any", "holding", "apart", "touching", "interlocked"):
        assert words[kind] > 0.03 * COUNT, kind
    sides = Counter(hand.side for _, hand in thousand)
    assert min(sides[Side.LEFT], sides[Side.RIGHT]) > 0.4 * sides.total()


def test_hands_are_seen_from_everywhere(thousand):
    """Of the directions out of the palm, in the camera frame, about an eighth lies in each octant; back views too."""
    palms = []
    for _, hand in thousand:
        ahead, across = hand.joints[9] - hand.joints[0], hand.joints[5] - hand.joints[17]
        palms.append(np.cross(across, ahead) * (1 if hand.side == Side.RIGHT else -1))
    octant = (np.sign(palms) > 0) @ [1, 2, 4]
    assert np.bincount(octant, minlength=8).min() > 0.09 * len(palms)


def test_fingers_rarely_run_through_one_another(thousand):
    overlaps = np.array([one.overlap for one in thousand.rendered])
    assert (overlaps > ALLOWED).mean() < 0.05
    assert overlaps.max() < 0.008


def test_skin_is_of_all_tones(thousand):
    light = [np.mean(one.sample.image[hand.mask]) for one, hand in thousand if hand.mask.sum() > 100]
    assert np.percentile(light, 5) < 60 and np.percentile(light, 95) > 170


def test_hands_of_the_user_s_model(tmp_path):
    """Vertices in another order, a mean pose, no texture: as MANO files are."""
    models = {side: replace(model, name="other") for side, model in stand_in_models().items()}
    render = Renderer(replace(CLEAN, models=models))
    for k in range(5):
        for hand in render(k).sample.hands:
            rotations = axis_angle_to_matrix(hand.mano.pose.reshape(16, 3))
            vertices, _ = skin(models[hand.side], rotations, hand.mano.betas, hand.mano.translation)
            assert np.abs(vertices - hand.vertices).max() < 1e-5
            assert hand.mask.any() or not hand.visible.any()


def test_one_sided_models_give_one_sided_hands():
    render = Renderer(replace(CLEAN, models={Side.LEFT: load_free_hand(Side.LEFT)}, two_handed=1.0))
    assert {hand.side for k in range(6) for hand in render(k).sample.hands} == {Side.LEFT}


def test_bad_recipes_are_refused():
    for change, said in (({"size": 8}, "32 to 1024"), ({"two_handed": 1.5}, "0 to 1"), ({"seed": -1}, "seed")):
        with pytest.raises(ValueError, match=said):
            replace(CLEAN, **change)
