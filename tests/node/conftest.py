"""The tests of the node share the message builders of the bus tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "bus"))
