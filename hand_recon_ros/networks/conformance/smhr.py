"""What SMHR's outputs and stages are called in its conformance cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from hand_recon_ros.networks.conformance.case import Case
from hand_recon_ros.networks.conformance.run import Outputs, recorded
from hand_recon_ros.networks.conformance.seeding import seeded_image
from hand_recon_ros.networks.intake import IMAGENET
from hand_recon_ros.networks.layers import Planes
from hand_recon_ros.networks.mano_head import ManoLayer
from hand_recon_ros.networks.pictures import squared
from hand_recon_ros.networks.registry import SMHR_MULTI
from hand_recon_ros.networks.smhr import SPLIT, DetectedHands, Smhr
from hand_recon_ros.networks.smhr_heads import Peaks, find_peaks, probability
from hand_recon_ros.networks.smhr_keypoints import KeypointSmhr
from hand_recon_ros.types import Side

STAGES = {
    "feat_maxpool": "map.maxpool",
    **{f"feat_layer{k}": f"map.layer{k}" for k in range(1, 5)},
    **{f"feat_p{k}": f"map.p{k}" for k in range(3, 6)},
    **{f"feat_p{k}_l2": f"map.p{k}_l2" for k in range(3, 6)},
    "feat_act": "map",
    "head_hm_raw": "hm",
}
MAPS = {"params": "head_params_sub", "texture": "head_texture_sub", "light": "head_light_sub"}


def run_smhr(case: Case) -> Outputs:
    """Stages, outputs and helper checks of either setting."""
    several = "handmap" in case.content["extra"]["heads"]
    right, left = case.hand(Side.RIGHT), case.hand(Side.LEFT)
    network = Smhr(right, left if several else None, peaks=case.content["extra"]["decode"]["K"])
    case.fill(network)
    planes = case.input("input")
    with recorded(network, STAGES) as stages:
        hands = network.reconstruct(planes)
    features, heatmap = stages["feat_act"], probability(stages["head_hm_raw"])
    peaks = find_peaks(heatmap, features, network.count)
    named = whole_maps(network, features) | {"hm_prob": heatmap} | at_peaks(network, peaks, planes.shape[-1])
    if not several:
        # Left hands of a network for right ones come from its idle half of the parameters.
        network.left_hand = ManoLayer(left, flat_hand_mean=True)
    sides = by_side(network, peaks, planes.shape[-1])
    return stages | named | sides | outputs(network, hands) | helper_checks(case) | front_end(case)


def whole_maps(network: Smhr, features: Tensor) -> Outputs:
    """What the heads that are read at peaks only give everywhere."""
    named = {name: network.get_submodule(head)(features) for head, name in MAPS.items()}
    return named if network.handmap is None else named | {"head_handmap_raw": network.handmap(features)}


def at_peaks(network: Smhr, peaks: Peaks, side: int) -> Outputs:
    """Peaks and what the heads give at them."""
    columns, rows = peaks.cells.unbind(-1)
    cells = {"peak_x": columns, "peak_y": rows, "peak_ind": rows * (side // 4) + columns}
    heads = {"params": network.params, "texture": network.texture, "light": network.light}
    named = {f"{name}_at_peak": head.at(peaks.patches) for name, head in heads.items()}
    if network.handmap is not None:
        named["handmap_prob_at_peak"] = probability(network.handmap.at(peaks.patches))
    return {"peak_score": peaks.scores} | cells | named


def by_side(network: Smhr, peaks: Peaks, side: int) -> Outputs:
    """Both hands of every peak."""
    named: Outputs = {}
    for name, hands in zip(("left", "right"), network.both_sides(peaks, side), strict=True):
        assert hands is not None
        named |= {f"transl_{name}": hands.translation, f"verts_{name}": hands.vertices, f"joints_{name}": hands.joints}
    return named


def outputs(network: Smhr, hands: DetectedHands) -> Outputs:
    """A reconstruction under the published names."""
    return {
        "handedness": (hands.sides[..., 1] >= hands.sides[..., 0]).float(),
        "verts": hands.vertices,
        "joints": hands.joints,
        "landmarks2d": hands.joints_2d,
        "vertex_normals": network.shading.normals(hands.vertices),
        "sh_lighting": network.shading.light_at(hands.vertices, hands.light),
        "vertex_colour": network.shading(hands.vertices, hands.albedo, hands.light),
    }


def helper_checks(case: Case) -> Outputs:
    """The hand models alone, and the preparation of a picture."""
    given, named = case.expected(), {"pre_input_sub": preprocessed(case)}
    for side in (Side.LEFT, Side.RIGHT):
        name = f"mano_{side.name.lower()}"
        if f"{name}_in" in given:
            pose, betas, shift = torch.from_numpy(given[f"{name}_in"]).float().split(SPLIT, -1)
            vertices, joints = ManoLayer(case.hand(side), flat_hand_mean=True)(pose.unflatten(-1, (16, 3)), betas)
            named |= {f"{name}_verts": vertices + shift[:, None], f"{name}_joints": joints + shift[:, None]}
    return named


def front_end(case: Case) -> Outputs:
    """The keypoint stem, where the case has answers for it."""
    if not any(output["name"].startswith("opt_heatmaps") for output in case.content["outputs"]):
        return {}
    network = KeypointSmhr(case.hand(Side.RIGHT))
    case.fill(network)
    with recorded(network, {"uv": "stem.uv_head.conv", "opt_heatmaps_hm_raw": "hm"}) as stages:
        network.reconstruct(case.input("input"))
    return stages | {"opt_heatmaps_uv_prior_sub": probability(stages.pop("uv"))}


def preprocessed(case: Case) -> Tensor:
    """Planes (3, R, R) that the network sees of a seeded picture, whose channels come as BGR."""
    (spec,) = case.content["inputs"]
    raw = case.content["extra"]["aux_inputs"]["pre_input_sub"]["raw"]
    picture = seeded_image(raw["name"], raw["batch"], raw["height"], raw["width"])[0]
    image = (255 * picture.transpose(1, 2, 0)).astype(np.uint8)
    prepared = squared(image, replace(SMHR_MULTI, size=spec["height"])).picture
    return Planes(IMAGENET)(torch.from_numpy(prepared)[None])[0]
