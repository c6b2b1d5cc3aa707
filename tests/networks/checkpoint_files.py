"""Checkpoint files for the tests of their import."""

from __future__ import annotations

from pathlib import Path

import torch


def saved(folder: Path, content: object, **options: object) -> Path:
    path = folder / "snapshot_demo.pth.tar"
    torch.save(content, path, **options)
    return path


def nothing_written(folder: Path) -> bool:
    return not list(folder.glob("**/*.safetensors")) and not list(folder.glob("**/*.yaml"))
