"""Packages that only some verbs need."""

from __future__ import annotations

from importlib.util import find_spec


def need_extra(extra: str, package: str) -> None:
    """Say how to get a package that is not there.

    Raises:
        ImportError: it is not.
    """
    if not find_spec(package):
        raise ImportError(f"expected the package {package}, it is not installed: pip install 'hand_recon_ros[{extra}]'")
