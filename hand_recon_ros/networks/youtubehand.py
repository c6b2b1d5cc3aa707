"""Mesh-convolutional hand reconstruction in the wild (Kulon et al. 2020, arXiv:2004.01946).

An image encoder gives one feature; a decoder makes it a coarse mesh and refines that to 778 vertices. The layout is
that of the open re-implementation's checkpoints (github.com/EAST-J/Youtubehand), three encoders.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torchvision.models import resnet18, resnet50

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.networks.hrnet import W64, HRNetFeature
from hand_recon_ros.networks.intake import IMAGENET
from hand_recon_ros.networks.layers import Planes
from hand_recon_ros.networks.live import LiveHands, one_right_hand
from hand_recon_ros.networks.mano_head import right_hand
from hand_recon_ros.networks.mesh_hierarchy import SIZES, MeshHierarchy, load_mesh_hierarchy, mesh_hierarchy
from hand_recon_ros.networks.mesh_joints import MeshJoints
from hand_recon_ros.networks.published import Published, Sign
from hand_recon_ros.networks.spiral_convolution import SpiralConvolution, UpsampledSpiralConvolution

INPUT_SIZE = 224
FOCAL_LENGTH = 5000.0
LARGEST_START = 2**26
"""Most weights of a decoder's start that is folded: to read more takes longer than to multiply in two steps."""
NARROW = (64, 128, 256, 512)
WIDE = (256, 512, 1024, 2048)
TIP_VERTICES = (745, 317, 445, 556, 673)
"""Fingertips of the predicted mesh, thumb to pinky, as the published joint regression takes them."""


class Size(NamedTuple):
    """What tells the three networks apart: a function that makes the encoder, its features, the decoder's widths."""

    encoder: Callable[[], nn.Module]
    features: int
    widths: tuple[int, ...]


def _without_classifier(resnet: nn.Module) -> nn.Module:
    resnet.fc = nn.Identity()
    return resnet


SIZES_BY_ENCODER = {
    "resnet18": Size(lambda: _without_classifier(resnet18()), 512, NARROW),
    "resnet50": Size(lambda: _without_classifier(resnet50()), 2048, WIDE),
    "hrnet": Size(lambda: HRNetFeature(W64), 2048, WIDE),
}


class MeshDecoder(nn.Module):
    """Features (B, latent) to vertices (B, 778, 3)."""

    def __init__(self, latent: int, widths: tuple[int, ...], hierarchy: MeshHierarchy) -> None:
        super().__init__()
        self.seed = nn.Linear(latent, SIZES[-1] * widths[-1])
        inputs = (widths[-1], *widths[:0:-1])
        steps = zip(inputs, widths[::-1], hierarchy.spirals[::-1], hierarchy.upsampling[::-1], strict=True)
        self.levels = nn.ModuleList(UpsampledSpiralConvolution(*step) for step in steps)
        self.coordinates = SpiralConvolution(widths[0], 3, hierarchy.spirals[0])

    def fold(self) -> None:
        """Make one layer of the seed and the first level, between which there is no activation."""
        first, latent = self.levels[0], self.seed.in_features
        assert isinstance(first, SpiralConvolution)
        outputs = SIZES[-2] * len(first.bias)
        if latent * outputs > LARGEST_START:
            return

        def started(seeds: Tensor) -> Tensor:
            return first(seeds.unflatten(1, (SIZES[-1], -1))).flatten(1)

        start, constant = nn.Linear(latent, outputs), first.bias.repeat(SIZES[-2])
        with torch.no_grad():
            start.bias.copy_(started(self.seed.bias[None])[0])
            for columns in torch.arange(latent).split(64):  # all at once would take a gigabyte
                start.weight[:, columns] = (started(self.seed.weight.mT[columns]) - constant).mT
        self.seed, self.levels = start.requires_grad_(False), self.levels[1:]

    def forward(self, features: Tensor) -> Tensor:
        """Decode; see the class for shapes."""
        x = self.seed(features).unflatten(1, (SIZES[len(self.levels)], -1))
        if len(self.levels) < len(SIZES) - 1:  # folded
            x = torch.relu(x)
        for level in self.levels:
            x = torch.relu(level(x))
        return self.coordinates(x)


class RightHandMesh(NamedTuple):
    """What the network says of a right hand: vertices (B, 778, 3) in metres, not centred; camera (B, 3) = s, tx, ty."""

    vertices: Tensor
    camera: Tensor


