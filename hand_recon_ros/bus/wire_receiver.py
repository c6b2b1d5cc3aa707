"""The receive loop of the wire bus: one thread that DDS, the clock and other threads wake."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from cyclonedds.core import Entity, GuardCondition, WaitSet
from cyclonedds.domain import DomainParticipant

from hand_recon_ros.bus.cyclone_c import checked
from hand_recon_ros.bus.timers import Timers

LONGEST_WAIT_NS = 10**9


class Attended(Protocol):
    """What the loop looks after."""

    def triggers(self) -> tuple[Entity, ...]:
        """What wakes the loop."""
        ...

    def attend(self) -> None:
        """Handle what came in; called whenever the loop is awake."""


class Receiver:
    """Calls back for messages, timers and events in a thread of its own.

    Args:
        participant: whose endpoints it attends to.
        now_ns: the clock of the timers.
    """

    def __init__(self, participant: DomainParticipant, now_ns: Callable[[], int]):
        self._now_ns = now_ns
        self._timers = Timers()
        self._attended: tuple[Attended, ...] = ()
        self._changing = threading.Lock()
        self._events = WaitSet(participant)
        self._wake = GuardCondition(participant)
        self._attach(self._wake)
        self._thread: threading.Thread | None = None
        self._ending = False

    def add(self, item: Attended) -> None:
        """Attend to an endpoint from now on, also to what it has already."""
        with self._changing:
            self._attended = (*self._attended, item)
        for entity in item.triggers():
            self._attach(entity)

    def remove(self, item: Attended) -> None:
        """Forget an endpoint; DDS takes its triggers away when it is deleted."""
        with self._changing:
            self._attended = tuple(other for other in self._attended if other is not item)

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
                self._events.wait(self._patience_ns())
                self._wake.set(False)
                for item in self._attended:
                    item.attend()
                self._timers.run_due(self._now_ns())
        finally:
            stop.set()  # a node that cannot hear any more must not go on

    def _patience_ns(self) -> int:
        due_ns = self._timers.next_due_ns()
        return LONGEST_WAIT_NS if due_ns is None else min(max(due_ns - self._now_ns(), 0), LONGEST_WAIT_NS)

    def _attach(self, entity: Entity) -> None:
        # Not by the method of WaitSet, which would keep entities alive that are deleted.
        checked(self._events._waitset_attach(self._events._ref, entity._ref, None), "wait for an endpoint")
