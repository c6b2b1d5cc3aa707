"""`~/markers`: hands for RViz and Foxglove."""

from __future__ import annotations

import numpy as np

from hand_recon_ros.bus.interface import RESULTS, Bus
from hand_recon_ros.bus.marker_codec import MARKER_ARRAY, MarkerStyle, encode_markers
from hand_recon_ros.types import Hand, HandFrame


class MarkerOutput:
    """Markers of a hand keep their ids while it is tracked and are deleted when it is lost.

    The first message to a new audience clears what an earlier node may have left.
    """

    def __init__(self, bus: Bus):
        self._publisher = bus.publisher("~/markers", MARKER_ARRAY, RESULTS)
        self._marked: set[int] | None = None  # ids on display; None: unknown, clear first

    def publish(self, result: HandFrame, style: MarkerStyle) -> None:
        """Draw one frame, if anybody looks."""
        if not self._publisher.subscription_count():
            self._marked = None
            return
        shown = [(_marker_id(index, hand), hand) for index, hand in enumerate(result.hands) if _finite(hand)]
        ids = {number for number, _ in shown}
        lost = sorted((self._marked or set()) - ids)
        cdr = encode_markers(result.stamp_ns, result.frame_id, shown, lost, clear=self._marked is None, style=style)
        self._marked = ids
        self._publisher.publish(cdr)

    def reset(self) -> None:
        """Clear the display with the next frame."""
        self._marked = None

    def clear(self) -> None:
        """Clear the display now."""
        self._marked = None
        if self._publisher.subscription_count():
            self._publisher.publish(encode_markers(0, "", (), clear=True))

    def close(self) -> None:
        """Leave the topic."""
        self._publisher.close()


def _marker_id(index: int, hand: Hand) -> int:
    """The track, or a negative number of its own for an untracked hand."""
    return hand.track_id or -1 - index


def _finite(hand: Hand) -> bool:
    """Whether RViz can draw the hand: it rejects markers with a point that is not a number."""
    return bool(np.isfinite(hand.joints).all() and np.isfinite(hand.vertices).all())
