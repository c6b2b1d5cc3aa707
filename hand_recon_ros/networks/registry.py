"""The table of networks. Reading it costs nothing: a network's code and weights load when it is created.

To add one: write its module in this folder, put its weights (`NAME.safetensors`) and card (`NAME.yaml`) under models/
when its licence lets them be shipped, and append a row to NETWORKS. A mesh network's row says what it takes, and its
class has a method `live`, from pictures to LiveHands; with that the pipeline can use it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hand_recon_ros.networks.imports import network_of_import
from hand_recon_ros.networks.intake import IMAGENET, IMAGENET_BGR, UNIT, Border, Intake, Region

FOLDER = "hand_recon_ros.networks"
HAND_OCC_NET = Intake(Region.HAND, 256, 1.25, UNIT)
YOUTUBE_HAND = Intake(Region.HAND, 224, 2.0, IMAGENET, direct_mesh=True)
EAA = Intake(Region.PAIR, 256, 1.25, IMAGENET, hands=2, right_only=False, direct_mesh=True)
SMHR_SINGLE = Intake(Region.HAND, 224, 2.0, IMAGENET_BGR)
SMHR_MULTI = Intake(Region.IMAGE, 384, 1.0, IMAGENET_BGR, hands=4, right_only=False, border=Border.ABOVE_OR_RIGHT)


@dataclass(frozen=True)
class NetworkEntry:
    """One network that can be created by name.

    Attributes:
        factory: "module:function" that builds it without weights; called with a hand model where poses_model is set,
            with those of both hands where it gives several hands.
        weights: file under models/ whose card has the same stem, or None where users bring their own.
        input_size: side in pixels of the square uint8 RGB pictures it takes.
        licence: SPDX name of the weights' licence, "NONE" where their authors grant none.
        poses_model: whether its output is a hand model's parameters or vertices.
        intake: of a mesh network, whose class has a method `live`; None for others.
        summary: what users choose it for.
        source: where users get weights that do not come with the package.
    """

    name: str
    factory: str
    weights: str | None
    input_size: int
    licence: str
    poses_model: bool = False
    intake: Intake | None = None
    summary: str = ""
    source: str = "the published checkpoint from its authors"


def shipped(name: str, factory: str, input_size: int) -> NetworkEntry:
    """A row for a network whose weights come with the package."""
    return NetworkEntry(name, f"{FOLDER}.{factory}", f"{name}.safetensors", input_size, "Apache-2.0")


def mesh_network(name: str, factory: str, intake: Intake, summary: str, source: str, licence: str) -> NetworkEntry:
    """A row for a mesh network whose weights users import."""
    return NetworkEntry(name, f"{FOLDER}.{factory}", None, intake.size, licence, True, intake, summary, source)


def linked(repository: str) -> str:
    """Where a checkpoint is that its authors' repository links to."""
    return f"the checkpoint that github.com/{repository} links to"


def youtubehand(encoder: str, summary: str) -> NetworkEntry:
    """A row for one of its three sizes."""
    name = f"youtubehand_{encoder}"
    return mesh_network(name, f"youtubehand:{name}", YOUTUBE_HAND, summary, linked("EAST-J/Youtubehand"), "MIT")


NETWORKS = (
    shipped("palm_detector", "palm_detector:PalmDetector", 192),
    shipped("hand_landmark_full", "hand_landmark:hand_landmark_full", 224),
    shipped("hand_landmark_lite", "hand_landmark:hand_landmark_lite", 224),
    shipped("hand_sight", "hand_sight:HandSight", 224),
    mesh_network(
        "handoccnet",
        "handoccnet:HandOccNet",
        HAND_OCC_NET,
        "mesh of one hand, also behind an object",
        linked("namepllet/HandOccNet"),
        "NONE",
    ),
    mesh_network(
        "interacthand",
        "interacthand:InteractHand",
        HAND_OCC_NET,
        "mesh of one hand, as HandOccNet",
        "HandOccNet's checkpoint, which fits (none of its own was published),",
        "NONE",
    ),
    youtubehand("resnet18", "mesh of one hand, small"),
    youtubehand("resnet50", "mesh of one hand, large"),
    youtubehand("hrnet", "mesh of one hand, largest"),
    mesh_network(
        "eaa_interhand",
        "eaa_interhand:eaa_interhand",
        EAA,
        "meshes of two interacting hands, light",
        "a checkpoint that somebody trained (its authors published that of eaa_interhand_release only)",
        "MIT",
    ),
    mesh_network(
        "eaa_interhand_release",
        "eaa_release:eaa_interhand_release",
        EAA,
        "meshes of two interacting hands",
        "interhand.pth from the release of "
        "github.com/hmx1123/Efficient-Visual-Attention-Based-Lightweight-3D-Hand-Reconstruction.",
        "MIT",
    ),
    mesh_network(
        "smhr_single",
        "smhr:smhr_single",
        SMHR_SINGLE,
        "mesh of one hand in one stage",
        linked("zijinxuxu/SMHR"),
        "MIT",
    ),
    mesh_network(
        "smhr_multi",
        "smhr:smhr_multi",
        SMHR_MULTI,
        "meshes of up to four hands, which it finds itself",
        linked("zijinxuxu/SMHR"),
        "MIT",
    ),
)


def network_names() -> tuple[str, ...]:
    """Names that create_network takes."""
    return tuple(entry.name for entry in NETWORKS)


def mesh_network_names() -> tuple[str, ...]:
    """Names of the networks that give whole hands, which live_network takes."""
    return tuple(entry.name for entry in NETWORKS if entry.intake)


def find_network(name: str) -> NetworkEntry:
    """The row of a network; for a name that weights were imported under, their network's row with that name.

    Raises:
        ValueError: an unknown name; the sentence lists the known ones.
    """
    rows = {entry.name: entry for entry in NETWORKS}
    network = name if name in rows else network_of_import(name)
    if network in rows:
        return replace(rows[network], name=name)
    raise ValueError(f"expected a network out of {', '.join(network_names())}, got {name!r}; correct the name")


def find_intake(name: str) -> Intake:
    """What a mesh network takes.

    Raises:
        ValueError: an unknown name, or a network that gives no whole hands.
    """
    intake = find_network(name).intake
    if intake is None:
        raise ValueError(f"expected a mesh network out of {', '.join(mesh_network_names())}, got {name!r}")
    return intake
