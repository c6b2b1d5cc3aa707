"""MediaPipe beside us: an environment of its own, and a process in it that answers with its times."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from hand_recon_ros.bench.timing import Sample
from hand_recon_ros.types import ByteImage

MEDIAPIPE = "mediapipe==0.10.21"
"""The last version whose wheel carries its models; it needs NumPy 1."""
FULL = 1
"""MediaPipe's name for its larger hand network, the one that this package's default uses too."""
WORKER = Path(__file__).with_name("mediapipe_worker.py")


class MediaPipe:
    """A process that tracks hands in the same frames again and again.

    Attributes:
        hands_a_frame: how many it finds.
    """

    def __init__(self, process: subprocess.Popen[str], frames: Path, hands: int) -> None:
        self._process = process
        self.hands_a_frame: float = self._ask([str(frames), hands, FULL])

    def lap(self) -> list[Sample]:
        """Times of one round over the frames."""
        return [Sample(wall, cpu) for wall, cpu in self._ask(None)]

    def _ask(self, request: object) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"MediaPipe's process ended early; run {self._process.args} by hand to see why")  # type: ignore[str-bytes-safe]
        return json.loads(answer)


@contextmanager
def mediapipe(python: Path, frames: ByteImage, hands: int) -> Iterator[MediaPipe]:
    """MediaPipe on frames (T, H, W, 3), in its own environment."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frames.npy"
        np.save(path, frames)
        pipe = subprocess.PIPE
        with subprocess.Popen(
            [python, WORKER], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
        ) as process:
            try:
                yield MediaPipe(process, path, hands)
            finally:
                assert process.stdin
                process.stdin.close()


def mediapipe_environment(folder: Path) -> Path:
    """Python of an environment with MediaPipe; made in a folder if it is not there.

    Raises:
        RuntimeError: it cannot be installed.
    """
    python = folder / "bin" / "python"
    if python.exists() and subprocess.run([python, "-c", "import mediapipe"], capture_output=True).returncode == 0:
        return python.absolute()
    venv.create(folder, with_pip=True)
    result = subprocess.run([python, "-m", "pip", "install", "--quiet", MEDIAPIPE], capture_output=True, text=True)
    if result.returncode:
        last = (result.stderr.strip().splitlines() or ["nothing"])[-1]
        version = ".".join(map(str, sys.version_info[:2]))
        raise RuntimeError(
            f"{MEDIAPIPE} could not be installed for Python {version} in {folder}: {last}; "
            "it has wheels for Python 3.9 to 3.12, and the bench works without it"
        )
    return python.absolute()
