"""Outputs over the bus in memory, and hands to publish."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from memory_bus import CAMERA, MemoryBus
from messages import make_hand
from stand_in import picture

from hand_recon_ros.bus.hand_codec import Delivery
from hand_recon_ros.node.outputs import HandOutputs
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.types import Frame, Hand, HandFrame, Side


def hand(track_id: int = 1, side: Side = Side.RIGHT, **fields: Any) -> Hand:
    """A hand of random numbers, different for each track, whose wrist pose lies at its wrist joint."""
    made = make_hand(track_id, side, track_id)
    wrist = made.wrist._replace(position=made.joints[0])
    return replace(made, wrist=wrist, **fields)


def with_nan(made: Hand) -> Hand:
    joints = made.joints.copy()
    joints[7] = np.nan
    return replace(made, joints=joints)


class Published:
    """Outputs on topics that all have an audience, unless names say which."""

    def __init__(self, *audience: str, **parameters: Any) -> None:
        self.bus = MemoryBus()
        self.parameters = NodeParameters(**parameters)
        self.outputs = HandOutputs(self.bus, self.parameters)
        for topic in audience or tuple(self.bus.qos):
            self.bus.audience[topic] = 1

    def publish(self, *hands: Hand, stamp: int = 5, frame_id: str = "camera") -> None:
        result = HandFrame(hands, CAMERA, stamp, frame_id)
        frame = Frame(picture(len(hands)), stamp, frame_id, CAMERA)
        self.outputs.publish(frame, result, Delivery(), self.parameters)

    def messages(self, topic: str) -> list[Any]:
        return self.bus.sent[topic]

    @property
    def counts(self) -> dict[str, int]:
        """Messages by topic, where there are any."""
        return {topic: len(sent) for topic, sent in self.bus.sent.items() if sent}
