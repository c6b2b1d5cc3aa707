"""EAA-InterHand, the network that the published weights belong to.

Same origin as `eaa_interhand`: ResNet-50, three decoders that draw joint, surface and mask maps, and graphs of three
levels. Hands come from the decoders' features, not from the maps, which are for training.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.networks.additive_attention import AdditiveAttention
from hand_recon_ros.networks.graph_convolution import NORM_EPSILON, GraphStack, doubled
from hand_recon_ros.networks.hand_graphs import LEVEL_SIZES, VERTEX_COUNT, HandGraphs, find_hand_graphs
from hand_recon_ros.networks.intake import IMAGENET
from hand_recon_ros.networks.layers import Planes
from hand_recon_ros.networks.live import LiveHands
from hand_recon_ros.networks.mano_head import right_hand
from hand_recon_ros.networks.map_features import FUSED, FeatureFusion, ImageEncoder, centres, image_tokens
from hand_recon_ros.networks.two_hands import HandMaps, TwoHandJoints, TwoHands, live_pair, published_eaa
from hand_recon_ros.types import FloatArray

GRAPH_WIDTHS = (512, 256, 128, 64)


class ImageAttention(nn.Module):
    """Vertices (B, V, C) look at image tokens (B, N, 256)."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.attn = nn.ModuleDict({"fc": nn.Linear(FUSED, width), "Attn": AdditiveAttention(width, dropout=dropout)})

    def forward(self, x: Tensor, tokens: Tensor) -> Tensor:
        """Add to the vertices what they see."""
        attended = self.attn["Attn"](torch.cat([x, self.attn["fc"](tokens)], 1))
        return x + attended[:, : x.shape[1]]


class HandAttention(nn.Module):
    """Vertices (B, V, C) of both hands look at one another, then each hand at itself."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.L_self_attn_layer = AdditiveAttention(width, dropout=dropout)
        self.R_self_attn_layer = AdditiveAttention(width, dropout=dropout)
        self.inter_attn_layer = AdditiveAttention(width, dropout=dropout)

    def forward(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        """Add to each hand what it sees."""
        seen = self.inter_attn_layer(torch.cat([left, right], 1))
        seen_left, seen_right = seen.chunk(2, 1)
        return left + self.L_self_attn_layer(seen_left), right + self.R_self_attn_layer(seen_right)


def narrow(inputs: int, outputs: int) -> nn.Sequential:
    """Linear layer and normalisation."""
    return nn.Sequential(nn.Linear(inputs, outputs), nn.LayerNorm(outputs, eps=NORM_EPSILON))


class TwoHandLevel(nn.Module):
    """Both hands look at the picture, at one another and along their graphs: (B, V, inputs) to (B, V, outputs)."""

    def __init__(self, inputs: int, outputs: int, left: FloatArray, right: FloatArray, dropout: float) -> None:
        super().__init__()
        self.pos_emb_l = nn.Parameter(torch.zeros(1, len(left), outputs))
        self.pos_emb_r = nn.Parameter(torch.zeros(1, len(right), outputs))
        self.linear_l, self.linear_r = narrow(inputs, outputs), narrow(inputs, outputs)
        self.img_ex_left, self.img_ex_right = ImageAttention(outputs, dropout), ImageAttention(outputs, dropout)
        self.attn = HandAttention(outputs, dropout)
        self.graph_left = GraphStack(outputs, outputs, left, dropout)
        self.graph_right = GraphStack(outputs, outputs, right, dropout)

    def forward(self, left: Tensor, right: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Refine both hands with image tokens (B, N, 256); see the class for shapes."""
        left, right = self.linear_l(left), self.linear_r(right)
        seen_left = self.img_ex_left(left + self.pos_emb_l, tokens) + self.pos_emb_l
        seen_right = self.img_ex_right(right + self.pos_emb_r, tokens) + self.pos_emb_r
        mixed_left, mixed_right = self.attn(seen_left, seen_right)
        left = left + self.graph_left(mixed_left + self.pos_emb_l)
        return left, right + self.graph_right(mixed_right + self.pos_emb_r)


