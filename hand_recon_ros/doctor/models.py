"""Weights, and the networks that were prepared for this computer."""

from __future__ import annotations

import os
from collections.abc import Iterator

from hand_recon_ros.doctor.finding import Finding, Level
from hand_recon_ros.networks import imported_names
from hand_recon_ros.pipeline.recipes import RECIPES, check_model
from hand_recon_ros.runtime.export_cache import cache_folder


def models() -> Iterator[Finding]:
    """Whether the weights of the shipped and of the imported models are there and intact."""
    for name in (*(recipe.name for recipe in RECIPES), *imported_names()):
        try:
            check_model(name)
        except (ValueError, OSError) as error:
            yield Finding(f"model {name}", Level.BAD, str(error))
        else:
            yield Finding(f"model {name}", Level.GOOD, "intact")


def cache() -> Iterator[Finding]:
    """Where prepared networks lie; the first start, which prepares them, takes long."""
    folder = cache_folder()
    there = next((parent for parent in (folder, *folder.parents) if parent.exists()), folder)
    if not os.access(there, os.W_OK):
        advice = "name a folder of yours in HAND_RECON_CACHE; without one every start prepares the networks anew"
        yield Finding("cache", Level.BAD, f"{folder} cannot be written", advice)
        return
    prepared = sum(1 for _ in folder.rglob("*.onnx"))
    yield Finding("cache", Level.GOOD, f"{folder}, {prepared} prepared networks")
