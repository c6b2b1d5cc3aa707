"""Curves: what a frame costs with more hands, cameras, pixels, threads, and a network's call with more images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import cv2
import numpy as np

from hand_recon_ros.bench.executors import executors
from hand_recon_ros.bench.frame_cost import PERIOD_NS
from hand_recon_ros.bench.isolation import isolated, usable_cores
from hand_recon_ros.bench.network_cost import build_of, random_images
from hand_recon_ros.bench.report import Curves, Part, Row, Table
from hand_recon_ros.bench.scenes import SIZES, cut_to, few_hands, focal_camera, many_hands
from hand_recon_ros.bench.stages import NOTHING
from hand_recon_ros.bench.timed_rig import STAGES, TimedRig, timed_rig
from hand_recon_ros.bench.timing import Sample, in_turn, repeated
from hand_recon_ros.bus.compressed_codec import compressed_to_rgb, decode_compressed_image, encode_compressed_image
from hand_recon_ros.bus.image_codec import decode_image, encode_image, image_to_rgb
from hand_recon_ros.types import ByteImage, Frame

HANDS = (0, 1, 2, 4, 8, 12, 16)
CAMERAS = (1, 2, 4, 6, 8)
BATCHES = (1, 2, 4, 8, 16, 32, 64)
FRAMES = 12
WARM_UP = 3
"""Rounds until idle pictures are looked at less often."""
CAMERA = "camera"
HAND_NETWORK = "hand_landmark_full"
Times = dict[str, Sample]


def scaling(rounds: int) -> Part:
    """All curves, one core but for the threads."""
    parts = (
        hands_curve(rounds),
        cameras_curve(rounds),
        size_curve(rounds),
        idle_curve(rounds),
        decode_curve(rounds),
        batch_curve(rounds),
        threads_curve(rounds),
    )
    return Part("scaling", tuple(table for table, _ in parts), tuple(curves for _, curves in parts))


def hands_curve(rounds: int) -> tuple[Table, Curves]:
    """Tracked hands in one picture of a fixed size."""
    found = {hands: isolated(1, hands_stages, hands, rounds) for hands in HANDS}
    return staged("hands", "hands in one 840x880 picture, all tracked, one core", "hands", found)


def hands_stages(hands: int, rounds: int) -> Times:
    """Stages of a frame of so many hands.

    The detector cannot see sixteen hands at once, so each is shown alone first.
    """
    rig = timed_rig(max(1, hands))
    for cell in range(hands):
        alone = many_hands([cell], 1)[0]
        rig({f"cell {cell}": Frame(alone, camera=focal_camera(alone.shape[1], alone.shape[0]))})
    rig.gather(CAMERA)
    return rig_stages(rig, [many_hands(range(hands), FRAMES)], hands, rounds)


def cameras_curve(rounds: int) -> tuple[Table, Curves]:
    """Cameras in one call, one tracked hand each."""
    found = {cameras: isolated(1, cameras_stages, cameras, rounds) for cameras in CAMERAS}
    return staged("cameras", "cameras with one 640x480 picture and one tracked hand each, one core", "cameras", found)


def cameras_stages(cameras: int, rounds: int) -> Times:
    """Stages of a call with so many cameras."""
    return rig_stages(timed_rig(1), [few_hands(1, FRAMES)] * cameras, cameras, rounds)


def size_curve(rounds: int) -> tuple[Table, Curves]:
    """The same hand in pictures of more pixels, while a second one is looked for."""
    found = {name: isolated(1, size_stages, name, 1, rounds) for name in SIZES}
    return staged("size", "one tracked hand, two looked for, by the picture's size, one core", "picture", found)


def idle_curve(rounds: int) -> tuple[Table, Curves]:
    """Nobody in view."""
    found = {name: isolated(1, size_stages, name, 0, rounds) for name in SIZES}
    return staged("idle", "no hand in view, by the picture's size, one core", "picture", found)


def size_stages(name: str, hands: int, rounds: int) -> Times:
    """Stages of a frame of a named size."""
    return rig_stages(timed_rig(2), [cut_to(few_hands(hands, FRAMES), *SIZES[name])], hands, rounds)


def rig_stages(rig: TimedRig, cameras: Sequence[ByteImage], hands: int, rounds: int) -> Times:
    """Mean times a call of every stage, with so many hands in all; each camera shows frames (T, H, W, 3).

    Raises:
        RuntimeError: not all hands were found.
    """
    stamps, laps, found = count(0, PERIOD_NS), [], 0
    camera = focal_camera(cameras[0].shape[2], cameras[0].shape[1])
    for number in range((WARM_UP + rounds) * FRAMES):
        turn = abs((number + FRAMES - 1) % (2 * FRAMES - 2) - FRAMES + 1)  # there and back again
        stamp_ns = next(stamps)
        frames = (Frame(pictures[turn], stamp_ns, "", camera) for pictures in cameras)
        shown = {CAMERA if k == 0 else f"{CAMERA} {k}": frame for k, frame in enumerate(frames)}
        found = sum(len(of_one.hands) for of_one in rig(shown).values())
        laps.append(rig.watch.lap())
    if found != hands:
        raise RuntimeError(f"expected {hands} tracked hands to measure, found {found}; report this as a defect")
    counted = laps[WARM_UP * FRAMES :]
    return {stage: Sample(*np.mean([lap.get(stage, NOTHING) for lap in counted], axis=0)) for stage in STAGES}


def staged(
    file: str, title: str, x_label: str, found: Mapping[int, Times] | Mapping[str, Times]
) -> tuple[Table, Curves]:
    """Stages over something, of the processor's time, as a table and as areas."""
    rows = tuple(
        (x, *(times[stage].cpu_ms for stage in STAGES), *np.sum(list(times.values()), axis=0)[::-1].tolist())
        for x, times in found.items()
    )
    lines = {stage: tuple(times[stage].cpu_ms for times in found.values()) for stage in STAGES}
    about = f"Milliseconds of the processor a call: {title}."
    return (
        Table(about, (x_label, *STAGES, "together", "by the clock"), rows),
        Curves(file, title, x_label, "ms of the processor", tuple(found), lines, stacked=True),
    )


