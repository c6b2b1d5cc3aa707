"""Camera frames in, metric hand joints and meshes out: ROS 2 node, Python library, command line.

Importing this package is cheap: torch and the pipeline load on first use.
"""

from __future__ import annotations

from pkgutil import extend_path
from typing import TYPE_CHECKING, Any

# Generated ROS messages (hand_recon_ros.msg) live in another folder under the same package name.
__path__ = extend_path(__path__, __name__)

from hand_recon_ros.types import CameraModel, Frame, Hand, HandFrame, Joint, ScaleSource, Side

if TYPE_CHECKING:
    from hand_recon_ros.pipeline import HandPipeline

__version__ = "0.1.0"
__all__ = ["CameraModel", "Frame", "Hand", "HandFrame", "HandPipeline", "Joint", "ScaleSource", "Side"]


def __getattr__(name: str) -> Any:
    if name == "HandPipeline":
        from hand_recon_ros.pipeline import HandPipeline

        return HandPipeline
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
