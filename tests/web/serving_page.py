"""The page on a port of its own, for tests."""

from __future__ import annotations

import gc
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from hand_recon_ros.web.listening import address, listen
from hand_recon_ros.web.server import serving
from hand_recon_ros.web.studio import Studio

WAIT_S = 30.0


class Served(NamedTuple):
    """Where the page is, and where files of people are."""

    address: str
    folder: Path


@contextmanager
def served() -> Iterator[Served]:
    """The page with the shipped networks; leaves the environment as it was."""
    before = dict(os.environ)
    studio = Studio("cpu")
    try:
        with listen("127.0.0.1", 0) as sock, serving(studio, sock, "default") as folder:
            yield Served(address(*sock.getsockname()[:2]), folder)
    finally:
        studio.close()
        os.environ.clear()
        os.environ.update(before)
        # gradio leaves an event loop of its start unclosed; it shall not complain in the middle of something else.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()


def eventually(true: Callable[[], bool]) -> bool:
    """Whether something that nobody announces becomes true in time."""
    deadline = time.monotonic() + WAIT_S
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
