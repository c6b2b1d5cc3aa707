"""Train the lifter that ships: rendered hands, what the landmark network says of them, weights.

    python -m hand_recon_train.lifting [--pictures 7600] [--workers 2] [--out models/landmark_lifter.safetensors]

Rendering takes most of the time: half an hour on two cores that have nothing else to do, or less; training takes two
minutes. Every seed is a default of this file and logged.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from safetensors.numpy import save_file

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.pipeline.recipes import RECIPES, load_articulation
from hand_recon_train.lifting.sampling import collect, parts_of
from hand_recon_train.lifting.training import Schedule, train
from hand_recon_train.lifting.widening import examples
from hand_recon_train.synthetic.renderer import Recipe

logger = logging.getLogger("hand_recon_train.lifting")

RENDERED = Recipe(seed=101, size=224)
VARIANTS, VARIANTS_SEED = 3, 0
LOGGED_EVERY = 500


def main() -> None:
    """Train and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=7600)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--steps", type=int, default=Schedule.steps)
    parser.add_argument("--out", type=Path, default=Path("models/landmark_lifter.safetensors"))
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    recipe, schedule = RECIPES[0], Schedule(steps=arguments.steps)
    logger.info(
        "%s, %d pictures; %d variants, seed %d; %s", RENDERED, arguments.pictures, VARIANTS, VARIANTS_SEED, schedule
    )
    hands = collect(parts_of(RENDERED, arguments.pictures, recipe.landmarker, "cpu"), arguments.workers)
    found = examples(load_articulation(load_free_hand(), recipe), hands, VARIANTS, VARIANTS_SEED)
    logger.info("%d hands, %d examples", len(hands["root"]), len(found.inputs))
    network = train(found, schedule, _log)
    save_file(network.layers(), arguments.out)
    logger.info("wrote %s, %d bytes", arguments.out, arguments.out.stat().st_size)


def _log(step: int, loss: float) -> None:
    if step % LOGGED_EVERY == 0:
        logger.info("step %d, loss %.3f", step, loss)


if __name__ == "__main__":
    main()