class TwoHandGraphs(nn.Module):
    """Features (B, 63, 512) of each hand to (B, 252, 64)."""

    def __init__(self, graphs: HandGraphs, dropout: float) -> None:
        super().__init__()
        steps = zip(GRAPH_WIDTHS, GRAPH_WIDTHS[1:], graphs.left.coarse, graphs.right.coarse, strict=False)
        self.layers = nn.ModuleList(TwoHandLevel(*step, dropout) for step in steps)

    def forward(self, left: Tensor, right: Tensor, tokens: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Refine level by level, each with image tokens of a finer map; see the class for shapes."""
        first, *others = self.layers
        left, right = first(left, right, tokens[0])
        for level, seen in zip(others, tokens[1:], strict=True):
            left, right = level(doubled(left), doubled(right), seen)
        return left, right


def coarsest_vertices() -> nn.Sequential:
    """A fused map (B, 256, 8, 8) to features (B, 63, 512)."""
    cells, width = 64, GRAPH_WIDTHS[0]
    convolution = nn.Conv2d(FUSED, LEVEL_SIZES[0], 1)
    return nn.Sequential(convolution, nn.Flatten(2), nn.GELU(), nn.Linear(cells, width), nn.LayerNorm(width))


class GraphDecoder(nn.Module):
    """Fused maps and sampling points to both hands."""

    def __init__(self, graphs: HandGraphs, dropout: float) -> None:
        super().__init__()
        vertices = LEVEL_SIZES[-1]
        self.layer_for_global_l, self.layer_for_global_r = coarsest_vertices(), coarsest_vertices()
        self.dual_gcn = TwoHandGraphs(graphs, dropout)
        self.coord_head = nn.Linear(GRAPH_WIDTHS[-1], 3)
        self.avg_head, self.params_head = nn.Linear(vertices, 1), nn.Linear(GRAPH_WIDTHS[-1], 3)
        self.unsample_layer = nn.Linear(vertices, VERTEX_COUNT, bias=False)

    def forward(self, fused: list[Tensor], points: Tensor) -> TwoHands:
        """Decode maps (B, 256, S, S) for S = 8, 16, 32, 64 sampled at points (B, N, 2)."""
        tokens = [image_tokens(x, points) for x in fused[1:]]
        left, right = self.layer_for_global_l(fused[0]), self.layer_for_global_r(fused[0])
        features = torch.stack(self.dual_gcn(left, right, tokens), 1)
        camera = self.params_head(self.avg_head(features.transpose(2, 3)).squeeze(3))
        return TwoHands(self.unsample_layer.weight @ self.coord_head(features), camera)


class EaaRelease(nn.Module):
    """Both hands in each crop (B, 256, 256, 3), uint8 RGB, that they fill to 70 to 90 per cent.

    It always gives two hands: nothing in it tells whether they are there.
    """

    published = published_eaa(3, "encoder.resnet.fc.")

    def __init__(self, graphs: HandGraphs, joints: TwoHandJoints, dropout: float = 0.0) -> None:
        """Build it without weights; dropout is for training, published 0.05."""
        super().__init__()
        self.normalise = Planes(IMAGENET)
        self.encoder = ImageEncoder()
        self.mid_model = FeatureFusion()
        self.decoder = GraphDecoder(graphs, dropout)
        self.joints = joints

    def forward(self, crops: Tensor) -> TwoHands:
        """Reconstruct; see the class for shapes."""
        joints, dense, masks = self.encoder(self.normalise(crops))
        return self._hands(joints, dense, masks)

    def live(self, images: Tensor) -> LiveHands:
        """The hands in each crop, as the pipeline takes them."""
        hands = self(images)
        return live_pair(hands, self.joints(hands.vertices))

    def reconstruct(self, planes: Tensor) -> tuple[TwoHands, HandMaps]:
        """Hands and maps of planes (B, 3, 256, 256) normalised as ImageNet's."""
        joints, dense, masks = self.encoder(planes)
        decoders = (self.encoder.hms_decoder, self.encoder.mask_decoder, self.encoder.dp_decoder)
        drawn = (d.final_layer(x[-1]) for d, x in zip(decoders, (joints, masks, dense), strict=True))
        return self._hands(joints, dense, masks), HandMaps(*drawn)

    def _hands(self, joints: list[Tensor], dense: list[Tensor], masks: list[Tensor]) -> TwoHands:
        return self.decoder(self.mid_model(joints, dense, masks), centres(masks[-1]))


def eaa_interhand_release(
    hand_model: HandModel | None, left: HandModel | None = None, mesh_files: Path | None = None
) -> EaaRelease:
    """The network that the published weights belong to; arguments and errors are those of `eaa_interhand`."""
    return EaaRelease(find_hand_graphs(right_hand(hand_model), mesh_files), TwoHandJoints(hand_model, left))
