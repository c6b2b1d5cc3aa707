"""ONNX exports of networks, made once on this machine and kept in the user's cache."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_cache_path

from hand_recon_ros import networks
from hand_recon_ros.networks.cards import read_card
from hand_recon_ros.networks.registry import find_network

logger = logging.getLogger(__name__)

CACHE_VARIABLE = "HAND_RECON_CACHE"


def cache_folder() -> Path:
    """Where exports are kept: the folder that HAND_RECON_CACHE names, or the user's cache."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else user_cache_path("hand_recon_ros", appauthor=False)


def cached_onnx(name: str) -> Path:
    """The ONNX file of a network with shipped weights, exported now if there is no sound one.

    A file is named after what it was made of and after its own content, so that an outdated or damaged one is not
    taken. It is written beside its place and moved there, so that no process ever sees half of it.

    Raises:
        ValueError: an unknown network, or one without shipped weights.
        RuntimeError: the export failed.
        OSError: the cache cannot be written.
    """
    folder, stem = cache_folder(), f"{name}-{_source_digest(name)}"
    for path in sorted(folder.glob(f"{stem}-*.onnx")):
        if path.name == f"{stem}-{_digest(path.read_bytes())}.onnx":
            return path
        logger.warning("Cached export %s is damaged: it is made again", path)
        path.unlink(missing_ok=True)
    return _export_into(folder, name, stem)


def _source_digest(name: str) -> str:
    """Digest of what an export depends on: the weights, the networks' code, the exporter."""
    weights = find_network(name).weights
    if weights is None:
        raise ValueError(f"expected a network with shipped weights, got {name!r}; run it with engine torch")
    code = b"".join(path.read_bytes() for path in sorted(Path(networks.__path__[0]).glob("*.py")))
    return _digest("\n".join([read_card(weights).sha256, version("torch"), version("onnxscript")]).encode() + code)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _export_into(folder: Path, name: str, stem: str) -> Path:
    """Export in a process of its own: torch would stay in this one for good, with its memory."""
    logger.info("Exporting %s to ONNX into %s, once, which takes some seconds", name, folder)
    started = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="export-") as scratch:
        path = Path(scratch) / "network.onnx"
        command = [sys.executable, "-m", "hand_recon_ros.runtime.export", name, str(path)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"exporting {name} to ONNX failed; its last words were: {result.stderr.strip()[-500:]}")
        final = folder / f"{stem}-{_digest(path.read_bytes())}.onnx"
        os.replace(path, final)
    logger.info("Exported %s in %.1f s", name, time.perf_counter() - started)
    return final
