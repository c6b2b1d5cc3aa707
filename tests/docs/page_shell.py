"""Commands of the pages in a shell, as their readers run them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pages import ROOT


def shell(text: str, folder: Path) -> str:
    """Run a command as a page has it; gives what it printed.

    Raises:
        AssertionError: it failed.
    """
    path = os.pathsep.join([str(Path(sys.prefix) / "bin"), os.environ["PATH"]])
    python_path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PATH": path, "PYTHONPATH": python_path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        ["bash", "-c", text], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
    return done.stdout
