"""What the pages tell people to type is typed: cheap commands in a shell, blocks of Python one after the other."""

from __future__ import annotations

import ast
import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_shell import shell
from pages import PAGES, Block, Command, steps

RUN = {"image", "video", "bag", "replay", "report", "overlay", "plot", "models", "doctor", "conformance", "recover"}
NOT_RUN = {
    r"hand-recon (node|play)": "run until Ctrl-C: tests/cli/test_cli_wire.py",
    r"hand-recon (web|view)": "run until Ctrl-C: tests/web, tests/view3d",
    r"hand-recon (webcam|\w+ 0\b)": "need a camera",
    r"hand-recon bench": "takes minutes: tests/bench",
    r"hand-recon retarget": "needs robot descriptions: tests/retarget",
    r"hand-recon demo": "takes half a minute: tests/cli/test_cli_wire.py",
    r"--mano|--model|models import": "need weights that do not come with the package",
    r"hand-recon conformance": "takes long: tests/networks",
    r"--workers": "needs Ray: tests/node",
    r"hand-recon recover": "needs a recording that was killed: tests/cli",
    r"report results_folder": "stands for a folder of the reader's",
}
PYTHON_NOT_RUN = {
    "load_mano(": "needs MANO and weights that do not come with the package",
    "open_dataset(": "needs a data set: tests/train",
    "RenderedStream(": "needs rendered shards: tests/train/test_synthetic_shards.py",
    "DeviceStream(": "needs a GPU, and has no end: tests/train/test_synthetic_device.py",
    'device="cuda"': "needs a GPU: tests/device",
    "Retargeter.create(": "needs a robot description: tests/retarget",
    "run_wire_node(": "runs until Ctrl-C: test_the_rig_of_the_example_runs_in_the_node",
}
GIVEN = {"stamp_ns": 0, "fx": 560.0, "fy": 560.0, "cx": 319.5, "cy": 239.5, "width": 640, "height": 480}
"""What blocks take for granted; pictures are added."""


def typed(step: Block | Command) -> bool:
    """Whether a step is run; a command that is not must have its reason in a table."""
    if isinstance(step, Block):
        return not any(part in step.text for part in PYTHON_NOT_RUN)
    if step.program != "hand-recon" or step.synopsis or re.search(r"\b[A-Z]{4,}\b", step.text):
        return False
    verb = next((word for word in step.words[1:] if not word.startswith("-")), "")
    return (verb in RUN or not verb) and not any(re.search(pattern, step.text) for pattern in NOT_RUN)


STEPS = {page: list(steps(page)) for page in PAGES}


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page, found in STEPS.items() if any(map(typed, found))])
def test_the_steps_of_a_page_work(page: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    leave_wanted_recordings(folder, " ".join(step.text for step in STEPS[page] if typed(step)))
    names = given(folder)
    for step in dict.fromkeys(STEPS[page]):  # a command that a page repeats is typed once
        if not typed(step):
            continue
        if isinstance(step, Command):
            shell(step.text, folder)
        else:
            run(step, names)


@pytest.mark.parametrize(
    "block",
    [step for found in STEPS.values() for step in found if isinstance(step, Block) and not typed(step)],
    ids=lambda block: f"{block.page}:{block.line}",
)
def test_blocks_that_cannot_be_run_import_what_is_there(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    imports = [node for node in ast.walk(ast.parse(block.text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    run(Block(block.page, "\n".join(map(ast.unparse, imports)), 0), {"__name__": "imports"})


def test_every_other_command_has_its_reason() -> None:
    reasonless = [
        step.text
        for found in STEPS.values()
        for step in found
        if isinstance(step, Command) and step.program == "hand-recon" and not step.synopsis and not typed(step)
        if not re.search(r"\b[A-Z]{4,}\b", step.text) and not any(re.search(p, step.text) for p in NOT_RUN)
    ]
    assert reasonless == [], "add the verb to RUN, or the reason to NOT_RUN"


def test_many_steps_are_run() -> None:
    run_steps = [step for found in STEPS.values() for step in found if typed(step)]
    assert sum(isinstance(step, Command) for step in run_steps) > 12
    assert sum(isinstance(step, Block) for step in run_steps) > 5


@pytest.mark.slow
def test_the_rig_of_the_example_runs_in_the_node(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hand_recon_ros.node.parameters import NodeParameters
    from hand_recon_ros.node.replay import replay_bag
    from hand_recon_ros.node.result_reader import read_results

    monkeypatch.chdir(folder)
    example = next(step for step in STEPS["adding_a_network.md"] if isinstance(step, Block))
    assert len(example.text.splitlines()) < 60
    names: dict[str, Any] = {"__name__": "example"}
    run(example, names)
    rig = names["tiny_rig"](names["Settings"](tracking=True))
    replay_bag(folder / "night.mcap", folder / "tiny.mcap", rig, NodeParameters(publish_vertices=True))
    results = [frame for _, frame in read_results(folder / "tiny.mcap")]
    sides = {hand.side.name for frame in results for hand in frame.hands}
    assert sides == {"LEFT", "RIGHT"}
    flat = results[0].hands[0].vertices
    assert flat.shape == (778, 3) and np.isfinite(flat).all()


def leave_wanted_recordings(folder: Path, text: str) -> None:
    """Remove those that no step names or that one will make: `*.mcap` shall not take them."""
    for recording in folder.glob("*.mcap"):
        if recording.name not in text or f"--out {recording.name}" in text:
            recording.unlink()


def given(folder: Path) -> dict[str, Any]:
    import cv2

    rgb = np.ascontiguousarray(cv2.imread(str(folder / "photo.jpg"))[..., ::-1])
    return {"__name__": "__main__", "image_rgb": rgb, "depth": np.zeros(rgb.shape[:2], np.float32), **GIVEN}


def run(block: Block, names: dict[str, Any]) -> None:
    """Run a block in the current folder, with the names of those before it."""
    file = Path("block.py")
    file.write_text("\n" * block.line + block.text)  # so that a traceback has the page's lines
    names.update(runpy.run_path(str(file), names, names["__name__"]))
