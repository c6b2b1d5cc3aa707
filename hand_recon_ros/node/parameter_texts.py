"""What people read about the parameters, all made from their table: configuration file, page and help."""

from __future__ import annotations

import textwrap
from typing import Any

import yaml

from hand_recon_ros.node.parameters import PARAMETERS


def parameter_file() -> str:
    """The text of config/hand_recon.yaml: every parameter with its default and its meaning."""
    lines = [
        "# Parameters of the hand_recon node with their defaults. Generated from hand_recon_ros/node/parameters.py.",
        "# Live ones may change while the node runs; the others take effect when it is configured.",
    ]
    lines += ["/**:", "  ros__parameters:"]
    for row in PARAMETERS:
        when = " Live." if row.live else ""
        for line in textwrap.wrap(f"{row.description} ({row.range}){when}", 100):
            lines.append(f"    # {line}")
        value = yaml.safe_dump(row.plain(row.default), default_flow_style=True).removesuffix("\n").removesuffix("\n...")
        lines.append(f"    {row.name}: {value}")
    return "\n".join(lines) + "\n"


def parameter_page() -> str:
    """The text of docs/parameters.md: every parameter in a table for people."""
    lines = [
        "# Parameters of the node",
        "",
        "Set with `-p name:=value` or `--params-file FILE`, in the form of",
        "`config/hand_recon.yaml`. Generated from hand_recon_ros/node/parameters.py.",
        "",
        "Live ones change at the next image (`ros2 param set`); the others when the node is configured.",
        "",
        "| name | default | range | live | meaning |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{row.name}` | {_plain(row.default)} | {row.range} | {'yes' if row.live else ''} | {row.description} |"
        for row in PARAMETERS
    ]
    return "\n".join(lines) + "\n"


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return str(list(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def parameter_help() -> str:
    """What `hand-recon node --help` says about the parameters."""
    lines = ["Parameters, given as `--ros-args -p name:=value`:", ""]
    for row in PARAMETERS:
        text = f"{row.description} ({row.range}; {_plain(row.default) or 'empty'}{'; live' if row.live else ''})"
        lines += textwrap.wrap(f"{row.name:<22}{text}", 100, subsequent_indent=" " * 22)
    return "\n".join(lines)
