"""ONNX exports of networks, made once on this machine and kept in the user's cache."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_cache_path

from hand_recon_ros import hand_model, networks
from hand_recon_ros.networks.cards import file_digest
from hand_recon_ros.networks.registry import find_network
from hand_recon_ros.runtime.build import Build, digest_of, save_build

logger = logging.getLogger(__name__)

CACHE_VARIABLE = "HAND_RECON_CACHE"
FILE = "network.onnx"
KEPT = 4


def cache_folder() -> Path:
    """Where exports are kept: the folder that HAND_RECON_CACHE names, or the user's cache."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named).absolute() if named else user_cache_path("hand_recon_ros", appauthor=False)


def cached_onnx(build: Build, engine: str) -> Path:
    """The ONNX file of a network, as an engine runs it best; exported now where it is missing.

    It lies in a folder, with a second file where its weights are large. The folder is named after what the export was
    made of and after its own content, so that an outdated or damaged one is not taken. It is made beside its place and
    moved there, so that no process ever sees half of it.

    Raises:
        ValueError: an unknown network, or damaged weights.
        FileNotFoundError: no weights were imported; the sentence says how to.
        RuntimeError: the export failed, or the cache cannot be written.
    """
    # Mesh networks have no layer that one of the engines wants in another form.
    kind = f"{build.name}-{engine if find_network(build.name).intake is None else 'any'}"
    folder, stem = cache_folder(), f"{kind}-{_source_digest(build)}"
    for made in sorted(folder.glob(f"{stem}-*")):
        if made.name == f"{stem}-{_content_digest(made)}":
            os.utime(made)
            return made / FILE
        logger.warning("Cached export %s is damaged: it is made again", made)
        shutil.rmtree(made, ignore_errors=True)
    exported = _export_into(folder, stem, build, engine)
    _forget_oldest(folder, kind)
    return exported


def _forget_oldest(folder: Path, kind: str) -> None:
    """Keep the exports of one kind that were used last: those of earlier weights and versions can take gigabytes."""
    for made in sorted(folder.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(made, ignore_errors=True)


def _source_digest(build: Build) -> str:
    """Digest of what an export depends on: weights and hand models, the code that computes with them, the exporter."""
    sources = [path for package in (networks, hand_model) for path in sorted(Path(package.__path__[0]).glob("*.py"))]
    sources += [Path(__file__).with_name(name) for name in ("export.py", "folding.py")]
    code = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    parts = [digest_of(build), code, version("torch"), version("onnxscript")]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _content_digest(made: Path) -> str:
    """Digest of the names and the content of all files of an export."""
    lines = [f"{path.name} {file_digest(path)}" for path in sorted(made.iterdir())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _export_into(folder: Path, stem: str, build: Build, engine: str) -> Path:
    """Export into a folder of its own, then move that to its place."""
    logger.info("Exporting %s for %s into %s, once, which can take a minute", build.name, engine, folder)
    started = time.perf_counter()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix="export-") as scratch:
            made = Path(scratch) / "made"
            made.mkdir()
            _export_in_child(build, engine, made / FILE)
            final = folder / f"{stem}-{_content_digest(made)}"
            if not final.is_dir():  # another process may have been faster
                os.replace(made, final)
    except OSError as error:
        raise RuntimeError(
            f"exported networks are kept in {folder}: {error}; let {CACHE_VARIABLE} name a folder that is writable"
        ) from error
    logger.info("Exported %s in %.1f s", build.name, time.perf_counter() - started)
    return final / FILE


def _export_in_child(build: Build, engine: str, path: Path) -> None:
    """Export in a process of its own: torch would stay in this one for good, with its memory."""
    plan = path.parent.with_name("build.npz")
    save_build(build, plan)
    command = [sys.executable, "-m", "hand_recon_ros.runtime.export", str(plan), engine, str(path)]
    # The child finds the same packages, and nothing that happens to lie in the current folder.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(os.path.abspath(p) for p in sys.path)}
    result = subprocess.run(
        command, cwd=path.parent, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    if result.returncode != 0:
        last_words = (result.stderr.strip().splitlines() or ["nothing"])[-1][:500]
        raise RuntimeError(f"exporting {build.name} to ONNX failed; its last words were: {last_words}")
