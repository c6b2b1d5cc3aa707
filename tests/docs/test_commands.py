"""Commands on the pages are ones that the programs take: verbs, options, parameters, topics, files, extras."""

from __future__ import annotations

import ast
import itertools
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from pages import PAGES, ROOT, Command, commands, spans

from hand_recon_ros import cli
from hand_recon_ros.bench.bench import full_parts
from hand_recon_ros.bus.ros_args import parse_ros_args
from hand_recon_ros.node.parameters import PARAMETERS, parameters_from
from hand_recon_train import cli as train_cli

NOT_CHECKED = {
    "ros2": "needs a ROS 2 installation; launch files of this package are checked",
    "colcon": "needs a ROS 2 installation",
    "rosdep": "needs a ROS 2 installation",
    "docker": "no Docker where the tests run",
    "ssh": "needs another computer",
    "mkdir": "the system's",
    "ln": "the system's",
    "cd": "the shell's",
    "touch": "the system's",
    ".": "the shell's",
}
INPUTS = {"image", "image/compressed", "camera_info", "depth"}
TYPER = {"hand-recon": cli.app, "hand-recon-train": train_cli.app}
EVERY = {page: [*commands(page), *spans(page)] for page in PAGES}


@pytest.mark.parametrize("page", [page for page, found in EVERY.items() if found])
def test_the_commands_of_a_page_are_taken(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    problems = [f"{command.text}: {problem}" for command in EVERY[page] if (problem := problem_of(command))]
    assert problems == []


def test_commands_are_found_on_the_pages() -> None:
    assert sum(map(len, EVERY.values())) > 60
    assert {"hand-recon", "hand-recon-train", "make", "ros2", "pip"} <= {
        command.program for found in EVERY.values() for command in found
    }


@pytest.mark.parametrize(
    "wrong",
    [
        "hand-recon imagine photo.jpg --out out",
        "hand-recon image photo.jpg --out out --modle default",
        "hand-recon image --out out",
        "hand-recon image photo.jpg --out out --max-hands many",
        "hand-recon image PHOTO [--camra fx,fy,cx,cy]",
        "hand-recon node --ros-args -p max_hand:=2",
        "hand-recon node --ros-args -r imag:=/camera/image",
        "hand-recon node --cameras left",
        "hand-recon bench --only coffee",
        "hand-recon-train synth --number 4 --out shards",
        "hand-recon-train fit --config configs/youtubehand_resnet18.yaml --trainr.precision 16",
        "hand-recon-train fit --config configs/youtubehand_resnet17.yaml",
        "ros2 launch hand_recon_ros hand_recon.launch.py image:=/camera/image",
        "ros2 launch hand_recon_ros hands.launch.py",
        "make walk",
        "pip install 'hand_recon_ros[wed]'",
        "python -m tools.figure",
        "python -m tools.figures --to docs",
        "frobnicate",
    ],
)
def test_a_wrong_command_would_be_noticed(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert problem_of(Command("", wrong, tuple(shlex.split(wrong))))


def problem_of(command: Command) -> str:
    """What is wrong with a command, empty if nothing is known to be."""
    program, words = command.program, list(command.words[1:])
    if program == "torchrun":
        program, words = "hand-recon-train", words[words.index("hand_recon_train") + 1 :]
    if program in ("python", "python3"):
        return python_problem(words, command.synopsis)
    if program in TYPER:
        return typer_problem(program, words, command.synopsis)
    if program in ("ros2", "make", "pip", "mkdocs"):
        return CHECKS[program](words)
    return "" if program in NOT_CHECKED else "not a program that the tests know: check it, or say why not"


def typer_problem(program: str, words: list[str], synopsis: bool) -> str:
    whole = stubbed(typer.main.get_command(TYPER[program]))
    words = ["4" if word == "N" else word for word in words]  # as in --count N
    verbs, command = [], whole
    for word in words:
        if word in getattr(command, "commands", {}):
            command = command.commands[word]
            verbs.append(word)
        elif not word.startswith("-"):
            break
    first = words[0] if words else "..."
    if not verbs and not (synopsis and not first.islower()) and first not in options_of(whole):
        return f"no verb {first}"
    if verbs == ["node"]:
        return node_problem([word for word in words[1:] if word != "..."])
    if verbs == ["fit"]:
        return fit_problem(words[words.index("fit") + 1 :])
    if synopsis:
        given = {found for word in words for found in re.findall(r"^\[?(--?[a-z][a-z-]*)", word)}
        unknown = given - options_of(whole) - options_of(command)
        return f"no option {', '.join(sorted(unknown))}" if unknown else ""
    if verbs == ["bench"]:
        parts = {word for flag, word in itertools.pairwise(words) if flag == "--only"}
        if unknown := parts - set(full_parts(None)):
            return f"no part {', '.join(sorted(unknown))}"
    return parse_problem(whole, [re.sub(r"^[~/]+(?=.)", "", word) for word in words])


def fit_problem(words: list[str]) -> str:
    """What the training's own parser says; `...` and NAME stand for a configuration of the folder."""
    from hand_recon_train.training.command import fit

    at = next(k for k, word in enumerate(words) if word in ("-c", "--config")) + 1
    shown = words[at].replace("...", "configs/NAME.yaml").replace("NAME", "youtubehand_resnet18")
    try:
        fit([*words[: at - 1], "--config", str(ROOT / shown), *words[at + 1 :], "--print_config"])
    except SystemExit as ended:
        return f"exit code {ended.code}" if ended.code else ""
    except ValueError as error:
        return str(error)
    return "it began to train"


def stubbed(command: Any) -> Any:
    """The command with nothing behind it."""
    command.callback = lambda **_: None
    for verb in getattr(command, "commands", {}).values():
        stubbed(verb)
    return command


def options_of(command: Any) -> set[str]:
    names = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return names | {"-h", "--help"}


def parse_problem(command: Any, words: list[str]) -> str:
    """What the program says to the words; files and folders that it asks for are made."""
    for _ in words:
        try:
            command.main(args=words, prog_name="hand-recon", standalone_mode=False)
        except Exception as error:  # of click, or of the copy that Typer brings
            problem = error.format_message() if hasattr(error, "format_message") else repr(error)
            missing = re.search(r"(\w+) '([^']+)' does not exist", problem)
            if not missing:
                return problem
            make(Path(missing[2]), folder=missing[1].lower().startswith("dir"))
        else:
            return ""
    return problem


def make(place: Path, folder: bool) -> None:
    (place if folder else place.parent).mkdir(parents=True, exist_ok=True)
    if not folder:
        place.touch()


def node_problem(words: list[str]) -> str:
    words = [str(ROOT / "config" / word) if word == "hand_recon.yaml" else word for word in words]
    if words[:1] == ["--bus"]:
        if words[1] not in ("auto", "rclpy", "wire"):
            return f"no bus {words[1]}"
        words = words[2:]
    try:
        args = parse_ros_args([word for word in words if word not in ("-h", "--help")])
        parameters = parameters_from({k: v for k, v in args.parameters.items() if k != "use_sim_time"})
    except ValueError as error:
        return str(error)
    prefixes = ("", *(f"{camera}/" for camera in parameters.cameras if camera))
    topics = {prefix + name for prefix in prefixes for name in INPUTS}
    unknown = [source for source, _ in args.node.remaps if source not in topics and not source.startswith("~/")]
    return f"what is {args.rest or unknown}?" if args.rest or unknown else ""


def ros2_problem(words: list[str]) -> str:
    """Launch files of this package and their arguments, and parameters of the node."""
    if words[:2] == ["launch", "hand_recon_ros"]:
        file = ROOT / "launch" / words[2]
        if not file.is_file():
            return f"no launch file {words[2]}"
        declared = set(re.findall(r'DeclareLaunchArgument\(\s*"(\w+)"', file.read_text()))
        unknown = {word.partition(":=")[0] for word in words[3:]} - declared
        return f"no launch argument {', '.join(sorted(unknown))}" if unknown else ""
    if words[:3] == ["param", "set", "/hand_recon"] and words[3] not in {row.name for row in PARAMETERS}:
        return f"no parameter {words[3]}"
    return ""


def make_problem(words: list[str]) -> str:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M))
    unknown = [word for word in words if "=" not in word and word not in targets]
    return f"no target {unknown}" if unknown else ""


