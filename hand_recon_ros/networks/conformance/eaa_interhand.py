"""What EAA-InterHand's outputs and stages are called in its conformance cases, for both of its networks."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from hand_recon_ros.hand_model.layer import HandLayer
from hand_recon_ros.networks.conformance.case import Array, Case
from hand_recon_ros.networks.conformance.run import Outputs, recorded
from hand_recon_ros.networks.conformance.seeding import seeded_array, seeded_image
from hand_recon_ros.networks.eaa_interhand import EaaInterHand
from hand_recon_ros.networks.eaa_release import EaaRelease
from hand_recon_ros.networks.hand_graphs import CLUSTERED_COUNT, LEVEL_SIZES, VERTEX_COUNT, HandGraph, HandGraphs
from hand_recon_ros.networks.intake import IMAGENET
from hand_recon_ros.networks.layers import Planes
from hand_recon_ros.networks.map_features import centres, image_tokens
from hand_recon_ros.networks.pictures import squared
from hand_recon_ros.networks.registry import EAA
from hand_recon_ros.networks.two_hands import TIP_VERTICES, HandMaps, TwoHandJoints, TwoHands, project
from hand_recon_ros.types import Side

SIDES = {"left": Side.LEFT, "right": Side.RIGHT}
TIPS = (4, 8, 12, 16, 20)

STAGES = {
    "enc_layer1": "encoder.model.layer1",
    **{f"enc_stage{k}": f"encoder.model.stage{k}" for k in (2, 3, 4)},
    "vit_patch": "decoder.vit.to_patch_embedding",
    **{f"vit_att{k}": f"decoder.vit.transformer.layers.{k}.0" for k in range(6)},
    **{f"vit_ff{k}": f"decoder.vit.transformer.layers.{k}.1" for k in range(6)},
    "vit_tokens": "decoder.vit",
    **{f"gcn{k}_graph_{side}": f"decoder.dual_gcn.layers.{k}.graph_{side}" for k in range(4) for side in SIDES},
    **{f"gcn{k}": f"decoder.dual_gcn.layers.{k}" for k in range(4)},
}
RELEASE_STAGES = {
    **{f"resnet_layer{k}": f"encoder.resnet.layer{k}" for k in range(1, 5)},
    **{f"{kind}_stage": f"encoder.{kind}_decoder" for kind in ("hms", "dp", "mask")},
    "fused": "mid_model",
    "global_left": "decoder.layer_for_global_l",
    **{f"gcn{k}_img_ex_left": f"decoder.dual_gcn.layers.{k}.img_ex_left" for k in range(3)},
    **{f"gcn{k}_graph_{side}": f"decoder.dual_gcn.layers.{k}.graph_{side}" for k in range(3) for side in SIDES},
    **{f"gcn{k}": f"decoder.dual_gcn.layers.{k}" for k in range(3)},
    "coarse3d": "decoder.coord_head",
}


def eaa_interhand(case: Case) -> Outputs:
    """Stages, outputs and helper checks of the network of the published code."""
    graphs = stored_graphs(case.assets())
    network = EaaInterHand(graphs, joints_of(case))
    case.fill(network)
    stages, hands, maps = run_recorded(network, STAGES, case.input("image"))
    stages["vit_tokens"] = torch.cat([stages["vit_tokens"]] * 2, 1)
    points = project(hands.vertices, hands.camera)
    named = by_side("verts3d_list", clustered(hands.vertices, graphs)) | by_side(
        "verts2d_list", clustered(points, graphs)
    )
    named |= by_side("joints", network.joints(hands.vertices)) | posed(case, "left") | posed(case, "right")
    return stages | outputs(hands, maps) | named | {"preprocessed": preprocessed(case)}


def eaa_release(case: Case) -> Outputs:
    """Stages and outputs of the network that the published weights belong to."""
    graphs = stored_graphs(case.assets())
    network = EaaRelease(graphs, joints_of(case))
    case.fill(network)
    stages, hands, maps = run_recorded(network, RELEASE_STAGES, case.input("image"))
    points = centres(stages["mask_stage3"])
    tokens = {f"grid{k}": image_tokens(stages.pop(f"fused_{k}"), points) for k in range(4)}
    coarse = stages.pop("coarse3d")
    lists = by_side("coarse3d", coarse) | by_side("verts3d_list", clustered(coarse, graphs))
    return stages | tokens | outputs(hands, maps) | lists


def run_recorded(
    network: EaaInterHand | EaaRelease, names: dict[str, str], planes: Tensor
) -> tuple[Outputs, TwoHands, HandMaps]:
    """Run a network; stages of several maps or of both hands get an entry each."""
    with recorded(network, names) as stages:
        hands, maps = network.reconstruct(planes)
    named: Outputs = {}
    for name, stage in stages.items():
        if isinstance(stage, Tensor):
            named[name] = stage
        elif name.startswith("gcn"):
            named |= {f"{name}_{side}": x for side, x in zip(SIDES, stage, strict=True)}
        else:
            joint = "" if name.endswith("stage") else "_"
            named |= {f"{name}{joint}{k}": x for k, x in enumerate(stage)}
    return named, hands, maps


def by_side(name: str, both: Tensor) -> Outputs:
    """An array (B, 2, ...) as two."""
    return {f"{name}_{side}": both[:, k] for k, side in enumerate(SIDES)}


def outputs(hands: TwoHands, maps: HandMaps) -> Outputs:
    """A reconstruction under the published names."""
    camera = by_side("scale", hands.camera[..., 0]) | by_side("trans2d", hands.camera[..., 1:])
    points = by_side("verts3d", hands.vertices) | by_side("verts2d", project(hands.vertices, hands.camera))
    return camera | points | {"hms": maps.heatmaps, "mask": maps.masks, "dense": maps.dense}


def stored_graphs(arrays: dict[str, Array]) -> HandGraphs:
    """The graphs that a case stores as sparse matrices."""
    return HandGraphs(*(_stored_graph(arrays, side) for side in SIDES))


def _stored_graph(arrays: dict[str, Array], side: str) -> HandGraph:
    def dense(name: str, size: int) -> Array:
        matrix = np.zeros((size, size), np.float32)
        np.add.at(matrix, (arrays[f"{side}_{name}_row"], arrays[f"{side}_{name}_col"]), arrays[f"{side}_{name}_val"])
        return matrix

    coarse = tuple(dense(f"L_{4 - k}", size) for k, size in enumerate(LEVEL_SIZES))
    clusters = arrays[f"{side}_graph_perm_reverse"][:VERTEX_COUNT].astype(np.int32)
    return HandGraph(coarse, dense("mesh_L", VERTEX_COUNT), clusters)


def clustered(both: Tensor, graphs: HandGraphs) -> Tensor:
    """Rows (B, 2, V, C) stretched to the 1008 finest clusters, then one for every vertex."""
    rows = torch.arange(CLUSTERED_COUNT) * both.shape[2] // CLUSTERED_COUNT
    places = (torch.from_numpy(hand.vertex_clusters).long() for hand in (graphs.left, graphs.right))
    return torch.stack([both[:, k, rows[place]] for k, place in enumerate(places)], 1)


def joints_of(case: Case) -> TwoHandJoints:
    """The joint regression of the case's hands."""
    return TwoHandJoints(case.hand(Side.RIGHT), case.hand(Side.LEFT))


