"""The table of networks. Reading it costs nothing: a network's code and weights load when it is created.

To add one: write its module in this folder, put its weights (`NAME.safetensors`) and card (`NAME.yaml`) under models/
when its licence lets them be shipped, and append a row to NETWORKS.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkEntry:
    """One network that can be created by name.

    Attributes:
        factory: "module:function" that builds it without weights; called with a hand model where poses_model is set.
        weights: file under models/ whose card has the same stem, or None where users bring their own.
        input_size: side in pixels of the square uint8 RGB pictures it takes.
        licence: SPDX name of the weights' licence, "NONE" where their authors grant none.
        poses_model: whether its output is a hand model's parameters or vertices.
    """

    name: str
    factory: str
    weights: str | None
    input_size: int
    licence: str
    poses_model: bool = False


NETWORKS = (
    NetworkEntry(
        "palm_detector",
        "hand_recon_ros.networks.palm_detector:PalmDetector",
        "palm_detector.safetensors",
        192,
        "Apache-2.0",
    ),
    NetworkEntry(
        "hand_landmark_full",
        "hand_recon_ros.networks.hand_landmark:hand_landmark_full",
        "hand_landmark_full.safetensors",
        224,
        "Apache-2.0",
    ),
    NetworkEntry(
        "hand_landmark_lite",
        "hand_recon_ros.networks.hand_landmark:hand_landmark_lite",
        "hand_landmark_lite.safetensors",
        224,
        "Apache-2.0",
    ),
    NetworkEntry(
        "handoccnet",
        "hand_recon_ros.networks.handoccnet:HandOccNet",
        None,
        256,
        "NONE",
        poses_model=True,
    ),
    NetworkEntry(
        "interacthand",
        "hand_recon_ros.networks.interacthand:InteractHand",
        None,
        256,
        "NONE",
        poses_model=True,
    ),
    NetworkEntry(
        "youtubehand_resnet18",
        "hand_recon_ros.networks.youtubehand:youtubehand_resnet18",
        None,
        224,
        "MIT",
        poses_model=True,
    ),
    NetworkEntry(
        "youtubehand_resnet50",
        "hand_recon_ros.networks.youtubehand:youtubehand_resnet50",
        None,
        224,
        "MIT",
        poses_model=True,
    ),
    NetworkEntry(
        "youtubehand_hrnet",
        "hand_recon_ros.networks.youtubehand:youtubehand_hrnet",
        None,
        224,
        "MIT",
        poses_model=True,
    ),
    NetworkEntry(
        "eaa_interhand",
        "hand_recon_ros.networks.eaa_interhand:eaa_interhand",
        None,
        256,
        "MIT",
        poses_model=True,
    ),
    NetworkEntry(
        "eaa_interhand_release",
        "hand_recon_ros.networks.eaa_release:eaa_interhand_release",
        None,
        256,
        "MIT",
        poses_model=True,
    ),
    NetworkEntry(
        "smhr_single",
        "hand_recon_ros.networks.smhr:smhr_single",
        None,
        224,
        "MIT",
        poses_model=True,
    ),
    NetworkEntry(
        "smhr_multi",
        "hand_recon_ros.networks.smhr:smhr_multi",
        None,
        384,
        "MIT",
        poses_model=True,
    ),
)


def network_names() -> tuple[str, ...]:
    """Names that create_network takes."""
    return tuple(entry.name for entry in NETWORKS)


def find_network(name: str) -> NetworkEntry:
    """The row of a network.

    Raises:
        ValueError: an unknown name; the sentence lists the known ones.
    """
    for entry in NETWORKS:
        if entry.name == name:
            return entry
    raise ValueError(f"expected a network out of {', '.join(network_names())}, got {name!r}; correct the name")
