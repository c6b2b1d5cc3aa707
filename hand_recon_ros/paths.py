"""Where the files that come with the package lie: message definitions, configuration, models."""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE_ROOT = Path(__file__).resolve().parent.parent


def shared_file(folder: str, name: str) -> Path:
    """Path of a file that comes with the package, from a clone or from an installed wheel.

    Args:
        folder: `models`, `config` or `msg`.
        name: file name inside it.

    Raises:
        FileNotFoundError: neither place has it.
    """
    places = (PACKAGE_ROOT / folder, Path(sys.prefix) / "share" / "hand_recon_ros" / folder)
    for place in places:
        if (place / name).is_file():
            return place / name
    raise FileNotFoundError(
        f"expected {folder}/{name} in {' or '.join(str(p) for p in places)}; install the package again"
    )