def posed(case: Case, side: str) -> Outputs:
    """The hand model alone: posed by seeded coefficients, and coefficients of seeded angles."""
    (spec,) = case.content["inputs"]
    hand = case.hand(SIDES[side])

    def seeded(kind: str, size: int) -> Tensor:
        return torch.from_numpy(seeded_array(f"{spec['name']}.mano.{side}.{kind}", [spec["batch"], size]))

    mean, components = torch.from_numpy(hand.mean_pose), torch.from_numpy(hand.pose_components)
    pose = torch.cat([seeded("root", 3), seeded("pose", 45) @ components + mean], 1)
    vertices, joints = HandLayer(hand)(pose, seeded("betas", 10), seeded("trans", 3))
    joints[:, list(TIPS)] = vertices[:, list(TIP_VERTICES)]
    return {
        f"mano_verts_{side}": vertices,
        f"mano_joints_{side}": joints,
        f"mano_axis2pca_{side}": seeded("axis", 45) @ torch.linalg.inv(components),
    }


def preprocessed(case: Case) -> Tensor:
    """Planes (3, 256, 256) that the network sees of a seeded picture, whose channels come as BGR."""
    (spec,) = case.content["inputs"]
    picture = np.round(255 * seeded_image(f"{spec['name']}-raw", 1, 180, 300)[0]).astype(np.uint8)
    rgb = picture.transpose(1, 2, 0)[:, :, ::-1]
    return Planes(IMAGENET)(torch.from_numpy(squared(np.ascontiguousarray(rgb), EAA).picture)[None])[0]
