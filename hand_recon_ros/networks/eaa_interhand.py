"""EAA-InterHand, the network of the published code: two interacting hands by way of maps, tokens and graphs.

"Efficient Visual Attention-Based Lightweight 3D Hand Reconstruction" (Hu and Yang; github.com/hmx1123). HRNet draws
joint, mask and surface maps; a transformer with additive attention reads them as 64 tokens; graph convolutions make
those two meshes. `eaa_release` is the network that the published weights belong to.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.networks.additive_attention import AdditiveAttention, FeedForward
from hand_recon_ros.networks.graph_convolution import GraphStack, doubled
from hand_recon_ros.networks.hand_graphs import LEVEL_SIZES, VERTEX_COUNT, HandGraphs, find_hand_graphs
from hand_recon_ros.networks.hrnet import W18, HRNetMaps
from hand_recon_ros.networks.intake import IMAGENET
from hand_recon_ros.networks.layers import Planes
from hand_recon_ros.networks.live import LiveHands
from hand_recon_ros.networks.mano_head import right_hand
from hand_recon_ros.networks.starting_weights import keep_apart
from hand_recon_ros.networks.two_hands import HandMaps, TwoHandJoints, TwoHands, live_pair, published_eaa
from hand_recon_ros.types import FloatArray

MAP_CHANNELS = (42, 2, 6)
MAP_SIZE, PATCH_SIZE, GRID = 64, 8, 8
WIDTH, DEPTH = 256, 6
GRAPH_WIDTHS = (192, 96, 48, 24)
FIRST_METRES = 0.02
"""Largest weight of the last layer before training: meshes begin as wide as hands are, not three times as wide."""


def grid_table(side: int, width: int) -> Tensor:
    """Sines and cosines of a square grid's columns and rows: (side * side, width)."""
    frequencies = 10000 ** -(torch.arange(width // 4) / (width // 4 - 1))
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    angles = [axis.flatten()[:, None] * frequencies for axis in (columns, rows)]
    return torch.cat([wave(angle) for angle in angles for wave in (torch.sin, torch.cos)], 1)


class TokenLayer(nn.Sequential):
    """Attention beside a shortcut, then a feed-forward unit; each token stands for one a hand."""

    def __init__(self) -> None:
        super().__init__(AdditiveAttention(WIDTH, final=True), FeedForward(WIDTH, WIDTH // 2))

    def forward(self, x: Tensor) -> Tensor:
        """Refine tokens (B, N, 256)."""
        attention, feed_forward = self
        return feed_forward(x + attention(x, copies=2))


class TokenLayers(nn.Module):
    """Attention and feed-forward layers, then a normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.layers = nn.ModuleList(TokenLayer() for _ in range(DEPTH))

    def forward(self, x: Tensor) -> Tensor:
        """Refine tokens (B, N, 256)."""
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class MapTransformer(nn.Module):
    """Maps (B, 50, 64, 64) to tokens (B, 64, 256), one a patch.

    The published code computes the tokens once for each hand, with equal results: here they are computed once.
    """

    table: Tensor

    def __init__(self) -> None:
        super().__init__()
        inputs = sum(MAP_CHANNELS) * PATCH_SIZE**2
        layers = [nn.LayerNorm(inputs), nn.Linear(inputs, WIDTH), nn.LayerNorm(WIDTH)]
        self.to_patch_embedding = nn.Sequential(nn.Identity(), *layers)
        self.transformer = TokenLayers()
        self.linear_head = nn.Linear(WIDTH, WIDTH)
        self.register_buffer("table", grid_table(GRID, WIDTH), persistent=False)

    def forward(self, maps: Tensor) -> Tensor:
        """Read the maps; see the class for shapes."""
        patches = maps.unflatten(3, (GRID, PATCH_SIZE)).unflatten(2, (GRID, PATCH_SIZE))
        tokens = patches.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)
        return self.linear_head(self.transformer(self.to_patch_embedding(tokens) + self.table))


class TwoHandLevel(nn.Module):
    """Graph convolutions in each hand, then attention over both: (B, V, inputs) to (B, V, outputs), twice."""

    def __init__(self, inputs: int, outputs: int, left: FloatArray, right: FloatArray, dropout: float) -> None:
        super().__init__()
        self.graph_left = GraphStack(inputs, outputs, left, dropout)
        self.graph_right = GraphStack(inputs, outputs, right, dropout)
        attention = AdditiveAttention(outputs, final=True, dropout=dropout)
        self.inter_atten = nn.Sequential(attention, FeedForward(outputs, outputs))

    def forward(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        """Refine both hands; see the class for shapes."""
        both = self.inter_atten(torch.cat([self.graph_left(left), self.graph_right(right)], 1))
        left, right = both.chunk(2, 1)
        return left, right


class TwoHandGraphs(nn.Module):
    """Features (B, 63, 256) of each hand to (B, 778, 24)."""

    vertices: Tensor

    def __init__(self, graphs: HandGraphs, dropout: float) -> None:
        super().__init__()
        left, right = ((*hand.coarse, hand.mesh) for hand in (graphs.left, graphs.right))
        steps = zip((WIDTH, *GRAPH_WIDTHS), GRAPH_WIDTHS, left, right, strict=False)
        self.layers = nn.ModuleList(TwoHandLevel(*step, dropout) for step in steps)
        # Clusters to vertices by place in the list, though their orders differ: so it was trained.
        places = torch.arange(VERTEX_COUNT) * LEVEL_SIZES[-1] // VERTEX_COUNT
        self.register_buffer("vertices", places, persistent=False)

    def forward(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        """Refine level by level; see the class for shapes."""
        *coarse, finest = self.layers
        left, right = coarse[0](left, right)
        for level in coarse[1:]:
            left, right = level(doubled(left), doubled(right))
        return finest(left.index_select(1, self.vertices), right.index_select(1, self.vertices))


class MapDecoder(nn.Module):
    """Maps (B, 50, 64, 64) to both hands."""

    def __init__(self, graphs: HandGraphs, dropout: float) -> None:
        super().__init__()
        self.vit = MapTransformer()
        self.dual_gcn = TwoHandGraphs(graphs, dropout)
        self.avg_head = nn.Linear(WIDTH, 3)
        self.coord_head = nn.Linear(GRAPH_WIDTHS[-1], 3)
        keep_apart(self)
        nn.init.uniform_(self.coord_head.weight, -FIRST_METRES, FIRST_METRES)

    def forward(self, maps: Tensor) -> TwoHands:
        """Decode; the last token gives the camera, which is the same for both hands."""
        tokens = self.vit(maps)
        features, last = tokens[:, : LEVEL_SIZES[0]], tokens[:, LEVEL_SIZES[0]]
        vertices = self.coord_head(torch.stack(self.dual_gcn(features, features), 1))
        return TwoHands(vertices, self.avg_head(last)[:, None].expand(-1, 2, -1))


class MapEncoder(nn.Module):
    """Pictures (B, 3, 256, 256) to maps (B, 50, 64, 64)."""

    def __init__(self) -> None:
        super().__init__()
        self.model = HRNetMaps(W18, sum(MAP_CHANNELS))

    def forward(self, planes: Tensor) -> Tensor:
        """Draw the maps; see the class for shapes."""
        return self.model(planes)


class EaaInterHand(nn.Module):
    """Both hands in each crop (B, 256, 256, 3), uint8 RGB, that they fill to 70 to 90 per cent.

    It always gives two hands: nothing in it tells whether they are there.
    """

    published = published_eaa(
        4, "decoder.unsample_layer.", *(f"decoder.dual_gcn.layers.{level}.pos_emb_" for level in range(4))
    )

    def __init__(self, graphs: HandGraphs, joints: TwoHandJoints, dropout: float = 0.0) -> None:
        """Build it without weights; dropout is for training, published 0.07."""
        super().__init__()
        self.normalise = Planes(IMAGENET)
        self.encoder = MapEncoder()
        self.decoder = MapDecoder(graphs, dropout)
        self.joints = joints

    def forward(self, crops: Tensor) -> TwoHands:
        """Reconstruct; see the class for shapes."""
        return self.reconstruct(self.normalise(crops))[0]

    def live(self, images: Tensor) -> LiveHands:
        """The hands in each crop, as the pipeline takes them."""
        hands = self(images)
        return live_pair(hands, self.joints(hands.vertices))

    def reconstruct(self, planes: Tensor) -> tuple[TwoHands, HandMaps]:
        """Hands, and the maps they come from, of planes (B, 3, 256, 256) normalised as ImageNet's."""
        maps = self.encoder(planes)
        return self.decoder(maps), HandMaps(*maps.split(MAP_CHANNELS, 1))


def eaa_interhand(
    hand_model: HandModel | None, left: HandModel | None = None, mesh_files: Path | None = None
) -> EaaInterHand:
    """The network of the published code, for which no weights are published.

    Args:
        hand_model: a right hand of 778 vertices, whose mesh is clustered where there are no mesh files.
        left: the left hand, by default the mirrored right one.
        mesh_files: folder of the published graph and mesh files, which weights that others trained need.

    Raises:
        ValueError: a hand of the wrong side, a mesh that does not cluster as needed, or damaged files.
        OSError: a file cannot be read.
    """
    return EaaInterHand(find_hand_graphs(right_hand(hand_model), mesh_files), TwoHandJoints(hand_model, left))