class YoutubeHand(nn.Module):
    """Mesh of the right hand in each crop (B, 224, 224, 3), uint8 RGB.

    Returns:
        RightHandMesh, axes of the camera (x right, y down, z forward), positions relative to nothing in particular.
    """

    published = Published(
        wrapper="model_state_dict",
        renamed=(
            ("en_layer.", "encoder."),
            ("de_layers.0.", "decoder.seed."),
            *((f"de_layers.{k + 1}.conv.layer.", f"decoder.levels.{k}.") for k in range(4)),
            ("de_layers.5.layer.", "decoder.coordinates."),
            *((f"cam_pred_{k + 1}.", f"camera.{k}.") for k in range(3)),
        ),
        signs=(
            Sign("encoder.layer3.0.conv1.weight", (256, 128, 3, 3), "one of youtubehand_resnet18"),
            Sign("encoder.layer3.0.conv1.weight", (256, 512, 1, 1), "one of youtubehand_resnet50"),
            Sign("encoder.conv2.weight", (64, 64, 3, 3), "one of youtubehand_hrnet"),
        ),
        from_mesh=(".rows", ".mixing"),
        mesh_files="the published transform.pkl",
        ignored=("backbone.", "en_layer.fc."),  # the encoder again, and its ImageNet classifier
    )

    def __init__(self, encoder: str, hierarchy: MeshHierarchy, hand_model: HandModel | None) -> None:
        """Build it without weights.

        Args:
            encoder: one of SIZES_BY_ENCODER.
            hierarchy: of the mesh that it regresses.
            hand_model: whose joints that mesh has.

        Raises:
            ValueError: no right hand model.
        """
        super().__init__()
        size = SIZES_BY_ENCODER[encoder]
        self.normalise = Planes(IMAGENET)
        self.encoder = size.encoder()
        self.decoder = MeshDecoder(size.features, size.widths, hierarchy)
        self.camera = nn.Sequential(nn.Linear(SIZES[0], 150), nn.Linear(150, 3), nn.Linear(3, 1))
        self.joints = MeshJoints(right_hand(hand_model), TIP_VERTICES)

    def forward(self, crops: Tensor) -> RightHandMesh:
        """Reconstruct; see the class for shapes."""
        return self.reconstruct(self.normalise(crops))

    def live(self, images: Tensor) -> LiveHands:
        """The hand in each crop, as the pipeline takes it."""
        vertices, camera = self(images)
        joints = self.joints(vertices)
        places = project(joints - joints[:, :1], camera.float())
        return one_right_hand(vertices, joints, (places + 1) * (INPUT_SIZE / 2))

    def reconstruct(self, planes: Tensor) -> RightHandMesh:
        """The same from planes (B, 3, 224, 224) normalised with ImageNet's mean and deviation."""
        vertices = self.decoder(self.encoder(planes))
        # Scale is read from the x of all vertices, the shift from their y and z: so it was trained.
        return RightHandMesh(vertices, self.camera(vertices.transpose(1, 2)).squeeze(2))


def project(points: Tensor, camera: Tensor) -> Tensor:
    """Wrist-centred points (B, N, 3) by a weak-perspective camera (B, 3) to (B, N, 2), -1 to 1 across the crop."""
    scale, shift = camera[:, None, :1], camera[:, None, 1:]
    depth = points[..., 2:] + 2 * FOCAL_LENGTH / (INPUT_SIZE * scale + 1e-9)
    return FOCAL_LENGTH * (points[..., :2] + shift) / depth / (INPUT_SIZE / 2)


def _built(encoder: str, hand_model: HandModel | None, mesh_files: Path | None) -> YoutubeHand:
    hand = right_hand(hand_model)
    return YoutubeHand(encoder, mesh_hierarchy(hand) if mesh_files is None else load_mesh_hierarchy(mesh_files), hand)


def youtubehand_resnet18(hand_model: HandModel | None, mesh_files: Path | None = None) -> YoutubeHand:
    """The small one: 25 million weights.

    Args:
        hand_model: a right hand of 778 vertices, whose mesh is halved where there are no mesh files.
        mesh_files: transform.pkl, which weights that others trained need.

    Raises:
        ValueError: a mesh of another size, or damaged files.
        OSError: the file cannot be read.
    """
    return _built("resnet18", hand_model, mesh_files)


def youtubehand_resnet50(hand_model: HandModel | None, mesh_files: Path | None = None) -> YoutubeHand:
    """ResNet-50 and the wide decoder: 417 million weights. Arguments as for youtubehand_resnet18."""
    return _built("resnet50", hand_model, mesh_files)


def youtubehand_hrnet(hand_model: HandModel | None, mesh_files: Path | None = None) -> YoutubeHand:
    """HRNet-W64 and the wide decoder: 519 million weights, the best. Arguments as for youtubehand_resnet18."""
    return _built("hrnet", hand_model, mesh_files)
