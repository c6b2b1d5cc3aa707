"""Which networks make up a model that users can name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from hand_recon_ros.hand_model import HandModel, free_hand_anatomy
from hand_recon_ros.networks.cards import check_shipped
from hand_recon_ros.networks.registry import find_network
from hand_recon_ros.paths import shared_file
from hand_recon_ros.pipeline.articulation import Articulation, attach_points

DEFAULT = "landmarks_full"


@dataclass(frozen=True)
class Recipe:
    """A palm detector, a landmark network and the regressor from mesh vertices to that network's points."""

    name: str
    detector: str
    landmarker: str
    regressor: str
    summary: str


RECIPES = (
    Recipe(
        "landmarks_full",
        "palm_detector",
        "hand_landmark_full",
        "landmark_regressor.npz",
        "21 landmarks and a model fit",
    ),
    Recipe(
        "landmarks_lite",
        "palm_detector",
        "hand_landmark_lite",
        "landmark_regressor.npz",
        "the same, half the time, less exact",
    ),
)


def find_recipe(name: str) -> Recipe:
    """The recipe of a model name; "default" is the one that measures best.

    Raises:
        ValueError: an unknown name; the sentence lists the known ones.
    """
    for recipe in RECIPES:
        if recipe.name == (DEFAULT if name == "default" else name):
            return recipe
    known = ", ".join(["default", *(recipe.name for recipe in RECIPES)])
    raise ValueError(f"the model must be one of {known}, got {name!r}; `hand-recon models` describes them")


def check_model(name: str) -> None:
    """Check that the weights of a model are there and intact, without loading them.

    Raises:
        ValueError: an unknown model, or damaged weights.
        FileNotFoundError: weights are missing.
    """
    recipe = find_recipe(name)
    for network in (recipe.detector, recipe.landmarker):
        check_shipped(find_network(network).weights or "")


def load_articulation(hand: HandModel, recipe: Recipe) -> Articulation:
    """The right hand with the points of the recipe's landmark network.

    Raises:
        ValueError: the regressor was made for vertices in another order or place.
    """
    with np.load(shared_file("models", recipe.regressor), allow_pickle=False) as data:
        if str(data["hand"]) != template_digest(hand):
            raise ValueError(
                f"models/{recipe.regressor} was made for another hand than {hand.name}; "
                "make it again with `python -m tools.landmark_regressor`"
            )
        regressor = np.zeros((21, len(hand.template)), np.float64)
        regressor[data["rows"], data["columns"]] = data["values"]
    return attach_points(hand, free_hand_anatomy(), regressor)


def template_digest(hand: HandModel) -> str:
    """What tells one hand's vertices from another's: SHA-256 of the template."""
    return hashlib.sha256(np.ascontiguousarray(hand.template).tobytes()).hexdigest()
