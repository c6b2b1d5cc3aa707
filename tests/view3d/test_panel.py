"""The text beside the scene."""

from __future__ import annotations

from dataclasses import replace

from hand_recon_ros.types import HandFrame
from hand_recon_ros.view3d.panel import panel_text


def test_rate_latency_and_hands_are_there(two_hands: HandFrame) -> None:
    text = panel_text(two_hands, 29.97)
    assert "**4.0 ms** a picture, **30.0 Hz**" in text
    assert "| right_7 | 99% |" in text and "| left_hand_1 |" in text


def test_nobody_in_view_is_said(two_hands: HandFrame) -> None:
    assert "none in view" in panel_text(replace(two_hands, hands=()), 1.0)
    assert "Waiting" in panel_text(None, 0.0)
