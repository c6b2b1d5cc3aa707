"""The receive loop of the wire bus: one thread that DDS, the clock and other threads wake."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from itertools import count
from typing import Protocol

from cyclonedds.core import Entity, GuardCondition, WaitSet
from cyclonedds.domain import DomainParticipant

from hand_recon_ros.bus.cyclone_c import checked
from hand_recon_ros.bus.timers import Timers

LONGEST_WAIT_NS = 10**9
MOST_AT_ONCE = 64  # further endpoints that have something wake the loop again at once


class Attended(Protocol):
    """What the loop looks after."""

    def triggers(self) -> tuple[Entity, ...]:
        """What wakes the loop."""
        ...

    def attend(self) -> None:
        """Handle what came in; called when a trigger woke the loop."""


class Receiver:
    """Calls back for messages, timers and events in a thread of its own.

    Args:
        participant: whose endpoints it attends to.
        now_ns: the clock of the timers.
    """

    def __init__(self, participant: DomainParticipant, now_ns: Callable[[], int]):
        self._now_ns = now_ns
        self._timers = Timers()
        self._attended: dict[int, Attended] = {}
        self._keys = count(1)
        self._changing = threading.Lock()
        self._events = WaitSet(participant)
        self._triggered = (ctypes.c_void_p * MOST_AT_ONCE)()
        self._wake = GuardCondition(participant)
        self._attach(self._wake, 0)
        self._thread: threading.Thread | None = None
        self._ending = False

    def add(self, item: Attended) -> None:
        """Attend to an endpoint from now on, also to what it has already."""
        key = next(self._keys)
        with self._changing:
            self._attended[key] = item
        for entity in item.triggers():
            self._attach(entity, key)

    def remove(self, item: Attended) -> None:
        """Forget an endpoint; DDS takes its triggers away when it is deleted."""
        with self._changing:
            self._attended = {key: other for key, other in self._attended.items() if other is not item}

    def every(self, period_s: float, callback: Callable[[], None]) -> None:
        """Call back every period."""
        self._timers.add(period_s, callback, self._now_ns())
        self._wake.set(True)  # the wait that is under way may be too long

    def run(self, stop: threading.Event) -> None:
        """Receive until stop is set."""
        self._ending = False
        self._thread = threading.Thread(target=self._receive, args=(stop,), name="dds-receive", daemon=True)
        self._thread.start()
        try:
            stop.wait()
        finally:
            self.end()

    def end(self) -> None:
        """Let the thread end and wait for it; may be called twice."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._ending = True
            self._wake.set(True)
            thread.join()

    def _receive(self, stop: threading.Event) -> None:
        try:
            while not self._ending:
                triggered = self._wait()
                self._wake.set(False)
                for item in triggered:
                    item.attend()
                self._timers.run_due(self._now_ns())
        finally:
            stop.set()  # a node that cannot hear any more must not go on

    def _wait(self) -> list[Attended]:
        """Whatever needs attention, as soon as there is something or a timer is due."""
        number = self._events._waitset_wait(self._events._ref, self._triggered, MOST_AT_ONCE, self._patience_ns())
        keys = set(self._triggered[: min(checked(number, "wait for messages"), MOST_AT_ONCE)])
        attended = self._attended
        return [attended[key] for key in sorted(filter(None, keys)) if key in attended]

    def _patience_ns(self) -> int:
        due_ns = self._timers.next_due_ns()
        return LONGEST_WAIT_NS if due_ns is None else min(max(due_ns - self._now_ns(), 0), LONGEST_WAIT_NS)

    def _attach(self, entity: Entity, key: int) -> None:
        # Not by the method of WaitSet, which would keep entities alive that are deleted.
        checked(self._events._waitset_attach(self._events._ref, entity._ref, key), "wait for an endpoint")
