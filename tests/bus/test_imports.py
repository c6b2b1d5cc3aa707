"""Which parts of the package may know middleware, and that importing the node stays cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import hand_recon_ros

PACKAGE = Path(hand_recon_ros.__file__).parent
MIDDLEWARE = {"rclpy", "cyclonedds", "rosbags"}


def imported(path: Path) -> set[str]:
    """Top-level names of the packages that a module imports anywhere."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_only_the_bus_and_the_node_know_middleware() -> None:
    modules = {path: imported(path) for path in PACKAGE.rglob("*.py")}
    knowing = {path.relative_to(PACKAGE).parts[0] for path, names in modules.items() if names & MIDDLEWARE}
    assert knowing <= {"bus", "node"}
    assert "bus" in knowing


def test_the_run_time_package_does_not_import_the_training_package() -> None:
    assert not any("hand_recon_train" in imported(path) for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("module", ["hand_recon_ros.bus", "hand_recon_ros.node", "hand_recon_ros.node.wire_node"])
def test_importing_does_not_load_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
