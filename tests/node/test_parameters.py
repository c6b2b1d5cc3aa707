"""The table of parameters."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.ros_args import parameters_of_file
from hand_recon_ros.cli import app
from hand_recon_ros.node.parameter_texts import parameter_file, parameter_help, parameter_page
from hand_recon_ros.node.parameters import (
    PARAMETERS,
    NodeParameters,
    changed_parameters,
    parameters_from,
)
from hand_recon_ros.paths import shared_file


def test_the_configuration_file_is_the_generated_one() -> None:
    text = shared_file("config", "hand_recon.yaml").read_text()
    assert text == parameter_file(), "write parameter_file() to config/hand_recon.yaml"


def test_the_documentation_is_the_generated_one() -> None:
    page = Path(__file__).parents[2] / "docs" / "parameters.md"
    assert page.read_text() == parameter_page(), "write parameter_page() to docs/parameters.md"


def test_the_help_of_the_node_lists_every_parameter_with_its_default() -> None:
    answer = CliRunner().invoke(app, ["node", "--help"])
    assert answer.exit_code == 0
    assert parameter_help() in answer.output
    assert all(f"\n{row.name}" in answer.output for row in PARAMETERS)


def test_the_configuration_file_gives_the_defaults() -> None:
    values = parameters_of_file(shared_file("config", "hand_recon.yaml"), NodeName("any_name"))
    assert set(values) == {row.name for row in PARAMETERS}
    assert parameters_from(values) == NodeParameters()


@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.name)
def test_every_row_is_documented_and_checks_its_range(row: Any) -> None:
    assert row.description.endswith(".")
    assert row.checked(row.default) == row.default
    wrong: list[Any] = [None, [], {}]
    if row.low is not None:
        kind = type(row.default)
        assert row.checked(kind(row.high)) == row.high
        wrong += [kind(row.high) + 1, kind(math.floor(row.low)) - 1, "1", True]
    if isinstance(row.default, float):
        wrong.append(math.nan)
    if row.choices:
        wrong.append("elsewhere")
    for value in wrong:
        with pytest.raises(ValueError, match=f"parameter {row.name} must be"):
            row.checked(value)


def test_whole_numbers_are_taken_for_numbers_but_not_the_other_way_round() -> None:
    assert parameters_from({"marker_lifetime": 1}).marker_lifetime == 1.0
    assert isinstance(parameters_from({"marker_lifetime": 1}).marker_lifetime, float)
    with pytest.raises(ValueError, match=r"max_hands must be a whole number: 1 to 256; got 2\.0"):
        parameters_from({"max_hands": 2.0})


def test_an_unknown_name_suggests_a_known_one() -> None:
    with pytest.raises(ValueError, match="no parameter max_hand; did you mean max_hands"):
        parameters_from({"max_hand": 2})
    with pytest.raises(ValueError, match="known are model, mano, device"):
        parameters_from({"zzz": 2})


def test_cameras_are_one_without_a_name_or_several_different_names() -> None:
    assert parameters_from({"cameras": ["left", "right"]}).cameras == ("left", "right")
    for wrong in (["left", "left"], ["left", ""], ["no/slash"], [f"c{k}" for k in range(17)]):
        with pytest.raises(ValueError, match="cameras must be 1 to 16 different names"):
            parameters_from({"cameras": wrong})


def test_live_parameters_change_and_fixed_ones_say_when_they_do() -> None:
    before = NodeParameters(max_hands=2)
    after = changed_parameters(before, {"marker_mesh": False, "max_hands": 2})
    assert after == NodeParameters(max_hands=2, marker_mesh=False)
    with pytest.raises(ValueError, match="max_hands takes effect when the node is configured"):
        changed_parameters(before, {"max_hands": 3})
    with pytest.raises(ValueError, match="marker_lifetime must be a number"):
        changed_parameters(before, {"marker_lifetime": "long"})


def test_parameters_of_other_parts_of_ros_are_left_alone() -> None:
    assert parameters_from({"use_sim_time": True, "qos_overrides./image.subscription.depth": 3}) == NodeParameters()


def test_the_file_is_yaml_of_one_section(tmp_path: Path) -> None:
    assert list(yaml.safe_load(parameter_file())) == ["/**"]
