"""Where a frame's time goes, from an Image message to a published HandArray, on one core."""

from __future__ import annotations

from itertools import count

import numpy as np

from hand_recon_ros.bench.frame_cost import PERIOD_NS, SCENES, Scene
from hand_recon_ros.bench.isolation import isolated
from hand_recon_ros.bench.listener import listening_process
from hand_recon_ros.bench.report import Part, Row, Table
from hand_recon_ros.bench.scenes import focal_camera
from hand_recon_ros.bench.timed_rig import STAGES, TimedRig, timed_rig
from hand_recon_ros.bench.timing import Sample
from hand_recon_ros.bus import RESULTS
from hand_recon_ros.bus.hand_codec import HAND_ARRAY, Delivery, encode_hand_array
from hand_recon_ros.bus.image_codec import decode_image, encode_image, image_to_rgb
from hand_recon_ros.bus.interface import Publisher
from hand_recon_ros.types import Frame

EVERY = ("decode", *STAGES, "encode", "publish")
NOTHING = Sample(0.0, 0.0)
TITLE = (
    "Milliseconds a 640x480 frame on one core, means, by the clock and of the processor: each stage without "
    "those inside it, from the bytes of an `rgb8` message to a HandArray that another process has subscribed to."
)


def stages(rounds: int) -> Part:
    """The stages of every scene."""
    found = {scene.name: isolated(1, measure, scene, rounds) for scene in SCENES}
    columns = ["stage", *(f"{name}{kind}" for name in found for kind in ("", ", CPU"))]
    times = np.array([[of_one[stage] for of_one in found.values()] for stage in EVERY]).reshape(len(EVERY), -1)
    rows: list[Row] = [(stage, *row) for stage, row in zip(EVERY, times.tolist(), strict=True)]
    sums = times.sum(axis=0).tolist()
    return Part("stages", (Table(TITLE, tuple(columns), (*rows, ("together", *sums))),))


def measure(scene: Scene, rounds: int) -> dict[str, Sample]:
    """Mean times a frame of every stage."""
    rig = timed_rig(scene.wanted)
    messages = [bytes(encode_image(0, "camera", rgb)) for rgb in scene.pictures()]
    stamps = count(0, PERIOD_NS)
    with listening_process("hands", HAND_ARRAY, RESULTS) as publisher:
        laps = [_frame(rig, message, next(stamps), publisher) for _ in range(rounds + 1) for message in messages]
    return mean_stages(laps[len(messages) :])


def mean_stages(laps: list[dict[str, Sample]]) -> dict[str, Sample]:
    """Mean times of every stage over laps; a stage that a lap lacks took none."""
    return {stage: Sample(*np.mean([lap.get(stage, NOTHING) for lap in laps], axis=0).tolist()) for stage in EVERY}


def _frame(rig: TimedRig, message: bytes, stamp_ns: int, publisher: Publisher) -> dict[str, Sample]:
    """One frame as the node works it off."""
    watch = rig.watch
    with watch.stage("decode"):
        rgb = image_to_rgb(decode_image(message))
    found = rig({"": Frame(rgb, stamp_ns, "camera", focal_camera(rgb.shape[1], rgb.shape[0]))})[""]
    with watch.stage("encode"):
        cdr = encode_hand_array(found, Delivery())
    with watch.stage("publish"):
        publisher.publish(cdr)
    return watch.lap()
