"""Weights that EAA-InterHand's decoder begins training with.

PyTorch's own leave nothing to learn from. Query and key are of unit length, so what tells tokens apart is as small as
the biases beside it and smaller than the random place that is added to all of them; sixteen blocks of graph convolution
then bring vertices nearer to one another. What reaches the last layer is the same for each picture to a hundredth, and
training makes it the same altogether: each hand is one mean shape.
"""

from __future__ import annotations

from torch import nn

from hand_recon_ros.networks.additive_attention import AdditiveAttention, FeedForward
from hand_recon_ros.networks.graph_convolution import GraphBlock


def keep_apart(decoder: nn.Module) -> None:
    """Begin with shortcuts and attention that keep angles, without biases, and with residual branches that say nothing.

    Orthogonal matrices after Saxe et al. 2014 (arXiv:1312.6120), silent branches after Goyal et al. 2017
    (arXiv:1706.02677).
    """
    for module in decoder.modules():
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
    for module in decoder.modules():
        if isinstance(module, AdditiveAttention):
            _keep_angles(module.to_query, module.to_key, module.Proj, module.final)
            nn.init.zeros_(module.position_emb)
        elif isinstance(module, GraphBlock):
            _keep_angles(module.shortcut)
            nn.init.zeros_(module.fc2.weight)
        elif isinstance(module, FeedForward):
            nn.init.zeros_(module.net[-1].get_parameter("weight"))


def _keep_angles(*layers: nn.Module) -> None:
    for layer in layers:
        if isinstance(layer, nn.Linear):
            nn.init.orthogonal_(layer.weight)
