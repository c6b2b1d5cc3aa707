"""Callbacks at regular times of any clock."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from hand_recon_ros.bus.throttle import ThrottledWarning

logger = logging.getLogger(__name__)


@dataclass
class _Timer:
    period_ns: int
    callback: Callable[[], None]
    due_ns: int
    failed: ThrottledWarning = field(default_factory=lambda: ThrottledWarning(logger))


class Timers:
    """A set of timers that share a clock.

    Whoever owns them waits until `next_due_ns` and calls `run_due`. Periods that were missed are left out, and when the
    clock is set back a timer is due one period later.
    """

    def __init__(self) -> None:
        self._timers: tuple[_Timer, ...] = ()

    def add(self, period_s: float, callback: Callable[[], None], now_ns: int) -> None:
        """Call back every period from now on; may be called from any thread.

        Raises:
            ValueError: a period below a millisecond.
        """
        if not period_s >= 1e-3:
            raise ValueError(f"expected a period of at least 0.001 s, got {period_s}")
        period_ns = round(period_s * 1e9)
        self._timers = (*self._timers, _Timer(period_ns, callback, now_ns + period_ns))

    def next_due_ns(self) -> int | None:
        """When the next timer is due; None without timers."""
        return min((timer.due_ns for timer in self._timers), default=None)

    def run_due(self, now_ns: int) -> None:
        """Call back the timers that are due; a callback that fails is logged and called again next time."""
        for timer in self._timers:
            if timer.due_ns > now_ns + timer.period_ns:
                timer.due_ns = now_ns + timer.period_ns
            if timer.due_ns > now_ns:
                continue
            missed = (now_ns - timer.due_ns) // timer.period_ns
            timer.due_ns += (missed + 1) * timer.period_ns
            try:
                timer.callback()
            except Exception as error:
                timer.failed("a periodic task failed", error)
