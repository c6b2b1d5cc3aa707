"""What YouTubeHand's outputs and stages are called in its conformance cases."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from hand_recon_ros.networks.conformance.case import Array, Case
from hand_recon_ros.networks.conformance.run import Outputs, recorded
from hand_recon_ros.networks.conformance.seeding import seeded_array
from hand_recon_ros.networks.mesh_hierarchy import SIZES, MeshHierarchy
from hand_recon_ros.networks.youtubehand import YoutubeHand, project
from hand_recon_ros.types import Side

STAGES = {
    "features": "encoder",
    "dec0": "decoder.seed",
    **{f"dec{k + 1}": f"decoder.levels.{k}" for k in range(4)},
}
RESNET_STAGES = {f"enc_layer{k}": f"encoder.layer{k}" for k in range(1, 5)}
HRNET_STAGES = {
    "enc_layer1": "encoder.layer1",
    **{f"enc_stage{k}": f"encoder.stage{k}" for k in range(2, 5)},
    "enc_final": "encoder.final_layer",
}


def run_youtubehand(case: Case) -> Outputs:
    """Every stage, the outputs, the joints and the projection."""
    hand = case.hand(Side.RIGHT)
    network = YoutubeHand(case.network.removeprefix("youtubehand_"), stored_hierarchy(case.assets()), hand)
    case.fill(network)
    with recorded(network, STAGES | (HRNET_STAGES if case.network.endswith("hrnet") else RESNET_STAGES)) as stages:
        vertices, camera = network.reconstruct(case.input("image"))
    named = by_published_names(stages) | {"pred_vertices": vertices, "pred_camera": camera}
    return named | wrist_centred(vertices, network.joints(vertices)) | {"projection_check": projected(case)}


def stored_hierarchy(arrays: dict[str, Array]) -> MeshHierarchy:
    """The hierarchy that a case stores as sparse matrices."""
    upsampling = []
    for k in range(len(SIZES) - 1):
        matrix = np.zeros(arrays[f"up_{k}_shape"], np.float32)
        np.add.at(matrix, (arrays[f"up_{k}_row"], arrays[f"up_{k}_col"]), arrays[f"up_{k}_val"])
        upsampling.append(matrix)
    spirals = (arrays[f"spirals_{k}"].astype(np.int32) for k in range(len(SIZES) - 1))
    return MeshHierarchy(tuple(upsampling), tuple(spirals))


def by_published_names(stages: Outputs) -> Outputs:
    """Stages as they are published: after the activation, one entry a branch."""
    named = dict(stages) | {"dec0": stages["dec0"].unflatten(1, (SIZES[-1], -1))}
    named |= {f"dec{k}": torch.relu(stages[f"dec{k}"]) for k in range(1, 5)}
    for name in [name for name in named if isinstance(named[name], list)]:
        named |= {f"{name}_{k}": branch for k, branch in enumerate(named.pop(name))}
    return named


def wrist_centred(vertices: Tensor, joints: Tensor) -> Outputs:
    """Joints of the mesh, and both relative to the wrist."""
    wrist = joints[:, :1]
    return {"joints": joints, "vertices_wrist": vertices - wrist, "joints_wrist": joints - wrist}


def projected(case: Case) -> Tensor:
    """Seeded joints by a seeded camera."""
    (spec,) = case.content["inputs"]
    joints, camera = (
        torch.from_numpy(0.1 * seeded_array(f"{spec['name']}.{kind}", [spec["batch"], *shape]))
        for kind, shape in (("joints", (21, 3)), ("cam", (3,)))
    )
    return project(joints, torch.cat([10 * camera[:, :1].abs() + 0.5, camera[:, 1:]], 1))
