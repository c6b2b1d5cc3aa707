"""The report on this computer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hand_recon_ros.cli import app
from hand_recon_ros.doctor import Level, examine, machine, models, ros


def test_everything_is_looked_at_and_the_shipped_models_are_intact() -> None:
    findings = {finding.subject: finding for finding in examine({})}
    assert {"hand_recon_ros", "Python", "packages", "GPU", "webcams", "cache", "ROS 2", "discovery"} <= set(findings)
    assert findings["model landmarks_full"].level is Level.GOOD
    assert "domain 0" in findings["discovery"].found


def test_an_examination_that_fails_does_not_end_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OSError("no such bus")

    monkeypatch.setattr(machine, "gpu", broken)
    findings = {finding.subject: finding for finding in examine({})}
    assert findings["GPU"].level is Level.BAD
    assert "no such bus" in findings["GPU"].found
    assert "webcams" in findings


@pytest.mark.parametrize(
    ("environment", "level", "found"),
    [
        ({}, Level.GOOD, "domain 0, subnet"),
        ({"ROS_DOMAIN_ID": "7", "ROS_LOCALHOST_ONLY": "1"}, Level.GOOD, "domain 7, this computer only"),
        ({"ROS_DOMAIN_ID": "300"}, Level.BAD, "ROS_DOMAIN_ID of 0 to 232"),
    ],
)
def test_discovery_is_that_of_the_environment(environment: dict[str, str], level: Level, found: str) -> None:
    (finding,) = ros.discovery(environment)
    assert (finding.level, found in finding.found) == (level, True)


def test_a_sourced_ros_that_this_python_cannot_use_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ros, "find_spec", lambda name: None)
    (finding,) = ros.installation({"ROS_DISTRO": "jazzy"})
    assert finding.level is Level.BAD
    assert "--system-site-packages" in finding.advice
    monkeypatch.setattr(ros, "find_spec", lambda name: name == "rclpy" or None)
    _, messages = ros.installation({"ROS_DISTRO": "jazzy"})
    assert "colcon build" in messages.advice


def test_a_small_receive_buffer_is_told_with_the_command_that_enlarges_it(tmp_path: Path) -> None:
    setting = tmp_path / "rmem_max"
    assert list(ros.receive_buffer(setting)) == []
    setting.write_text("212992\n")
    (finding,) = ros.receive_buffer(setting)
    assert "sysctl -w net.core.rmem_max=" in finding.advice
    setting.write_text(str(1 << 25))
    (finding,) = ros.receive_buffer(setting)
    assert finding.level is Level.GOOD


def test_webcams_without_permission_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = machine.webcams(tmp_path)
    assert finding.found == "none"
    (tmp_path / "video0").touch()
    monkeypatch.setattr(machine.os, "access", lambda path, mode: False)
    (finding,) = machine.webcams(tmp_path)
    assert "usermod -aG video" in finding.advice


def test_two_opencvs_and_missing_packages_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"opencv-python": "5", "opencv-python-headless": "4", "numpy": "2", "openvino": "2026"}
    monkeypatch.setattr(machine, "_version", versions.get)
    packages, opencv = machine.packages()
    assert (packages.level, "onnxruntime" in packages.advice) == (Level.BAD, True)
    assert opencv.advice == "pip uninstall opencv-python-headless"


def test_a_cache_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models.os, "access", lambda path, mode: False)
    (finding,) = models.cache()
    assert "HAND_RECON_CACHE" in finding.advice


def test_the_verb_prints_a_table_or_json() -> None:
    table, report = CliRunner().invoke(app, ["doctor"]), CliRunner().invoke(app, ["doctor", "--json"])
    findings = json.loads(report.output)
    assert all(set(finding) == {"subject", "level", "found", "advice"} for finding in findings)
    assert "landmarks_full" in table.output
    assert table.exit_code == report.exit_code == int(any(finding["level"] == "bad" for finding in findings))
