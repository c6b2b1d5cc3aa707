"""The --ros-args of a node."""

from __future__ import annotations

from pathlib import Path

import pytest

from hand_recon_ros.bus.ros_args import parse_ros_args

FILE = """
/**:
  ros__parameters:
    model: general
    marker: {mesh: false, lifetime: 0.5}
/robot/hands:
  ros__parameters:
    model: mine
/robot/*:
  ros__parameters:
    max_hands: 2
other:
  ros__parameters:
    model: theirs
"""


def test_names_remappings_and_parameters() -> None:
    args = parse_ros_args(
        [
            "--verbose",
            "--ros-args",
            "-r",
            "image:=/cam/image_raw",
            "--remap",
            "__ns:=/robot",
            "-r",
            "__node:=hands",
            "-p",
            "max_hands:=2",
            "-p",
            "hands:device:=cpu",
            "--param",
            "min_score:=0.5",
            "--log-level",
            "DEBUG",
            "--",
            "--rest",
        ]
    )
    assert args.node.full == "/robot/hands"
    assert args.node.resolve("image") == "/cam/image_raw"
    assert args.parameters == {"max_hands": 2, "device": "cpu", "min_score": 0.5}
    assert (args.log_level, args.rest) == ("debug", ("--verbose", "--rest"))


def test_no_arguments_give_the_defaults() -> None:
    args = parse_ros_args([])
    assert args.node.full == "/hand_recon"
    assert not args.parameters


def test_values_are_typed_as_in_yaml() -> None:
    args = parse_ros_args(["--ros-args", "-p", "a:=true", "-p", "b:=1.5", "-p", "c:='1'", "-p", "d:=[1, 2]"])
    assert args.parameters == {"a": True, "b": 1.5, "c": "1", "d": [1, 2]}


def test_a_parameter_file_applies_by_node_and_later_arguments_win(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(FILE)
    names = ["-r", "__ns:=/robot", "-r", "__node:=hands"]
    args = parse_ros_args(["--ros-args", *names, "--params-file", str(path), "-p", "max_hands:=3"])
    assert args.parameters == {"model": "mine", "marker.mesh": False, "marker.lifetime": 0.5, "max_hands": 3}
    args = parse_ros_args(["--ros-args", "--params-file", str(path)], default_name="other")
    assert args.parameters["model"] == "theirs"
    assert "max_hands" not in args.parameters


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--ros-args -r", "a value after -r"),
        ("--ros-args -r image", "name:=value"),
        ("--ros-args -r image:=", "name:=value"),
        ("--ros-args -r :=x", "name:=value"),
        ("--ros-args -x y", "expected one of"),
        ("--ros-args image:=x", "expected one of"),
        ("--ros-args -r __node:=a/b", "node name"),
        ("--ros-args -r __ns:=a-b", "namespace"),
        ("--ros-args -r image:=a//b", "topic name"),
        ("--ros-args -p a:=[1", "is not YAML"),
        ("--ros-args --params-file /nowhere.yaml", "cannot be read"),
    ],
)
def test_a_bad_argument_is_one_sentence(arguments: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        parse_ros_args(arguments.split())
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text", ["- a list", "hand_recon: 3", "hand_recon:\n  parameters: {}", "a: [", "!!python/object:os.system {}"]
)
def test_a_parameter_file_of_another_structure_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"p\.yaml"):
        parse_ros_args(["--ros-args", "--params-file", str(path)])
