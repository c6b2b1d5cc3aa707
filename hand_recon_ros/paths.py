"""Where the files that come with the package lie: message definitions, configuration, models."""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE_ROOT = Path(__file__).resolve().parent.parent


def shared_file(folder: str, name: str) -> Path:
    """Path of a file that comes with the package, from a clone, an installed wheel or a colcon workspace.

    Args:
        folder: `models`, `config` or `msg`.
        name: file name inside it.

    Raises:
        FileNotFoundError: neither place has it.
    """
    # An installed package lies some levels below the prefix that has the share folder.
    prefixes = (Path(sys.prefix), *PACKAGE_ROOT.parents)
    places = (PACKAGE_ROOT / folder, *(prefix / "share" / "hand_recon_ros" / folder for prefix in prefixes))
    for place in places:
        if (place / name).is_file():
            return place / name
    raise FileNotFoundError(f"expected {folder}/{name} in {places[0]} or {places[1]}; install the package again")
