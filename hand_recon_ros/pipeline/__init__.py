"""From pictures to metric hands; knows nothing of ROS."""

from hand_recon_ros.pipeline.hand_pipeline import HandPipeline
from hand_recon_ros.pipeline.hand_rig import HandRig
from hand_recon_ros.pipeline.settings import Settings
from hand_recon_ros.pipeline.smoothing import OneEuro

__all__ = ["HandPipeline", "HandRig", "OneEuro", "Settings"]
