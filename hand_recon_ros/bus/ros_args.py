"""Command line arguments of a ROS 2 node: `--ros-args -r from:=to -p name:=value --params-file F`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from hand_recon_ros.bus.names import NodeName

REMAP_FLAGS = ("-r", "--remap")
PARAMETER_FLAGS = ("-p", "--param")
MAX_FILE_BYTES = 1 << 20
NODE_NAMES = ("__node", "__name")


@dataclass(frozen=True)
class RosArgs:
    """What the arguments ask for.

    Attributes:
        node: name, namespace and topic remappings.
        parameters: overrides by parameter name, dots for nested names; later arguments win.
        log_level: of `--log-level`, lower case, or an empty string.
        rest: the arguments outside `--ros-args ... --`.
    """

    node: NodeName
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    log_level: str = ""
    rest: tuple[str, ...] = ()


def parse_ros_args(argv: Sequence[str], default_name: str = "hand_recon") -> RosArgs:
    """Read the arguments of one node.

    Raises:
        ValueError: an argument that is unknown, incomplete or malformed, or a parameter file that cannot be used.
    """
    rest, flags = _split(argv)
    pairs = list(_pairs(flags))
    remaps = [_assignment(value, default_name) for flag, value in pairs if flag in REMAP_FLAGS]
    names = dict(remaps)
    node_name = next((names[key] for key in NODE_NAMES if key in names), default_name)
    namespace = "/" + names.get("__ns", "/").strip("/")
    topics = tuple((source, to) for source, to in remaps if not source.startswith("__"))
    node = NodeName(node_name, namespace, topics)
    parameters: dict[str, Any] = {}
    for flag, value in pairs:
        if flag == "--params-file":
            parameters.update(parameters_of_file(Path(value), node))
        elif flag in PARAMETER_FLAGS:
            name, text = _assignment(value, node_name)
            parameters[name] = _yaml(text, f"the value of parameter {name}")
    level = next((value.lower() for flag, value in reversed(pairs) if flag == "--log-level"), "")
    return RosArgs(node, MappingProxyType(parameters), level, tuple(rest))


def parameters_of_file(path: Path, node: NodeName) -> dict[str, Any]:
    """Parameters for a node in a ROS 2 parameter file: its sections `/**`, node name or absolute node name.

    Raises:
        ValueError: a file that cannot be read, is too large, or has another structure.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"expected a parameter file of at most {MAX_FILE_BYTES} bytes, {path} is larger")
        document = _yaml(path.read_text(), f"parameter file {path}")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"parameter file {path} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise ValueError(f"expected node names with ros__parameters in {path}, got {type(document).__name__}")
    parameters: dict[str, Any] = {}
    for section, content in document.items():
        if not _section_names(str(section), node):
            continue
        if not isinstance(content, dict) or not isinstance(content.get("ros__parameters"), dict):
            raise ValueError(f"expected ros__parameters below {section} in {path}")
        parameters.update(_flat(content["ros__parameters"]))
    return parameters


def _section_names(section: str, node: NodeName) -> bool:
    """Whether a section of a parameter file, possibly with `*` for a word and `**` for any, is about this node."""
    pattern = re.escape(section if section.startswith("/") else f"{node.namespace.rstrip('/')}/{section}")
    pattern = pattern.replace(r"/\*\*", "(/.*)?").replace(r"\*", "[^/]*")
    return re.fullmatch(pattern, node.full) is not None


def _flat(tree: dict[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _split(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Arguments outside and inside of `--ros-args ... --`."""
    rest: list[str] = []
    flags: list[str] = []
    target = rest
    for argument in argv:
        if argument == "--ros-args":
            target = flags
        elif argument == "--" and target is flags:
            target = rest
        else:
            target.append(argument)
    return rest, flags


def _pairs(flags: Sequence[str]) -> Iterator[tuple[str, str]]:
    known = (*REMAP_FLAGS, *PARAMETER_FLAGS, "--params-file", "--log-level")
    words = iter(flags)
    for word in words:
        flag, joined, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if flag not in known:
            raise ValueError(f"expected one of {', '.join(known)} after --ros-args, got {word!r}")
        if not joined:
            value = next(words, "")
        if not value:
            raise ValueError(f"expected a value after {flag}")
        yield flag, value


def _assignment(text: str, node_name: str) -> tuple[str, str]:
    """Both sides of `name:=value` or `node:name:=value`."""
    name, assigned, value = text.partition(":=")
    name = name.removeprefix(f"{node_name}:")
    if not assigned or not name or not value:
        raise ValueError(f"expected name:=value, got {text!r}")
    return name, value


def _yaml(text: str, what: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{what} is not YAML: {reason}") from error
