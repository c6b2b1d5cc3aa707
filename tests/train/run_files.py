"""What a run of training leaves."""

from __future__ import annotations

import json

import torch


def losses(file):
    return dict(json.loads(line) for line in file.read_text().splitlines())


def weights(folder):
    checkpoint = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
    average = next(state["average"] for name, state in checkpoint["callbacks"].items() if "WeightAverage" in name)
    return checkpoint["global_step"], checkpoint["state_dict"], average