def decode_curve(rounds: int) -> tuple[Table, Curves]:
    """From a message's bytes to a picture."""
    found = {name: isolated(1, decode_times, name, rounds) for name in SIZES}
    title = "from a message's bytes to an RGB picture, one core"
    lines, rows = by_kind({name: {kind: took.wall_ms for kind, took in times.items()} for name, times in found.items()})
    return (
        Table(f"Milliseconds {title}.", ("picture", *lines), rows),
        Curves("decode", title, "picture", "ms", tuple(found), lines),
    )


def by_kind(found: Mapping[Any, Mapping[str, float]]) -> tuple[dict[str, tuple[float, ...]], tuple[Row, ...]]:
    """Times in milliseconds of several kinds at each place, as a line of each kind and as a table's rows."""
    kinds = next(iter(found.values()))
    lines = {kind: tuple(times[kind] for times in found.values()) for kind in kinds}
    return lines, tuple((place, *times.values()) for place, times in found.items())


def decode_times(name: str, rounds: int) -> Times:
    """Times of decoding one picture of a named size in several forms."""
    rgb = cut_to(few_hands(2, 1), *SIZES[name])[0]
    jpeg = cv2.imencode(".jpg", rgb[..., ::-1])[1].tobytes()
    raw = {kind: bytes(encode_image(0, "", rgb, kind)) for kind in ("rgb8", "bgr8")}
    packed = bytes(encode_compressed_image(0, "", jpeg))
    laps = {
        kind: repeated(lambda message=message: image_to_rgb(decode_image(message)), 3)  # type: ignore[misc]
        for kind, message in raw.items()
    }
    laps["JPEG"] = repeated(lambda: compressed_to_rgb(decode_compressed_image(packed)), 3)
    found = in_turn(laps, rounds)
    return {kind: Sample(times.median_ms, times.cpu_ms) for kind, times in found.items()}


def batch_curve(rounds: int) -> tuple[Table, Curves]:
    """Images in one call of the hand network."""
    found = {batch: isolated(1, batch_times, batch, rounds) for batch in BATCHES}
    title = "the hand network, an image, by images in one call, one core"
    lines, rows = by_kind({batch: {by: took.cpu_ms for by, took in times.items()} for batch, times in found.items()})
    return (
        Table(f"Milliseconds of the processor: {title}.", ("images", *lines), rows),
        Curves("batch", title, "images", "ms of the processor", tuple(map(str, found)), lines),
    )


def batch_times(batch: int, rounds: int) -> Times:
    """Times an image in everything that can run the network here."""
    images = random_images(HAND_NETWORK, batch)
    runs = executors(build_of(HAND_NETWORK), images, 1)
    laps = {by: repeated(lambda run=run: run(images)) for by, run in runs.items()}  # type: ignore[misc]
    found = in_turn(laps, max(3, rounds // batch))
    return {by: Sample(times.median_ms / batch, float(np.median(times.cpu)) / batch) for by, times in found.items()}


def threads_curve(rounds: int) -> tuple[Table, Curves]:
    """Threads for a frame of two tracked hands."""
    found = {threads: isolated(None, threads_stages, threads, rounds) for threads in range(1, usable_cores() + 1)}
    totals = {threads: np.sum(list(times.values()), axis=0) for threads, times in found.items()}
    lines = {name: tuple(total[k] for total in totals.values()) for k, name in enumerate(("by the clock", "processor"))}
    title = "two tracked hands, 640x480, by the networks' threads, all cores"
    rows: tuple[Row, ...] = tuple((threads, *total.tolist()) for threads, total in totals.items())
    return (
        Table(f"Milliseconds a frame: {title}.", ("threads", *lines), rows),
        Curves("threads", title, "threads", "ms", tuple(found), lines),
    )


def threads_stages(threads: int, rounds: int) -> Times:
    """Stages of a frame with so many threads."""
    return rig_stages(timed_rig(2, threads=threads), [few_hands(2, FRAMES)], 2, rounds)
