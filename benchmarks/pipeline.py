"""Image in, mesh out: this package's pipeline beside MediaPipe's hand tracking, alternating in one run on one core.

    python -m benchmarks.pipeline [--mediapipe .venv-mediapipe/bin/python] [--rounds 8] [--out out/bench]

MediaPipe gives points only, and needs an environment of its own: `make bench` builds it. Prints and writes a table of
means, 95th percentiles and the ratio with its spread over rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hand_recon_ros import CameraModel, HandPipeline, Side
from hand_recon_train.synthetic.poses import NAMED_POSES
from hand_recon_train.synthetic.scene import Look, pose_hand, render_hands

CAMERA = CameraModel(560.0, 560.0, 319.5, 239.5, 640, 480)
UPRIGHT = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
FRAMES = 30


@dataclass(frozen=True)
class Row:
    """One scene: milliseconds a frame of every round, ours and theirs."""

    scene: str
    ours: list[list[float]]
    theirs: list[list[float]]

    def summary(self) -> dict[str, float | str]:
        """Means, 95th percentiles, and the ratio of means a round: its median and range.

        Means of frames, since not every frame of an idle scene is looked at; medians of rounds, against disturbances.
        """
        ratios = [np.mean(a) / np.mean(b) for a, b in zip(self.ours, self.theirs, strict=True)]
        return {
            "scene": self.scene,
            "ours_ms": round(float(np.median(np.mean(self.ours, axis=1))), 2),
            "ours_p95_ms": round(float(np.percentile(np.concatenate(self.ours), 95)), 2),
            "mediapipe_ms": round(float(np.median(np.mean(self.theirs, axis=1))), 2),
            "mediapipe_p95_ms": round(float(np.percentile(np.concatenate(self.theirs), 95)), 2),
            "ratio": round(float(np.median(ratios)), 3),
            "ratio_min": round(min(ratios), 3),
            "ratio_max": round(max(ratios), 3),
        }


def pictures(hands: int) -> npt.NDArray[np.uint8]:
    """Frames (T, 480, 640, 3) of so many slowly moving hands."""
    # Contiguous, as cameras' pictures are: OpenCV copies others before it resizes them.
    ramp = np.ascontiguousarray(np.broadcast_to(np.linspace(120, 190, 640)[None, :, None], (480, 640, 3)), np.uint8)
    look = Look(np.array([0.8, 0.6, 0.48]), np.array([0.2, 0.3, 0.5]), np.array([-0.4, -0.7, -0.6]))
    frames = []
    for k in range(FRAMES):
        shift = 0.02 * np.sin(2 * np.pi * k / FRAMES)
        places = ((Side.RIGHT, -0.1 + shift), (Side.LEFT, 0.1 - shift))[:hands]
        posed = [pose_hand(side, UPRIGHT, np.array([x, 0.08, 0.5]), NAMED_POSES["spread"]) for side, x in places]
        frames.append(render_hands(posed, [look] * hands, CAMERA, ramp) if hands else ramp)
    return np.stack(frames)


def time_ours(pipeline: HandPipeline, frames: npt.NDArray[np.uint8], stamps: list[int]) -> list[float]:
    """Milliseconds a frame; stamps continue over rounds so that tracks live on."""
    times = []
    for frame in frames:
        stamps[0] += 33_333_333
        started = time.perf_counter()
        pipeline(frame, camera=CAMERA, stamp_ns=stamps[0])
        times.append(1e3 * (time.perf_counter() - started))
    return times


def compare(python: Path, hands: int, rounds: int) -> Row:
    """Alternate both on the same frames; both keep to the core that this process was given."""
    frames = pictures(hands)
    wanted = max(hands, 1)
    pipeline = HandPipeline.create(device="cpu", threads=1, tracking=True, max_hands=wanted)
    stamps = [0]
    time_ours(pipeline, frames, stamps)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frames.npz"
        np.savez(path, frames=frames)
        worker = subprocess.Popen(
            [python, str(Path(__file__).with_name("mediapipe_worker.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert worker.stdin and worker.stdout
        found = json.loads(_ask(worker, f"{path} {wanted}"))
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(time_ours(pipeline, frames, stamps))
            theirs.append(json.loads(_ask(worker, "1")))
        worker.stdin.close()
        worker.wait(timeout=30)
    name = {0: "no hand", 1: "one tracked hand", 2: "two tracked hands"}[hands]
    return Row(f"{name} (MediaPipe finds {found['hands_a_frame']:.2f})", ours, theirs)


def _ask(worker: subprocess.Popen[str], line: str) -> str:
    assert worker.stdin and worker.stdout
    worker.stdin.write(line + "\n")
    worker.stdin.flush()
    answer = worker.stdout.readline()
    if not answer:
        raise RuntimeError("MediaPipe's worker ended early; run benchmarks/mediapipe_worker.py by hand to see why")
    return answer


def stages(hands: int, rounds: int) -> dict[str, float]:
    """Median milliseconds of our own stages."""
    pipeline = HandPipeline.create(device="cpu", threads=1, tracking=True, max_hands=max(hands, 1))
    timings = []
    for k, frame in enumerate(list(pictures(hands)) * rounds):
        timings.append(pipeline(frame, camera=CAMERA, stamp_ns=k * 33_333_333).timing)
    names = ("detect_ms", "reconstruct_ms", "postprocess_ms", "total_ms")
    return {name: round(float(np.median([getattr(t, name) for t in timings[FRAMES:]])), 2) for name in names}


def main() -> None:
    """Compare and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mediapipe", type=Path, default=Path(".venv-mediapipe/bin/python"))
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--out", type=Path, default=Path("out/bench"))
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rows = [compare(arguments.mediapipe, hands, arguments.rounds).summary() for hands in (1, 2, 0)]
    report = {"machine": f"{platform.machine()}, one core", "rows": rows, "stages_one_hand": stages(1, 3)}
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "pipeline.json").write_text(json.dumps(report, indent=1) + "\n")
    print("| 640x480, one core | mesh in metres, ms (p95) | MediaPipe full, points, ms (p95) | ratio (range) |")
    print("| --- | --- | --- | --- |")
    for row in rows:
        ours, theirs = f"{row['ours_ms']} ({row['ours_p95_ms']})", f"{row['mediapipe_ms']} ({row['mediapipe_p95_ms']})"
        print(f"| {row['scene']} | {ours} | {theirs} | {row['ratio']} ({row['ratio_min']} to {row['ratio_max']}) |")
    print("our stages, one hand, median ms:", report["stages_one_hand"])


if __name__ == "__main__":
    main()
