"""The models that users can name, and what each is made of."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hand_recon_ros.hand_model import HandModel, free_hand_anatomy
from hand_recon_ros.networks import find_intake, find_network, imported_names, imported_weights, mesh_network_names
from hand_recon_ros.networks.cards import Card, card_at, check_shipped, expect_intact
from hand_recon_ros.networks.intake import Intake, Region
from hand_recon_ros.paths import shared_file
from hand_recon_ros.pipeline.articulation import Articulation, attach_points
from hand_recon_ros.pipeline.hands import RIGHT_FILE, load_hands

logger = logging.getLogger(__name__)

DEFAULT = "lifted_full"


@dataclass(frozen=True)
class Recipe:
    """A palm detector, a landmark network and the regressor from mesh vertices to that network's points.

    Attributes:
        lifter: weights under models/ of a lifter of that network's landmarks, None where the fit stands alone.
    """

    name: str
    detector: str
    landmarker: str
    regressor: str
    summary: str
    lifter: str | None = None

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of the networks that run."""
        return self.detector, self.landmarker


@dataclass(frozen=True)
class MeshRecipe:
    """A mesh network; those that do not see whole pictures get their hands from the default recipe's networks.

    Attributes:
        name: of the network, or of weights of it that were imported under a name of their own.
    """

    name: str
    summary: str

    @property
    def intake(self) -> Intake:
        """What the network takes."""
        return find_intake(self.name)

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of the networks that run."""
        finders = () if self.intake.region == Region.IMAGE else RECIPES[0].networks
        return *finders, self.name


RECIPES = (
    Recipe(
        "lifted_full",
        "palm_detector",
        "hand_landmark_full",
        "landmark_regressor.npz",
        "21 landmarks, a small network from them to a pose, and a model fit",
        "landmark_lifter.safetensors",
    ),
    Recipe(
        "landmarks_full",
        "palm_detector",
        "hand_landmark_full",
        "landmark_regressor.npz",
        "the same without the small network",
    ),
    Recipe(
        "landmarks_lite",
        "palm_detector",
        "hand_landmark_lite",
        "landmark_regressor.npz",
        "the same with a smaller landmark network, half the time, less exact",
    ),
    Recipe(
        "sighted_full",
        "palm_detector",
        "hand_sight",
        "landmark_regressor.npz",
        "as lifted_full, with a landmark network that also tells what it sees of the fingers",
        "landmark_lifter.safetensors",
    ),
)


def model_recipes() -> tuple[Recipe | MeshRecipe, ...]:
    """Every model that can be named: of shipped networks, of the zoo, and weights imported under other names.

    Raises:
        ValueError: a card of imported weights is damaged.
    """
    zoo = mesh_network_names()
    own = [name for name in imported_names() if name not in zoo]
    return (
        *RECIPES,
        *(MeshRecipe(name, _summary(name)) for name in zoo),
        *(MeshRecipe(name, f"{_summary(name)}: own weights") for name in own),
    )


def _summary(name: str) -> str:
    return find_network(name).summary + ("; needs MANO" if find_intake(name).direct_mesh else "")


def find_recipe(name: str) -> Recipe | MeshRecipe:
    """The recipe of a model name; "default" is the one that measures best.

    Raises:
        ValueError: an unknown name; the sentence lists the known ones.
    """
    recipes = {recipe.name: recipe for recipe in model_recipes()}
    wanted = DEFAULT if name == "default" else name
    if wanted in recipes:
        return recipes[wanted]
    known = ", ".join(["default", *recipes])
    raise ValueError(f"the model must be one of {known}, got {name!r}; `hand-recon models` describes them")


def check_model(name: str, mano: Path | None = None, random_weights: bool = False) -> None:
    """Check that a model could be loaded, without loading it.

    Raises:
        ValueError: an unknown name, or weights or files of MANO that are damaged or do not fit.
        OSError: weights or files of MANO are missing; the sentence says how to get them.
    """
    recipe = find_recipe(name)
    for network in recipe.networks:
        if find_network(network).weights is None and random_weights:
            continue
        card, weights = weights_of(network)
        expect_intact(weights, card.sha256, card.bytes)
    if isinstance(recipe, MeshRecipe):
        hands_for(recipe, mano, random_weights)
    elif recipe.lifter is not None:
        check_shipped(recipe.lifter)


def weights_of(network: str) -> tuple[Card, Path]:
    """The card and the file of a network's weights, shipped or imported.

    Raises:
        ValueError: the card is damaged.
        FileNotFoundError: they are missing; the sentence says how to get them.
    """
    shipped = find_network(network).weights
    path = imported_weights(network) if shipped is None else shared_file("models", shipped)
    return card_at(path.with_suffix(".yaml")), path


def weights_name(network: str) -> str:
    """What tells a network's weights from others, for people: the beginning of their checksum."""
    return f"sha256 {weights_of(network)[0].sha256[:12]}"


def hands_for(recipe: MeshRecipe, mano: Path | None, random_weights: bool) -> tuple[HandModel, HandModel | None]:
    """The right and the left hand model that a network's numbers belong to; errors as those of load_hands."""
    if not random_weights:
        imported_weights(recipe.name)  # says how to get them, before anything else is asked for
    if mano is None and not random_weights:
        if recipe.intake.direct_mesh:
            raise ValueError(
                f"expected MANO for {recipe.name}, whose weights give vertices of MANO's mesh, got none; "
                f"name the folder with your {RIGHT_FILE}"
            )
        logger.warning("%s was trained with MANO: on the free hand its poses hold, its shapes do not", recipe.name)
    return load_hands(mano)


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
