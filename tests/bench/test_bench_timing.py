"""Turns, ratios and the clock for nested stages."""

from __future__ import annotations

import numpy as np
import pytest

from hand_recon_ros.bench import stopwatch
from hand_recon_ros.bench.isolation import isolated, usable_cores
from hand_recon_ros.bench.stopwatch import Stopwatch
from hand_recon_ros.bench.timing import Sample, Series, in_turn, ratio, repeated


def rounds(*means: float) -> Series:
    """Two calls a round, of a mean."""
    wall = np.array([(mean - 1, mean + 1) for mean in means])
    return Series(wall, wall / 2)


def test_turns_alternate_and_the_first_ones_are_not_counted():
    order: list[str] = []
    laps = {name: repeated(lambda name=name: order.append(name), 2) for name in "ab"}
    found = in_turn(laps, rounds=3, warm_up=1)
    assert "".join(order) == "aabb" * 4
    assert {name: times.wall.shape for name, times in found.items()} == {"a": (3, 2), "b": (3, 2)}


def test_a_ratio_is_taken_round_by_round():
    busy_later = ratio(rounds(4, 40, 6), rounds(2, 20, 4))
    assert busy_later == (2.0, 1.5, 2.0)


def test_a_disturbed_round_does_not_move_a_series():
    disturbed = rounds(10, 11, 500)
    assert disturbed.wall_ms == 11
    assert disturbed.cpu_ms == 5.5


def test_a_stage_is_counted_without_those_inside_it(monkeypatch):
    now = np.zeros(2)
    monkeypatch.setattr(stopwatch, "_now", now.copy)
    watch = Stopwatch()
    with watch.stage("outer"):
        now += (1, 0.5)
        for _ in range(2):
            with watch.stage("inner", items=3):
                now += (10, 5)
        now += (2, 1)
    assert (watch.calls["inner"], watch.items["inner"], watch.calls["outer"]) == (2, 6, 1)
    assert watch.lap() == {"inner": Sample(20e3, 10e3), "outer": Sample(3e3, 1.5e3)}
    assert watch.lap() == {} and not watch.calls


def test_a_stage_that_fails_is_counted_all_the_same(monkeypatch):
    now = np.zeros(2)
    monkeypatch.setattr(stopwatch, "_now", now.copy)
    watch = Stopwatch()

    def fails() -> None:
        now[:] += 1
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"), watch.stage("outer"):
        watch.timing("inner", fails)()
    assert watch.lap() == {"inner": Sample(1e3, 1e3), "outer": Sample(0, 0)}


def test_a_function_runs_in_a_process_with_so_many_cores():
    before = usable_cores()
    assert isolated(1, usable_cores) == 1
    assert usable_cores() == before


def test_what_an_isolated_function_raises_is_raised():
    with pytest.raises(ValueError, match="invalid literal"):
        isolated(None, int, "x")
