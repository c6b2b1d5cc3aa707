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
from hand_recon_ros.networks.cards import intact_bytes, read_card
from hand_recon_ros.networks.registry import find_network
from hand_recon_ros.paths import shared_file

logger = logging.getLogger(__name__)

CACHE_VARIABLE = "HAND_RECON_CACHE"


def cache_folder() -> Path:
    """Where exports are kept: the folder that HAND_RECON_CACHE names, or the user's cache."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named).absolute() if named else user_cache_path("hand_recon_ros", appauthor=False)


def cached_onnx(name: str, engine: str) -> Path:
    """The ONNX file of a network with shipped weights, as an engine runs it best; exported now where it is missing.

    A file is named after what it was made of and after its own content, so that an outdated or damaged one is not
    taken. It is written beside its place and moved there, so that no process ever sees half of it.

    Raises:
        ValueError: an unknown network, or one without shipped weights.
        RuntimeError: the export failed, or the cache cannot be written.
    """
    folder, stem = cache_folder(), f"{name}-{engine}-{_source_digest(name)}"
    for path in sorted(folder.glob(f"{stem}-*.onnx")):
        if path.name == f"{stem}-{_digest(path.read_bytes())}.onnx":
            return path
        logger.warning("Cached export %s is damaged: it is made again", path)
        path.unlink(missing_ok=True)
    return _export_into(folder, stem, name, engine)


def _source_digest(name: str) -> str:
    """Digest of what an export depends on: the weights, the networks' code, the exporter."""
    weights = find_network(name).weights
    if weights is None:
        raise ValueError(f"expected a network with shipped weights, got {name!r}; run it with engine torch")
    sources = [*sorted(Path(networks.__path__[0]).glob("*.py")), Path(__file__).with_name("export.py")]
    code = b"".join(path.read_bytes() for path in sources)
    card = read_card(weights)
    # An export is as good as its weights were, but a damaged installation should be told, not worked around.
    intact_bytes(shared_file("models", weights), card.sha256, card.bytes)
    return _digest("\n".join([card.sha256, version("torch"), version("onnxscript")]).encode() + code)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _export_into(folder: Path, stem: str, name: str, engine: str) -> Path:
    """Export into a folder of its own, then move the file to its place."""
    logger.info("Exporting %s for %s into %s, once, which takes some seconds", name, engine, folder)
    started = time.perf_counter()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix="export-") as scratch:
            path = Path(scratch) / "network.onnx"
            _export_in_child(name, engine, path)
            final = folder / f"{stem}-{_digest(path.read_bytes())}.onnx"
            os.replace(path, final)
    except OSError as error:
        raise RuntimeError(
            f"exported networks are kept in {folder}: {error}; let {CACHE_VARIABLE} name a folder that is writable"
        ) from error
    logger.info("Exported %s in %.1f s", name, time.perf_counter() - started)
    return final


def _export_in_child(name: str, engine: str, path: Path) -> None:
    """Export in a process of its own: torch would stay in this one for good, with its memory."""
    command = [sys.executable, "-m", "hand_recon_ros.runtime.export", name, engine, str(path)]
    # The child finds the same packages, and nothing that happens to lie in the current folder.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(os.path.abspath(p) for p in sys.path)}
    result = subprocess.run(
        command, cwd=path.parent, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    if result.returncode != 0:
        last_words = (result.stderr.strip().splitlines() or ["nothing"])[-1][:500]
        raise RuntimeError(f"exporting {name} to ONNX failed; its last words were: {last_words}")
