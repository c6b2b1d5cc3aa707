"""One command, one report: the parts in order, printed while they come and kept in a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from hand_recon_ros.bench.frame_cost import frame_cost
from hand_recon_ros.bench.gpu import gpu
from hand_recon_ros.bench.live import SCENES, live
from hand_recon_ros.bench.machine import machine
from hand_recon_ros.bench.network_cost import network_cost, zoo_cost
from hand_recon_ros.bench.outputs import outputs
from hand_recon_ros.bench.peers import mediapipe_environment
from hand_recon_ros.bench.plots import draw, need_matplotlib
from hand_recon_ros.bench.report import Part, markdown, save
from hand_recon_ros.bench.scaling import scaling
from hand_recon_ros.bench.stages import stages
from hand_recon_ros.bench.start_up import start_up

ENVIRONMENT = Path(".venv-mediapipe")
EXPECTED = (RuntimeError, OSError, ValueError, ImportError)
"""What a part may fail with: the others are measured all the same."""
Parts = Mapping[str, Callable[[], Part]]


def full_parts(python: Path | None) -> Parts:
    """Everything, with MediaPipe where its Python is given."""
    return {
        "frame": lambda: frame_cost(24, python),
        "stages": lambda: stages(10),
        "outputs": lambda: outputs(200),
        "live": lambda: live(60.0),
        "start-up": lambda: start_up(5),
        "networks": lambda: network_cost(60, python),
        "scaling": lambda: scaling(10),
        "gpu": lambda: gpu(10),
        "zoo": lambda: zoo_cost(9, (1, 8)),
    }


def quick_parts(python: Path | None) -> Parts:
    """What can be told in about a minute."""
    return {
        "frame": lambda: frame_cost(4, python),
        "stages": lambda: stages(2),
        "outputs": lambda: outputs(20),
        "live": lambda: live(5.0, SCENES[:1]),
        "start-up": lambda: start_up(1),
    }


def measure(folder: Path, quick: bool, peers: bool, only: Sequence[str] | None = None) -> None:
    """Measure some parts, or all, print them and write them into a folder.

    Raises:
        ValueError: no such part.
        ImportError: matplotlib is not installed.
        RuntimeError: MediaPipe cannot be installed.
    """
    parts = chosen(full_parts(None) if only else quick_parts(None) if quick else full_parts(None), only)
    need_matplotlib()
    folder.mkdir(parents=True, exist_ok=True)
    progress = Console(stderr=True)
    python = mediapipe_environment(ENVIRONMENT) if peers else None
    every = {**full_parts(python), **(quick_parts(python) if quick else {})}
    about, done = machine(), []
    print(markdown(about), flush=True)
    for name in parts:
        progress.print(f"measuring: {name} ...")
        done.append(attempted(name, every[name]))
        print(markdown(done[-1]), flush=True)
        for curves in done[-1].curves:
            draw(folder, curves)
        save(folder, about, done)
    progress.print(f"see {folder / 'report.md'}")


def chosen(parts: Parts, only: Sequence[str] | None) -> list[str]:
    """Names of the parts that are wanted, in order.

    Raises:
        ValueError: no such part.
    """
    unknown = sorted(set(only or ()) - set(parts))
    if unknown:
        raise ValueError(f"expected a part out of {', '.join(parts)}, got {', '.join(unknown)}")
    return [name for name in parts if not only or name in only]


def attempted(name: str, part: Callable[[], Part]) -> Part:
    """A part, or why it could not be measured."""
    try:
        return part()
    except EXPECTED as error:
        return Part(name, problem=str(error))
