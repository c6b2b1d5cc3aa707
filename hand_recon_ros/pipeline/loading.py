"""From a model's name to what finds hands in pictures and what reconstructs them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks.intake import Region
from hand_recon_ros.pipeline.articulation import Articulation
from hand_recon_ros.pipeline.finding import EngineNetworks, HandFinder
from hand_recon_ros.pipeline.fitting import fit_hands
from hand_recon_ros.pipeline.landmark_fit import Fit, LandmarkFit
from hand_recon_ros.pipeline.lifted_fit import LiftedFit
from hand_recon_ros.pipeline.lifting import load_lifter
from hand_recon_ros.pipeline.mesh_crops import MeshCrops
from hand_recon_ros.pipeline.mesh_placement import MeshPlacement
from hand_recon_ros.pipeline.picture_finder import PictureFinder, meshes_found
from hand_recon_ros.pipeline.recipes import (
    RECIPES,
    MeshRecipe,
    Recipe,
    find_recipe,
    hands_for,
    load_articulation,
    weights_name,
)
from hand_recon_ros.pipeline.roles import Finder, Reconstructor
from hand_recon_ros.pipeline.settings import Settings
from hand_recon_ros.runtime import Engine, load_engine
from hand_recon_ros.runtime.device import choose_device
from hand_recon_ros.types import Side

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """What a model is loaded with; see HandRig.create."""

    device: str = "auto"
    threads: int | None = None
    mano: Path | None = None
    random_weights: bool = False
    precision: str = "float32"


@dataclass(frozen=True)
class LoadedModel:
    """What a model finds hands with and reconstructs them with, and what runs where, in words."""

    finder: Finder
    reconstructor: Reconstructor
    description: dict[str, str]


def load_model(name: str, settings: Settings, options: Options) -> LoadedModel:
    """Load a model by its name.

    Raises:
        ValueError: an unknown model or device, or files that do not fit; the sentence says what is known.
        OSError: weights or files are missing; the sentence says how to get them.
        RuntimeError: CUDA was asked for and is not there.
    """
    recipe = find_recipe(name)
    if isinstance(recipe, MeshRecipe):
        return _mesh_model(recipe, settings, options)
    if recipe.lifter is None:
        return _fitted_model(recipe, settings, options)
    if choose_device(options.device) == "cuda":
        try:
            return _device_model(recipe, settings, options)
        except RuntimeError as error:
            if options.device == "cuda":
                raise
            logger.warning("CUDA does not work, so that %s runs on the CPU: %s", recipe.name, error)
            options = replace(options, precision="float32")
    return _fitted_model(recipe, settings, replace(options, device="cpu"))


def _fitted_model(recipe: Recipe, settings: Settings, options: Options) -> LoadedModel:
    finder, description = _hand_finder(recipe, settings, options)
    hand = load_free_hand()
    points = load_articulation(hand, recipe)
    fit = LandmarkFit(hand, points, fit_of(recipe, points), settings.smoothing)
    return LoadedModel(finder, fit, {"model": recipe.name} | description)


def fit_of(recipe: Recipe, points: Articulation) -> Fit:
    """How a recipe fits hands to landmarks; errors as those of load_lifter."""
    return partial(fit_hands, points) if recipe.lifter is None else LiftedFit(points, load_lifter(recipe.lifter))


def _device_model(recipe: Recipe, settings: Settings, options: Options) -> LoadedModel:
    """A model that stays on CUDA from the picture to the mesh; errors as those of load_on_device."""
    try:
        from hand_recon_ros.device.loading import load_on_device
    except ImportError as error:
        raise RuntimeError(f"CUDA needs PyTorch, which cannot be imported: {error}; use device cpu") from error
    finder, reconstructor = load_on_device(recipe, settings, "cuda", options.precision)
    runs = {name: f"CUDA graphs, {options.precision}, {weights_name(name)}" for name in recipe.networks}
    return LoadedModel(finder, reconstructor, {"model": recipe.name} | runs)


def _mesh_model(recipe: MeshRecipe, settings: Settings, options: Options) -> LoadedModel:
    intake, random_weights = recipe.intake, options.random_weights
    right, left = hands_for(recipe, options.mano, random_weights)
    engine = load_engine(
        recipe.name,
        options.device,
        options.threads,
        options.precision,
        hand_model=right,
        left=left,
        random_weights=random_weights,
    )
    models = {Side.RIGHT: right, Side.LEFT: right.mirrored() if left is None or intake.right_only else left}
    description = {"model": recipe.name, "hand": right.name, recipe.name: _summary(engine, random_weights)}
    if intake.region == Region.IMAGE:
        placement = MeshPlacement(meshes_found, models, intake.size, settings.smoothing)
        return LoadedModel(PictureFinder(engine, intake, settings), placement, description)
    finder, found_by = _hand_finder(RECIPES[0], settings, options)
    placement = MeshPlacement(MeshCrops(engine, intake), models, intake.size, settings.smoothing)
    return LoadedModel(finder, placement, description | found_by)


def _hand_finder(recipe: Recipe, settings: Settings, options: Options) -> tuple[HandFinder, dict[str, str]]:
    detector, landmarker = (
        load_engine(network, options.device, options.threads, options.precision) for network in recipe.networks
    )
    description = {engine.info.network: _summary(engine) for engine in (detector, landmarker)}
    return HandFinder(EngineNetworks(detector, landmarker), settings), description


def _summary(engine: Engine, random_weights: bool = False) -> str:
    """How a network runs, and which weights it has."""
    info = engine.info
    weights = "random weights" if random_weights else weights_name(info.network)
    return f"{info.engine} on {info.device}, {info.precision}, {weights}"
