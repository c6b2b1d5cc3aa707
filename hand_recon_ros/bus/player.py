"""Publishes a recording on a bus at its own rate."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from hand_recon_ros.bus.bag_reader import BagReader, BagTopic, open_bag
from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.interface import Bus, Publisher

logger = logging.getLogger(__name__)

POLL_S = 0.02


@dataclass(frozen=True)
class PlayProgress:
    """How far playing is: messages of this round, seconds of recording, and rounds before this one."""

    sent: int
    total: int
    position_s: float
    duration_s: float
    rounds: int


def play_bag(
    path: Path,
    bus: Bus,
    rate: float = 1.0,
    loop: bool = False,
    stop: threading.Event | None = None,
    on_progress: Callable[[PlayProgress], None] = lambda progress: None,
    wait_s: float = 0.0,
    only: Collection[str] = (),
) -> None:
    """Publish every message of a recording on its recorded topics, with the recorded QoS and untouched stamps.

    Args:
        path: recording, as in `open_bag`.
        bus: where to; its remappings apply.
        rate: 2.0 plays twice as fast.
        loop: start again at the end.
        stop: ends playing at once when set.
        on_progress: called after each message.
        wait_s: longest wait for a first subscriber.
        only: names of the topics to play; all when empty.

    Raises:
        ValueError: a recording that cannot be read or has no messages, or a rate that is not positive.
    """
    if rate <= 0:
        raise ValueError(f"expected a positive playing rate, got {rate}")
    stop = stop or threading.Event()
    with open_bag(path) as bag:
        if not bag.message_count:
            raise ValueError(f"expected a recording with messages, {path} has none")
        publishers = _publishers(bag, bus, only)
        wait_for_subscriber(publishers.values(), wait_s, stop)
        rounds = 0
        while not stop.is_set():
            _play_round(bag, publishers, rate, rounds, stop, on_progress)
            rounds += 1
            if not loop:
                return


def wait_for_subscriber(publishers: Iterable[Publisher], wait_s: float, stop: threading.Event) -> None:
    """Return when any publisher has a subscriber, stop is set, or after wait_s seconds.

    Discovery takes a moment, and what a best-effort publisher sends before it is lost.
    """
    publishers, deadline = tuple(publishers), time.monotonic() + wait_s
    while time.monotonic() < deadline and not any(p.subscription_count() for p in publishers):
        if stop.wait(POLL_S):
            return


def _publishers(bag: BagReader, bus: Bus, only: Collection[str]) -> dict[BagTopic, Publisher]:
    known = message_types().fielddefs
    wanted = [topic for topic in bag.topics if not only or topic.name in only]
    for topic in wanted:
        if topic.ros_type not in known:
            logger.warning("topic %s is not played: message type %s is not known here", topic.name, topic.ros_type)
    return {t: bus.publisher(t.name, t.ros_type, t.qos) for t in wanted if t.ros_type in known}


def _play_round(
    bag: BagReader,
    publishers: dict[BagTopic, Publisher],
    rate: float,
    rounds: int,
    stop: threading.Event,
    on_progress: Callable[[PlayProgress], None],
) -> None:
    started, first = time.monotonic(), None
    for sent, message in enumerate(bag.messages(), start=1):
        first = message.stamp_ns if first is None else first
        position = (message.stamp_ns - first) / 1e9
        if stop.wait(max(0.0, started + position / rate - time.monotonic())):
            return
        if message.topic in publishers:
            publishers[message.topic].publish(message.cdr)
        on_progress(PlayProgress(sent, bag.message_count, position, bag.duration_s, rounds))
