"""What it takes to be ready: seconds to import, seconds to a first result, resident memory then; each in a new process.

python benchmarks/start_up.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

IMPORT = "import time; t = time.perf_counter(); import hand_recon_ros; print(time.perf_counter() - t)"
FIRST = """
import time; t = time.perf_counter()
import numpy as np
from hand_recon_ros import HandPipeline
HandPipeline.create(device="cpu", tracking=True)(np.zeros((480, 640, 3), np.uint8))
pages = int(open("/proc/self/statm").read().split()[1])
print(time.perf_counter() - t, pages * 4096 / 2**20)
"""


def measured(code: str, rounds: int) -> list[float]:
    """Medians of the numbers that a program prints, each time in a new process."""
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(rounds)
    ]
    return [statistics.median(column) for column in zip(*(map(float, run.stdout.split()) for run in runs), strict=True)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    measured(FIRST, 1)  # exports and file caches
    seconds, mebibytes = measured(FIRST, rounds)
    print(f"import {measured(IMPORT, rounds)[0]:.2f} s; first result {seconds:.2f} s, {mebibytes:.0f} MiB resident")


if __name__ == "__main__":
    main()
