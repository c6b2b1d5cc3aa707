"""Replays recordings with the stand-in, says when each is done, and hangs at the first picture with nine hands."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from stand_in import StandIn

from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.node.replay_batch import plan, run_afresh
from hand_recon_ros.node.replay_job import ReplaySettings


class Hanging(StandIn):
    def hands_of(self, frame):
        if frame.rgb[0, 0, 0] == 9:
            print("hangs", flush=True)
            threading.Event().wait()
        return super().hands_of(frame)


if __name__ == "__main__":
    out, *bags = map(Path, sys.argv[1:])
    for job in plan(bags, out, ReplaySettings(NodeParameters())):
        outcome = run_afresh(job, threading.Event(), load=lambda parameters: Hanging())
        print(job.bag.name, outcome.error or "done", flush=True)
