"""package.xml, CMakeLists.txt, launch and configuration files agree with the code."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from xml.etree import ElementTree

import pytest

import hand_recon_ros
from hand_recon_ros.bus.definitions import OWN_MESSAGES, message_types
from hand_recon_ros.bus.hand_codec import HAND_ARRAY
from hand_recon_ros.types import JOINT_COUNT, Joint, ScaleSource, Side

ROOT = Path(__file__).parents[2]
MESSAGES = ROOT / "msg"


def package() -> ElementTree.Element:
    return ElementTree.parse(ROOT / "package.xml").getroot()


def constants(name: str) -> dict[str, int]:
    matches = re.findall(r"^uint8 ([A-Z_]+)=(\d+)", (MESSAGES / f"{name}.msg").read_text(), re.M)
    return {key: int(value) for key, value in matches}


def test_package_version_is_the_version_of_the_code() -> None:
    assert package().findtext("version") == hand_recon_ros.__version__
    assert package().findtext("name") == "hand_recon_ros"


def test_every_message_is_built_and_its_packages_are_dependencies() -> None:
    cmake = (ROOT / "CMakeLists.txt").read_text()
    texts = {path.stem: path.read_text() for path in MESSAGES.glob("*.msg")}
    assert set(texts) == set(OWN_MESSAGES)
    needed = {match for text in texts.values() for match in re.findall(r"^(\w+)/\w+", text, re.M)}
    declared = re.search(r"DEPENDENCIES ([\w ]+)", cmake)
    assert declared is not None
    assert needed == set(declared[1].split()) == {d.text for d in package().findall("depend")}
    for name in texts:
        assert f"msg/{name}.msg" in cmake
    for dependency in needed:
        assert f"find_package({dependency} REQUIRED)" in cmake


def test_every_message_type_in_the_code_has_its_package_among_the_dependencies() -> None:
    names = r'"(\w+)/(?:msg|srv)/\w+"'
    used = {n for path in (ROOT / "hand_recon_ros").rglob("*.py") for n in re.findall(names, path.read_text())}
    declared = {d.text for kind in ("depend", "exec_depend") for d in package().findall(kind)}
    # Where there is rclpy, it brings these itself.
    only_on_the_wire = {"rmw_dds_common", "lifecycle_msgs", "rosgraph_msgs", "hand_recon_ros"}
    assert used - only_on_the_wire <= declared


def test_constants_of_the_messages_are_those_of_the_code() -> None:
    assert constants("HandJoints") == {**{joint.name: joint.value for joint in Joint}, "COUNT": JOINT_COUNT}
    sides = {side.name: side.value for side in Side}
    scales = {f"SCALE_{source.name}": source.value for source in ScaleSource}
    assert constants("Hand") == {**sides, **scales}


def test_definitions_are_registered_with_a_type_hash() -> None:
    assert message_types().hash_rihs01(HAND_ARRAY).startswith("RIHS01_")


@pytest.mark.parametrize("folder", ["config", "launch", "msg", "models"])
def test_shared_folders_are_installed(folder: str) -> None:
    install = re.search(r"DIRECTORY ([\w ]+)\n\s+DESTINATION share/", (ROOT / "CMakeLists.txt").read_text())
    assert install is not None
    assert folder in install[1].split()
    assert any((ROOT / folder).iterdir())


def test_launch_file_describes_the_node() -> None:
    pytest.importorskip("launch_ros", reason="needs a ROS 2 installation")
    pytest.importorskip("hand_recon_ros.msg", reason="needs the package built by colcon")
    description = runpy.run_path(str(ROOT / "launch/hand_recon.launch.py"))["generate_launch_description"]()
    names = {argument.name for argument in description.get_launch_arguments()}
    assert {"namespace", "image_topic", "camera_info_topic", "params_file", "rviz"} <= names
