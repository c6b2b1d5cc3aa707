"""What the node publishes, one module an output."""

from hand_recon_ros.node.outputs.hand_outputs import HandOutputs

__all__ = ["HandOutputs"]
