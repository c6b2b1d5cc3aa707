"""What pip installs works without the clone."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import cv2
import pytest

from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.bus.compressed_codec import compressed_to_rgb, decode_compressed_image
from hand_recon_ros.node.image_topic import colour_image_topic
from hand_recon_ros.paths import shared_file

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a new environment with the wheel in it.

    The dependencies are those of this environment; a path file makes them visible, but not this clone.
    """
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{ROOT}", str(source)], check=True)
    pip = [sys.executable, "-m", "pip"]
    subprocess.run([*pip, "wheel", "-q", "--no-deps", "-w", str(folder), str(source)], check=True)
    (wheel,) = folder.glob("hand_recon_ros-*.whl")
    environment = folder / "env"
    venv.create(environment, with_pip=False)
    subprocess.run([*pip, "--python", str(environment), "install", "-q", "--no-deps", str(wheel)], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment / "bin"


def test_the_program_lists_its_verbs(installed: Path, tmp_path: Path) -> None:
    answer = subprocess.run(
        [installed / "hand-recon", "--help"], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert "image" in answer.stdout


def test_the_package_comes_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    code = "import hand_recon_ros; print(hand_recon_ros.__file__)"
    answer = subprocess.run(
        [installed / "python", "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert Path(answer.stdout.strip()).is_relative_to(installed.parent)


def test_an_image_is_reconstructed(installed: Path, tmp_path: Path) -> None:
    with open_bag(shared_file("examples", "two_hands.mcap")) as bag:
        message = bag.first(colour_image_topic(bag))
    assert message is not None
    picture = tmp_path / "picture.png"
    cv2.imwrite(str(picture), compressed_to_rgb(decode_compressed_image(message.cdr))[..., ::-1])
    command = [installed / "hand-recon", "image", picture, "--out", tmp_path / "out", "--device", "cpu"]
    subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)
    result = json.loads((tmp_path / "out" / "results.jsonl").read_text())
    assert len(result["hands"]) == 2
