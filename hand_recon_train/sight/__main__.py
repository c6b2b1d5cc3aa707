"""Make the landmark network that sees: rendered hands, what its trunk holds of them, a head by regression.

    python -m hand_recon_train.sight FOLDER [--shards 60] [--out models/hand_sight.safetensors]

FOLDER keeps what was seen, 35 MB a shard; a run that was ended goes on where it was. Rendering and looking takes half a
minute of one core a shard, the regression some minutes.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from safetensors.torch import save_file

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.pipeline.lifting import load_lifter
from hand_recon_ros.pipeline.recipes import RECIPES, load_articulation
from hand_recon_train.sight.looking import SEED, look_at_shards, prepared
from hand_recon_train.sight.records import learnt_from, read_shards
from hand_recon_train.sight.regression import fit_head

logger = logging.getLogger("hand_recon_train.sight")


def main() -> None:
    """Look, regress, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shards", type=int, default=60)
    parser.add_argument("--out", type=Path, default=Path("models/hand_sight.safetensors"))
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    recipe = RECIPES[0]
    assert recipe.lifter is not None
    network, points = prepared(arguments.folder), load_articulation(load_free_hand(), recipe)
    shards = look_at_shards(network, points, arguments.folder, SEED, arguments.shards)
    looks = learnt_from(points, load_lifter(recipe.lifter), read_shards(shards))
    logger.info("%d looks at hands in %d shards, seed %d", len(looks), len(shards), SEED)
    network.head.load_state_dict(fit_head(looks).state_dict())
    save_file({name: value.half().contiguous() for name, value in network.state_dict().items()}, arguments.out)
    logger.info("wrote %s, %d bytes", arguments.out, arguments.out.stat().st_size)


if __name__ == "__main__":
    main()
