"""The live node with a pipeline that never finishes loading, or never finishes a picture.

usage: halting_node_process.py load|picture [--ros-args ...]
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping

from stand_in import StandIn

from hand_recon_ros.node import NodeParameters
from hand_recon_ros.node.wire_node import run_wire_node
from hand_recon_ros.types import Frame, HandFrame


def halt(what: str) -> None:
    print(f"halting in {what}", file=sys.stderr, flush=True)
    threading.Event().wait()


class Halting(StandIn):
    """Takes one picture and keeps it."""

    def __call__(self, frames: Mapping[str, Frame]) -> dict[str, HandFrame]:
        halt("picture")
        return {}


def load(parameters: NodeParameters) -> StandIn:
    if sys.argv[1] == "load":
        halt("load")
    return Halting()


if __name__ == "__main__":
    sys.exit(run_wire_node(sys.argv[2:], load=load))
