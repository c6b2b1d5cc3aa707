"""`hand-recon bench`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = (sys.executable, "-m", "hand_recon_ros.cli", "bench")


def test_an_unknown_part_is_told_before_anything_is_measured(tmp_path: Path):
    answer = subprocess.run([*BENCH, "--only", "wings", "--out", tmp_path / "out"], capture_output=True, text=True)
    assert answer.returncode == 1
    assert "expected a part out of frame, stages" in answer.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_one_part_is_printed_and_kept(tmp_path: Path):
    command = [*BENCH, "--quick", "--only", "outputs", "--out", tmp_path]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "| `~/hands` |" in answer.stdout
    machine, outputs = json.loads((tmp_path / "report.json").read_text())
    assert (machine["name"], outputs["name"], outputs["problem"]) == ("machine", "outputs", "")
    assert answer.stdout.strip() in (tmp_path / "report.md").read_text()
