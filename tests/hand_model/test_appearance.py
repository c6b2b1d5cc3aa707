import numpy as np
import pytest

from hand_recon_ros.hand_model import free_hand_appearance, load_free_hand
from hand_recon_ros.types import Side


@pytest.fixture(scope="module")
def looks():
    return free_hand_appearance()


def centres(looks):
    """Colour at the centre of every face."""
    count = len(looks.uv)
    return looks.colours(np.arange(count), np.full((count, 3), 1 / 3))


def test_every_face_lies_on_the_texture(looks, hand):
    assert looks.uv.shape == (len(hand.faces), 3, 2)
    assert looks.uv.min() >= 0 and looks.uv.max() <= 1
    a, b = looks.uv[:, 1] - looks.uv[:, 0], looks.uv[:, 2] - looks.uv[:, 0]
    area = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
    assert area.min() > 0


def test_the_palm_is_lighter_than_the_back(looks, hand):
    corners = hand.template[hand.faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    up = normal[:, 1] / np.linalg.norm(normal, axis=1)
    palm = hand.weights[hand.faces, 0].mean(axis=1) > 0.9
    colour = centres(looks).mean(axis=1)
    assert colour[palm & (up < -0.8)].mean() > colour[palm & (up > 0.8)].mean() + 0.03
    assert 255 * centres(looks)[palm & (up > 0.8)].mean(axis=0) == pytest.approx(looks.skin_tone, abs=6)


@pytest.mark.parametrize("finger", range(5))
def test_every_finger_has_a_nail(looks, hand, finger):
    last = np.flatnonzero(hand.weights[hand.faces, 3 + 3 * finger].mean(axis=1) > 0.9)
    inside = np.random.default_rng(1).dirichlet([1, 1, 1], 60)
    colour = looks.colours(np.repeat(last, 60), np.tile(inside, (len(last), 1)))
    share = (colour.mean(axis=1) > 1.1 * looks.skin_tone.mean() / 255) & (
        colour[:, 2] > 1.15 * looks.skin_tone[2] / 255
    )
    assert share.any()


def test_another_tone_keeps_the_pattern(looks):
    dark = np.array([0.3, 0.2, 0.15], np.float32)
    face, where = np.arange(50), np.full((50, 3), 1 / 3)
    ratio = looks.colours(face, where, dark) / looks.colours(face, where)
    assert ratio == pytest.approx(np.tile(dark / (looks.skin_tone / 255), (50, 1)), rel=1e-4)


def test_left_hand_has_the_mirrored_pattern(looks):
    left, right = load_free_hand(Side.LEFT), load_free_hand(Side.RIGHT)
    shares = np.array([[0.6, 0.3, 0.1]])
    for face in (0, 700, 1500):
        assert (left.faces[face] == right.faces[face][::-1]).all()
        mirrored = free_hand_appearance(Side.LEFT).colours(np.array([face]), shares[:, ::-1])
        assert mirrored == pytest.approx(looks.colours(np.array([face]), shares))
