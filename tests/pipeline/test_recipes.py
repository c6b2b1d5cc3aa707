from dataclasses import replace

import pytest

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.pipeline.recipes import RECIPES, find_recipe, load_articulation


def test_the_default_is_one_of_the_models():
    assert find_recipe("default") in RECIPES


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_model_places_its_points_on_the_hand(recipe):
    points = load_articulation(load_free_hand(), recipe)
    assert points.regressor.shape == (21, 778)
    assert points.regressor.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert points.weights.sum(axis=0) == pytest.approx(1, abs=1e-5)


def test_points_for_another_hand_are_refused():
    hand = load_free_hand()
    other = replace(hand, template=hand.template[::-1])
    with pytest.raises(ValueError, match="made for another hand"):
        load_articulation(other, RECIPES[0])


def test_an_unknown_model_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="one of default, lifted_full, landmarks_full"):
        find_recipe("hamer")
