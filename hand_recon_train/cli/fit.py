"""`hand-recon-train fit`: train a network of the zoo as a YAML file says."""

from __future__ import annotations

import typer


def fit(context: typer.Context) -> None:
    """Train a network: fit --config configs/NAME.yaml --out FOLDER.

    Every key of the file can be given as --key too; --print_config lists them. --resume goes on from the folder's last
    checkpoint, --overfit 8 trains on eight samples until they are known to 2 mm, --ema 0.999 averages the weights.
    """
    from hand_recon_train.training.command import fit as train

    train(context.args)
