"""The text beside the scene: rate, latency, and where the hands are."""

from __future__ import annotations

from hand_recon_ros.render.export import hand_names
from hand_recon_ros.types import HandFrame


def panel_text(frame: HandFrame | None, rate_hz: float) -> str:
    """Markdown for the newest frame; None while nothing has come yet."""
    if frame is None:
        return "Waiting for the first picture"
    timing = frame.timing
    rows = [
        f"| {name} | {hand.score:.0%} | {hand.wrist.position[2]:.3f} m | {hand.scale_source.name.lower()} |"
        for name, hand in zip(hand_names(frame.hands), frame.hands, strict=True)
    ]
    return "\n".join(
        [
            f"**{timing.total_ms:.1f} ms** a picture, **{rate_hz:.1f} Hz**",
            "",
            f"decode {timing.decode_ms:.1f}, detect {timing.detect_ms:.1f}, reconstruct {timing.reconstruct_ms:.1f}, "
            f"place {timing.postprocess_ms:.1f} ms",
            "",
            "| hand | score | distance | scale |",
            "| --- | --- | --- | --- |",
            *(rows or ["| none in view | | | |"]),
        ]
    )
