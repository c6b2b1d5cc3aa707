"""What a frame may cost, in counts that are the same on every machine: calls of networks and memory, never time."""

from __future__ import annotations

import tracemalloc
from itertools import count

import numpy as np
import pytest

from hand_recon_ros.bench.scenes import SIZES, VGA, cut_to, few_hands, focal_camera, wall
from hand_recon_ros.bench.timed_rig import DETECTOR, LANDMARKER, TimedRig, timed_rig
from hand_recon_ros.pipeline.tracking import IDLE_AFTER, IDLE_EVERY, REDETECT_EVERY
from hand_recon_ros.types import ByteImage, Frame

PERIOD_NS = 33_333_333
FRAMES = 24


@pytest.fixture(scope="module")
def rig() -> TimedRig:
    return timed_rig(max_hands=2, threads=1)


@pytest.fixture(autouse=True)
def forgotten(rig):
    for camera in ("left", "right"):
        rig.rig.reset(camera)
    rig.watch.lap()


stamps = count(0, PERIOD_NS)


def show(rig: TimedRig, *pictures: ByteImage) -> int:
    """One call with a picture of each camera; the number of hands."""
    camera, stamp_ns = focal_camera(pictures[0].shape[1], pictures[0].shape[0]), next(stamps)
    shown = zip(("left", "right"), pictures, strict=False)
    return sum(
        len(of_one.hands) for of_one in rig({name: Frame(rgb, stamp_ns, "", camera) for name, rgb in shown}).values()
    )


def test_nobody_searches_while_all_wanted_hands_are_tracked(rig):
    first, *others = few_hands(2, FRAMES)
    assert show(rig, first) == 2
    rig.watch.lap()
    assert [show(rig, rgb) for rgb in others] == [2] * len(others)
    assert rig.watch.calls[DETECTOR] == 0


def test_a_second_hand_is_searched_for_now_and_then_only(rig):
    first, *others = few_hands(1, 2 * REDETECT_EVERY + 1)
    assert show(rig, first) == 1
    rig.watch.lap()
    for rgb in others:
        assert show(rig, rgb) == 1
    assert rig.watch.calls[DETECTOR] == 2


def test_an_idle_scene_is_looked_at_in_every_second_picture(rig):
    empty = wall(*VGA)
    for _ in range(IDLE_AFTER):
        show(rig, empty)
    assert rig.watch.calls[DETECTOR] == IDLE_AFTER
    rig.watch.lap()
    for _ in range(4 * IDLE_EVERY):
        show(rig, empty)
    assert rig.watch.calls[DETECTOR] == 4
    assert rig.watch.calls["fit"] == rig.watch.items[LANDMARKER] == 0


def test_all_hands_of_all_cameras_are_one_call_of_the_network_and_one_fit(rig):
    left, right = few_hands(2, 2), few_hands(2, 2)[::-1]
    assert show(rig, left[0], right[0]) == 4
    rig.watch.lap()
    assert show(rig, left[1], right[1]) == 4
    assert (rig.watch.calls[LANDMARKER], rig.watch.items[LANDMARKER]) == (1, 4)
    assert rig.watch.calls["fit"] == 1


def test_a_tracked_hand_copies_no_whole_picture(rig):
    frames = cut_to(few_hands(1, REDETECT_EVERY), *SIZES["4K"])
    sizes = [peak_bytes(rig, rgb) for rgb in frames]
    assert rig.watch.calls[DETECTOR] == 1, "the first frame's"
    assert max(sizes[1:]) < frames[0].nbytes / 4


def peak_bytes(rig: TimedRig, rgb: ByteImage) -> int:
    """Most memory that one frame takes beyond what was there before."""
    tracemalloc.start()
    assert show(rig, rgb) == 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_the_watch_changes_no_result(rig):
    from hand_recon_ros.pipeline import HandRig

    plain = HandRig.create(device="cpu", tracking=True, max_hands=2, threads=1)
    for stamp, rgb in zip(range(10**12, 10**12 + 3 * PERIOD_NS, PERIOD_NS), few_hands(2, 3), strict=True):
        frames = {"left": Frame(rgb, stamp, "", focal_camera(*VGA))}
        for ours, theirs in zip(rig(frames)["left"].hands, plain(frames)["left"].hands, strict=True):
            np.testing.assert_array_equal(ours.vertices, theirs.vertices)
