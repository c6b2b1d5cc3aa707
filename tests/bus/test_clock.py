"""Simulated time on the wire."""

from __future__ import annotations

import queue

import pytest
from wire_buses import WAIT_S, bus, spinning

from hand_recon_ros.bus import RESULTS
from hand_recon_ros.bus.cdr import CdrWriter, time_of
from hand_recon_ros.bus.clock import CLOCK, SimulatedTime

SECOND = 10**9


def clock_message(now_ns: int) -> bytearray:
    writer = CdrWriter()
    writer.pack("iI", *time_of(now_ns))
    return writer.finish()


def test_simulated_time_is_zero_until_it_is_told() -> None:
    now = SimulatedTime()
    assert now() == 0
    now.receive(memoryview(clock_message(5 * SECOND + 3)))
    assert now() == 5 * SECOND + 3
    with pytest.raises(ValueError, match="cut short"):
        now.receive(memoryview(clock_message(1))[:8])


def test_a_node_and_its_timers_follow_the_clock_of_a_recording() -> None:
    ticks: queue.Queue[int] = queue.Queue()
    with bus("player") as player, bus() as wire:
        wire.follow_clock()
        wire.every(1.0, lambda: ticks.put(wire.now_ns()))
        clock = player.publisher("/clock", CLOCK, RESULTS)
        assert clock.wait_for_subscriptions(1, WAIT_S)
        with spinning(wire):
            for tenths in range(5, 26, 10):
                clock.publish(clock_message(tenths * SECOND // 10))
                if tenths > 5:
                    assert ticks.get(timeout=WAIT_S) == tenths * SECOND // 10
    assert ticks.empty()
