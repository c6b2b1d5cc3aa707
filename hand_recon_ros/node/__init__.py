"""The hand reconstruction node: parameters, its logic over any bus, and its live and offline shells."""

from hand_recon_ros.node.hand_node import HandNode, Pipeline
from hand_recon_ros.node.load import load_pipeline
from hand_recon_ros.node.parameters import NodeParameters

__all__ = ["HandNode", "NodeParameters", "Pipeline", "load_pipeline"]
