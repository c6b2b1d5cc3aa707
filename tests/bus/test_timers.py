"""Timers on a clock that the test sets."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_recon_ros.bus.timers import Timers

SECOND = 10**9


def test_each_timer_keeps_its_own_period() -> None:
    timers, calls = Timers(), []
    timers.add(2.0, lambda: calls.append("slow"), 0)
    timers.add(1.0, lambda: calls.append("fast"), 0)
    for second in range(5):
        timers.run_due(second * SECOND)
    assert calls == ["fast", "slow", "fast", "fast", "slow", "fast"]
    assert timers.next_due_ns() == 5 * SECOND


def test_without_timers_nothing_is_due() -> None:
    assert Timers().next_due_ns() is None


@given(st.lists(st.integers(-(10**12), 10**12)))
def test_whatever_the_clock_does_the_next_call_is_at_most_a_period_away(times: list[int]) -> None:
    timers, calls = Timers(), []
    timers.add(1.0, lambda: calls.append(0), 0)
    for now in times:
        before = len(calls)
        timers.run_due(now)
        due = timers.next_due_ns()
        assert due is not None
        assert now < due <= now + SECOND
        assert len(calls) - before <= 1


def test_missed_periods_are_left_out_and_the_rhythm_stays() -> None:
    timers, calls = Timers(), []
    timers.add(1.0, lambda: calls.append(0), 0)
    timers.run_due(7 * SECOND + 300)
    assert len(calls) == 1
    assert timers.next_due_ns() == 8 * SECOND


def test_a_task_that_fails_is_logged_and_called_again(caplog: pytest.LogCaptureFixture) -> None:
    timers, calls = Timers(), []

    def fail() -> None:
        calls.append(0)
        raise OSError("disk full")

    timers.add(1.0, fail, 0)
    with caplog.at_level(logging.WARNING):
        for second in (1, 2):
            timers.run_due(second * SECOND)
    assert len(calls) == 2
    assert "disk full" in caplog.text


@pytest.mark.parametrize("period", [0.0, -1.0, 1e-9, float("nan")])
def test_periods_that_would_never_end_are_refused(period: float) -> None:
    with pytest.raises(ValueError, match="expected a period"):
        Timers().add(period, print, 0)
