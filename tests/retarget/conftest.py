"""What the tests of retargeting share: robots of our own, and the hands of the bundled clip."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
from robot_urdfs import robots_folder

from hand_recon_ros.node import NodeParameters
from hand_recon_ros.node.replay_job import ReplayJob, ReplaySettings, run_job
from hand_recon_ros.paths import shared_file

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT), *(str(ROOT / "tests" / folder) for folder in ("bus", "node"))]


@pytest.fixture(scope="session")
def robots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return robots_folder(tmp_path_factory.mktemp("robots"))


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the node finds in the bundled clip, as a recording."""
    result = tmp_path_factory.mktemp("clip") / "result.mcap"
    bundled = shared_file("examples", "two_hands.mcap")
    run_job(ReplayJob(bundled, result, ReplaySettings(NodeParameters())), threading.Event())
    return result
