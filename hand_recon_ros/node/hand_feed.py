"""What a running node sees and says, newest first: for displays that follow it from outside."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace

from hand_recon_ros.bus.cdr import CdrReader, read_header
from hand_recon_ros.bus.compressed_codec import COMPRESSED_IMAGE
from hand_recon_ros.bus.hand_codec import HAND_ARRAY, HAND_MESH_TOPOLOGY
from hand_recon_ros.bus.hand_decoder import decode_hand_array, decode_topology
from hand_recon_ros.bus.image_codec import IMAGE
from hand_recon_ros.bus.interface import LATCHED, RESULTS, SENSOR_DATA, Bus
from hand_recon_ros.bus.throttle import ThrottledWarning
from hand_recon_ros.node.bag_frames import decode_picture
from hand_recon_ros.node.free_mesh import free_faces, with_free_mesh
from hand_recon_ros.node.image_topic import COMPRESSED_SUFFIX
from hand_recon_ros.node.mailbox import Mailbox
from hand_recon_ros.types import ByteImage, HandFrame

logger = logging.getLogger(__name__)

WAITING = 16
"""Pictures that are kept until their result comes."""
POLL_S = 0.1


class HandFeed:
    """Follows a node; the bus is spun elsewhere.

    A node leaves vertices out unless it is told to publish them; those of the free hand follow from its pose.

    Args:
        bus: of one's own node.
        hands_topic: of the node that is followed.
        image_topic: what the node sees, compressed when it ends in /compressed; None to do without pictures.
    """

    def __init__(self, bus: Bus, hands_topic: str = "/hand_recon/hands", image_topic: str | None = None):
        self._results: Mailbox[str, memoryview] = Mailbox()
        self._pictures: OrderedDict[int, memoryview] = OrderedDict()
        self._faces = free_faces()
        self._bad = ThrottledWarning(logger)
        compressed = (image_topic or "").endswith(COMPRESSED_SUFFIX)
        self._image_type = COMPRESSED_IMAGE if compressed else IMAGE
        self.subscriptions = [
            bus.subscribe(
                f"{hands_topic.rpartition('/')[0]}/mesh_topology", HAND_MESH_TOPOLOGY, LATCHED, self._on_topology
            ),
            bus.subscribe(hands_topic, HAND_ARRAY, RESULTS, self._on_hands),
        ]
        if image_topic:
            self.subscriptions.append(bus.subscribe(image_topic, self._image_type, SENSOR_DATA, self._on_image))

    def shots(self, stop: threading.Event) -> Iterator[tuple[ByteImage | None, HandFrame]]:
        """The newest picture, None where it is not known, and the hands in it, until stop is set."""
        while not stop.is_set():
            for cdr in self._results.get(POLL_S).values():
                try:
                    frame = decode_hand_array(cdr, self._faces)
                except ValueError as error:
                    self._bad(f"hands left out: {error}")
                    continue
                yield self._picture(frame.stamp_ns), replace(frame, hands=tuple(map(with_free_mesh, frame.hands)))

    def _on_hands(self, cdr: memoryview) -> None:
        self._results.put("", cdr)

    def _on_topology(self, cdr: memoryview) -> None:
        try:
            number, faces = decode_topology(cdr)
        except ValueError as error:
            self._bad(f"mesh topology left out: {error}")
            return
        self._faces.setdefault(number, faces)

    def _on_image(self, cdr: memoryview) -> None:
        try:
            self._pictures[read_header(CdrReader(cdr))[0]] = cdr
        except ValueError as error:
            self._bad(f"image left out: {error}")
        if len(self._pictures) > WAITING:
            self._pictures.popitem(last=False)

    def _picture(self, stamp_ns: int) -> ByteImage | None:
        cdr = self._pictures.pop(stamp_ns, None)
        try:
            return None if cdr is None else decode_picture(cdr, self._image_type).rgb
        except ValueError as error:
            self._bad(f"image left out: {error}")
            return None
