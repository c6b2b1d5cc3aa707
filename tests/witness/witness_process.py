"""The witness as a process: commands go in, what it saw comes out; see witness.cpp for both."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hand_recon_ros.bus import Qos
from hand_recon_ros.bus.wire_types import dds_type_name

WAIT_S = 30.0
ATTEMPTS = 60
Event = dict[str, Any]


class Witness:
    """Keeps everything that the witness tells, so that a test may ask for what happened before."""

    def __init__(self, program: Path, domain: int, distribution: str = "jazzy"):
        self.events: list[Event] = []
        self._told = threading.Condition()
        self._process = subprocess.Popen(
            [str(program), str(domain), distribution], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        self.wait("ready")

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._told:
                self.events.append(json.loads(line))
                self._told.notify_all()

    def command(self, *words: object) -> None:
        """Send one command."""
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()

    def subscribe(self, topic: str, ros_type: str, qos: Qos) -> None:
        """Listen on a topic of ROS, such as /image, or on one of DDS without a slash."""
        self.command("subscribe", dds_topic(topic), dds_type_name(ros_type), *_words(qos))

    def advertise(self, topic: str, ros_type: str, qos: Qos, raw: bool = False) -> None:
        """Publish on a topic; raw payloads are sent as given."""
        command = "advertise_raw" if raw else "advertise"
        self.command(command, dds_topic(topic), dds_type_name(ros_type), *_words(qos))

    def find(self, event: str, condition: Callable[[Event], bool] = lambda event: True, **values: Any) -> list[Event]:
        """What it told so far of one kind, with some values and a condition."""
        return [e for e in tuple(self.events) if e["event"] == event and _fits(e, values) and condition(e)]

    def wait(self, event: str, condition: Callable[[Event], bool] = lambda event: True, **values: Any) -> Event:
        """The first event of a kind, with some values and a condition; waits until it is told.

        Raises:
            AssertionError: it was not told in time.
        """
        end, seen = time.monotonic() + WAIT_S, 0
        with self._told:
            while True:
                for told in self.events[seen:]:
                    assert told["event"] != "error", told["text"]
                    if told["event"] == event and _fits(told, values) and condition(told):
                        return told
                seen = len(self.events)
                left = end - time.monotonic()
                assert left > 0, f"the witness told no {event} {values}, but {[_short(e) for e in self.events]}"
                self._told.wait(left)

    def message(self, topic: str, stamp_ns: int | None = None) -> Any:
        """The first message on a topic, or the first whose header has a stamp."""

        def stamped(event: Event) -> bool:
            return stamp_ns is None or time_ns(event["data"]["header"]["stamp"]) == stamp_ns

        return self.wait("message", stamped, topic=dds_topic(topic))["data"]

    def ask_until_heard(
        self, ask: Callable[[int], None], topics: Iterable[str], condition: Callable[[Any], bool] = lambda data: True
    ) -> None:
        """Call ask(0), ask(1), ... until each topic has brought such a message: a new match may lose some."""
        wanted = {dds_topic(topic) for topic in topics}

        def heard() -> bool:
            return wanted <= {e["topic"] for e in self.events if e["event"] == "message" and condition(e["data"])}

        for attempt in range(ATTEMPTS):
            ask(attempt)
            with self._told:
                if self._told.wait_for(heard, WAIT_S / ATTEMPTS):
                    return
        raise AssertionError(f"nothing came on {wanted}; told: {[_short(e) for e in self.events]}")

    def matched(self, topic: str, side: str, count: int = 1) -> None:
        """Wait until its publisher or subscriber of a topic has that many partners."""
        self.wait("matched", topic=dds_topic(topic), side=side, count=count)

    def kill(self) -> None:
        """End it without a farewell, as a crash does."""
        self._process.kill()
        self._process.wait(WAIT_S)

    def close(self) -> None:
        """End it in order."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.close()
            self._process.wait(WAIT_S)
        finally:
            self.kill()
            self._reader.join(WAIT_S)
            self._process.stdout.close()


def dds_topic(topic: str) -> str:
    """/image is rt/image in DDS."""
    return f"rt{topic}" if topic.startswith("/") else topic


def time_ns(stamp: Mapping[str, int]) -> int:
    """Nanoseconds of a builtin_interfaces/Time."""
    return stamp["sec"] * 10**9 + stamp["nanosec"]


def plain(value: Any) -> Any:
    """A message of rosbags in the form in which the witness tells it."""
    if isinstance(value, np.ndarray):
        return value.tobytes().hex() if value.dtype == np.uint8 else [plain(item) for item in value.tolist()]
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if hasattr(value, "__msgtype__"):
        return {name: plain(item) for name, item in vars(value).items() if name.islower() and name != "__msgtype__"}
    return value


def _words(qos: Qos) -> tuple[object, ...]:
    durability = "transient_local" if qos.transient_local else "volatile"
    return "reliable" if qos.reliable else "best_effort", durability, qos.depth


def _fits(event: Event, values: Mapping[str, Any]) -> bool:
    return all(event.get(name) == value for name, value in values.items())


def _short(event: Event) -> str:
    return str({name: value for name, value in event.items() if name not in ("data", "guid")})[:160]
