"""The fuzz tests share the message builders of the bus tests and the bus in memory of the node's."""

import sys
from pathlib import Path

for neighbour in ("bus", "node"):
    sys.path.insert(0, str(Path(__file__).parents[1] / neighbour))
