"""From pictures to metric hands; knows nothing of ROS."""

from hand_recon_ros.pipeline.hand_pipeline import HandPipeline, Settings
from hand_recon_ros.pipeline.smoothing import OneEuro

__all__ = ["HandPipeline", "OneEuro", "Settings"]
