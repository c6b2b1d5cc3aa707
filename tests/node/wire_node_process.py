"""The live node with the stand-in pipeline, as its own process; arguments as for `hand-recon node`."""

from __future__ import annotations

import sys

from stand_in import StandIn

from hand_recon_ros.node.wire_node import run_wire_node

if __name__ == "__main__":
    sys.exit(run_wire_node(sys.argv[1:], load=lambda parameters: StandIn()))
