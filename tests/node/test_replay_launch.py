"""replay_eval.launch.py agrees with the code, as far as that can be told without ROS."""

from __future__ import annotations

import ast
import inspect
import runpy
from pathlib import Path

import pytest
import typer.main

from hand_recon_ros.cli.report import report
from hand_recon_ros.node import managed_node
from hand_recon_ros.node.replay_job import NODE

PATH = Path(__file__).parents[2] / "launch" / "replay_eval.launch.py"


def constants() -> dict[str, object]:
    """Constants of the launch file, without running it."""
    tree = ast.parse(PATH.read_text())
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def test_the_sign_that_the_node_is_ready_is_what_it_logs() -> None:
    sign = constants()["READY"]
    assert isinstance(sign, bytes) and sign.decode() in inspect.getsource(managed_node)


def test_the_node_has_its_name_and_the_report_its_options() -> None:
    assert constants()["NODE_NAME"] == NODE.name
    app = typer.Typer()
    app.command()(report)
    options = {option for parameter in typer.main.get_command(app).params for option in parameter.opts}
    assert {"--out", "--image-topic", "--hands-topic", "--reference"} <= options


def test_the_launch_file_describes_its_arguments() -> None:
    pytest.importorskip("launch_ros", reason="needs a ROS 2 installation")
    pytest.importorskip("hand_recon_ros.msg", reason="needs the package built by colcon")
    description = runpy.run_path(str(PATH))["generate_launch_description"]()
    names = {argument.name for argument in description.get_launch_arguments()}
    assert {"bag", "out", "image_topic", "camera_info_topic", "compressed", "reference", "rate"} <= names
