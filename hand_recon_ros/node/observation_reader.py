"""What a node found in a recording's pictures, as the evaluation wants it."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import numpy as np

from hand_recon_ros.bus.bag_reader import BagReader, BagTopic, open_bag
from hand_recon_ros.bus.cdr import CdrReader, read_header
from hand_recon_ros.bus.hand_codec import HAND_ARRAY
from hand_recon_ros.bus.hand_decoder import decode_hand_array
from hand_recon_ros.bus.interface import Cdr
from hand_recon_ros.evaluation.evaluate import Observations
from hand_recon_ros.evaluation.hand_samples import Stamps, hand_samples
from hand_recon_ros.evaluation.latency import STAGES
from hand_recon_ros.node.image_topic import colour_image_topic
from hand_recon_ros.types import FloatArray, Side


def read_observations(
    path: Path, hands_topic: str | None = None, image_topic: str | None = None, others: Collection[str] = ()
) -> Observations:
    """Stamps of the pictures and the hands found in them.

    Results that belong to no picture are left out, and so are hands with a joint that is not a number: nobody could use
    them.

    Args:
        path: recording with images and results.
        hands_topic: the node's HandArray topic; by default the only one that is not among the others.
        image_topic: as in `colour_image_topic`.
        others: HandArray topics that are something else, such as a reference.

    Raises:
        ValueError: no or several such topics, or a recording that cannot be read.
    """
    with open_bag(path) as bag:
        images = colour_image_topic(bag, image_topic)
        results = result_topic(bag, hands_topic, others)
        seen, found = _Pictures(), _Results()
        for message in bag.messages([images, results]):
            (seen if message.topic == images else found).add(message.cdr)
    return found.of(seen.stamps())


def result_topic(bag: BagReader, wanted: str | None = None, others: Collection[str] = ()) -> BagTopic:
    """The HandArray topic asked for, or the only one that is not among the others; ValueError without it."""
    hands = [topic for topic in bag.topics if topic.ros_type == HAND_ARRAY]
    chosen = [t for t in hands if (t.name == wanted if wanted else t.name not in others)]
    if len(chosen) != 1:
        listed = ", ".join(sorted(topic.name for topic in hands)) or "none"
        raise ValueError(
            f"expected hands on {wanted or 'one topic'}, the recording has HandArray topics: {listed}; "
            "name the one to use"
        )
    return chosen[0]


class _Pictures:
    def __init__(self) -> None:
        self._stamps: set[int] = set()

    def add(self, cdr: Cdr) -> None:
        with suppress(ValueError):  # a picture that cannot be read has no stamp; the replay counts and logs it
            self._stamps.add(read_header(CdrReader(cdr))[0])

    def stamps(self) -> Stamps:
        return np.array(sorted(self._stamps), np.int64)


class _Results:
    """Only what is evaluated is kept: the vertices of a long recording would fill the memory."""

    def __init__(self) -> None:
        self._stamps: list[int] = []
        self._timings: list[list[float]] = []
        self._hands: list[tuple[int, Side, int, FloatArray]] = []

    def add(self, cdr: Cdr) -> None:
        frame = decode_hand_array(cdr, {})
        self._stamps.append(frame.stamp_ns)
        self._timings.append([getattr(frame.timing, f"{stage}_ms") for stage in STAGES])
        found = [hand for hand in frame.hands if np.isfinite(hand.joints).all()]
        self._hands += [(frame.stamp_ns, hand.side, hand.track_id, hand.joints.copy()) for hand in found]

    def of(self, pictures: Stamps) -> Observations:
        stamps, hands = np.array(self._stamps, np.int64), hand_samples(self._hands)
        kept = np.isin(stamps, pictures)
        timings = np.array(self._timings, np.float64).reshape(-1, len(STAGES))
        return Observations(
            pictures, np.unique(stamps[kept]), timings[kept], hands.where(np.isin(hands.stamps_ns, pictures))
        )