def pip_problem(words: list[str]) -> str:
    extras = (ROOT / "pyproject.toml").read_text().partition("[project.optional-dependencies]")[2].partition("\n[")[0]
    known = set(re.findall(r"^(\w+) = \[", extras, re.M))
    asked = {extra for word in words for extras in re.findall(r"\[([\w,]+)\]", word) for extra in extras.split(",")}
    return f"no extra {', '.join(sorted(asked - known))}" if asked - known else ""


def python_problem(words: list[str], synopsis: bool) -> str:
    """Whether a module or script is there and knows the options, by its source alone: some take long to import."""
    if words[0] == "-c":
        ast.parse(words[1])
        return ""
    name, rest = (words[1], words[2:]) if words[0] == "-m" else (words[0], words[1:])
    if words[0] == "-m" and name in ("hand_recon_train", "hand_recon_ros.cli"):
        return typer_problem("hand-recon-train" if name == "hand_recon_train" else "hand-recon", rest, synopsis)
    if words[0] == "-m" and name in ("pip", "pytest", "venv", "build"):
        return pip_problem(rest) if name == "pip" else ""
    places = [ROOT / name, ROOT / f"{name.replace('.', '/')}.py", ROOT / name.replace(".", "/") / "__main__.py"]
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        return f"no module or script {name}"
    source = file.read_text()
    unknown = [word for word in rest if word.startswith("--") and f'"{word.partition("=")[0]}"' not in source]
    return f"{name} has no option {', '.join(unknown)}" if unknown else ""


CHECKS: dict[str, Callable[[list[str]], str]] = {
    "ros2": ros2_problem,
    "make": make_problem,
    "pip": pip_problem,
    "mkdocs": lambda words: "" if words[0] in ("build", "serve") else "no such verb",
}
