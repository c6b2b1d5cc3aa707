"""What HandOccNet's outputs and stages are called in its conformance cases."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from hand_recon_ros.hand_model import axis_angle_to_matrix, joint_transforms, matrix_to_axis_angle
from hand_recon_ros.networks.conformance.case import Array, Case, seeded_tensors
from hand_recon_ros.networks.conformance.run import Outputs, recorded
from hand_recon_ros.networks.hand_boxes import box_around, crop_to_image, cropped, mirrored_box, square_box
from hand_recon_ros.networks.handoccnet import CHANNELS, INPUT_SIZE, HandOccNet, PosedHands
from hand_recon_ros.networks.interacthand import StripeBlock, interacthand_with_branch
from hand_recon_ros.networks.mano_head import ManoLayer, rotations_from_6d
from hand_recon_ros.networks.token_attention import TokenTransformer, map_of
from hand_recon_ros.networks.translation_fit import fit_translation, published_camera
from hand_recon_ros.networks.weights import fill_network
from hand_recon_ros.types import Side

PHOTO_SIZE = (640, 480)
STAGES = {
    "c1": "backbone.layer0",
    "c2": "backbone.layer1",
    "c3": "backbone.layer2",
    "c4": "backbone.layer3",
    "c5": "backbone.layer4",
    "p5": "backbone.toplayer",
    "pyramid": "backbone.smooth3",
    "gate_logit": "backbone.attention_module.spatial",
    "split": "backbone",
    "fit_gate0": "FIT.layers.0.gate",
    "fit_block0": "FIT.layers.0",
    "fit_gate1": "FIT.layers.1.gate",
    "fit_block1": "FIT.layers.1",
    "fit": "FIT",
    "set_block0": "SET.layers.0",
    "set": "SET",
    "hourglass": "regressor.hand_regHead.hg.0",
    "heatmaps": "regressor.hand_regHead",
    "score": "regressor.hand_regHead.score.0",
    "mano_encoding": "regressor.hand_Encoder",
    "mano_feature": "regressor.mano_regHead.mano_base_layer",
    "pose6d": "regressor.mano_regHead.pose_reg",
}

HAND_STAGES = {
    "hand_c1": "backbone_agu.layer0",
    "hand_c2": "backbone_agu.layer1",
    "hand_c3": "backbone_agu.layer2",
    "hand_c4": "backbone_agu.layer3",
    "hand_feat": "backbone_agu",
    "fused_set": "SET",
}
LET_STAGES = {
    "let_attn0": "layers.0.attn",
    "let_block0": "layers.0",
    "let_attn1": "layers.1.attn",
    "let_block1": "layers.1",
}


def handoccnet(case: Case) -> Outputs:
    """Every stage, the outputs, and the helper checks of the hand model and its rotations."""
    network = HandOccNet(case.hand(Side.RIGHT))
    case.fill(network)
    return run_published(network, case.input("img")) | helper_checks(case)


def interacthand(case: Case) -> Outputs:
    """HandOccNet's outputs, and those of the parts that the published code leaves idle."""
    network = interacthand_with_branch(case.hand(Side.RIGHT))
    case.fill(network)
    planes, hand_planes = case.input("img"), case.input("img_hand")
    with recorded(network, HAND_STAGES) as branch:
        fused = network.reconstruct(planes, hand_planes)
    names = ("pose_rotmat", "mano_shape", "joints_coord_img", "joints_coord_cam", "mesh_coord_cam")
    outputs = posed(fused, network.regressor.mano_regHead.mano_layer)
    fused_outputs = {f"fused_{name}": outputs[name] for name in names}
    return run_published(network, planes) | branch | fused_outputs | stripe_transformer(case) | helper_checks(case)


def stripe_transformer(case: Case) -> Outputs:
    """The stripe attention transformer alone, where the case has its weights."""
    spec = case.content.get("extra", {}).get("optional_let")
    if spec is None:
        return {}
    network = TokenTransformer(CHANNELS, StripeBlock)
    listed = case.manifest(spec["manifest"])
    weights = seeded_tensors({key: (key, *form) for key, form in listed.items()}, spec["scale"])
    fill_network(network, {key.removeprefix("module.LET."): tensor for key, tensor in weights.items()})
    features = case.input("let_input")
    with recorded(network, LET_STAGES) as stages:
        network(features, features)
    return {name: map_of(stage) if "block" in name else stage for name, stage in stages.items()}


def run_published(network: HandOccNet, planes: Tensor) -> Outputs:
    """Outputs of the published forward pass on planes (B, 3, 256, 256)."""
    with recorded(network, STAGES) as stages:
        hands = network.reconstruct(planes)
    primary, secondary = stages.pop("split")
    heatmap, encoding = stages.pop("heatmaps")
    for name in ("fit_block0", "fit_block1", "set_block0"):
        stages[name] = map_of(stages[name])
    maps = {"primary": primary, "secondary": secondary, "heatmap": heatmap, "encoding": encoding}
    return stages | maps | posed(hands, network.regressor.mano_regHead.mano_layer)


def posed(hands: PosedHands, layer: ManoLayer) -> Outputs:
    """A reconstruction under the published names and in the published units."""
    return {
        "pose_rotmat": hands.rotations,
        "mano_pose_aa": matrix_to_axis_angle(hands.rotations).flatten(1),
        "mano_shape": hands.betas,
        "joints_coord_img": hands.joints_2d / INPUT_SIZE,
        "joints_coord_cam": hands.joints,
        "mesh_coord_cam": hands.vertices,
        "manojoints2cam": transforms(layer, hands.pose, hands.betas),
    }


def transforms(layer: ManoLayer, pose: Tensor, betas: Tensor) -> Tensor:
    """Transforms (B, 16, 4, 4) of the model's joints for the full pose (B, 16, 3)."""
    hand = layer.hand
    rest = hand.get_buffer("joints_template") + torch.einsum("jcs,bs->bjc", hand.get_buffer("joint_directions"), betas)
    rotations, positions = joint_transforms(hand, axis_angle_to_matrix(pose), rest)
    last_row = torch.tensor([0.0, 0.0, 0.0, 1.0]).expand(*positions.shape[:-1], 1, 4)
    return torch.cat([torch.cat([rotations, positions[..., None]], -1), last_row], -2)


def helper_checks(case: Case) -> Outputs:
    """The hand model, rotations, boxes, crops and the camera fit alone, where the case has inputs for them."""
    arrays = {name: array for name, array in case.expected().items() if name.startswith("aux_")}
    outputs = boxes(arrays) | crops(case, arrays) | fitted(arrays)
    given = {name: torch.from_numpy(array) for name, array in arrays.items()}
    for side in (Side.RIGHT, Side.LEFT):
        name = f"aux_mano_{side.name.lower()}"
        if f"{name}_pose" in given:
            layer, betas = ManoLayer(case.hand(side)), given[f"{name}_shape"].float()
            pose = given[f"{name}_pose"].float().unflatten(-1, (16, 3))
            vertices, joints = layer(pose, betas)
            outputs |= {f"{name}_verts_mm": 1000 * vertices, f"{name}_joints_mm": 1000 * joints}
            outputs[f"{name}_transforms"] = transforms(layer, layer.full_pose(pose), betas)
    if "aux_rot6d" in given:
        rotations = rotations_from_6d(given["aux_rot6d"])
        outputs |= {"aux_rotmat": rotations, "aux_rotaa": matrix_to_axis_angle(rotations)}
    return outputs


def boxes(given: dict[str, Array]) -> Outputs:
    """Squares from boxes, and a box around points."""
    if "aux_bbox_in" not in given:
        return {}
    rows = zip(given["aux_bbox_in"], given["aux_bbox_factor"], strict=True)
    squares = np.stack([square_box(box, *PHOTO_SIZE, float(factor)) for box, factor in rows])
    around = box_around(given["aux_kp2d"])
    return {"aux_bbox_out": torch.from_numpy(squares), "aux_kp_bbox": torch.from_numpy(around)}


def crops(case: Case, given: dict[str, Array]) -> Outputs:
    """Crops of the photo by squares that are grown, turned and mirrored, and points in them."""
    if "aux_crop_stride8" not in given:
        return {}
    photo: Array = np.ascontiguousarray(255 * case.input("photo")[0].permute(1, 2, 0).numpy())
    found: dict[str, list[Array]] = {name: [] for name in ("img2bb", "bb2img", "crop_stride8", "joints_img_norm")}
    rows = zip(*(given[f"aux_{name}"] for name in ("bbox_out", "scale", "rot_deg", "flip")), strict=True)
    for box, scale, angle, flip in rows:
        picture, square, points = photo, box, given["aux_kp2d"].astype(np.float64)
        if flip:
            picture, square = np.ascontiguousarray(photo[:, ::-1]), mirrored_box(box, photo.shape[1])
            points = np.column_stack([photo.shape[1] - 1 - points[:, 0], points[:, 1]])
        to_image = crop_to_image(square, INPUT_SIZE, float(scale), float(angle))
        to_crop = cv2.invertAffineTransform(to_image)
        found["bb2img"].append(to_image)
        found["img2bb"].append(to_crop)
        found["crop_stride8"].append(cropped(picture, to_image, INPUT_SIZE).picture[::8, ::8].astype(np.float64))
        found["joints_img_norm"].append((points @ to_crop[:, :2].T + to_crop[:, 2]) / INPUT_SIZE)
    return {f"aux_{name}": torch.from_numpy(np.stack(arrays)) for name, arrays in found.items()}


def fitted(given: dict[str, Array]) -> Outputs:
    """What a fitted translation leaves between joints and where they were seen."""
    if "aux_fit_joints_px" not in given:
        return {}
    joints = given["aux_mano_right_joints_mm"][0] / 1000
    fit = fit_translation(joints, given["aux_fit_joints_px"][0], published_camera(*PHOTO_SIZE))
    return {"aux_fit_l1_minimum_px": torch.tensor(fit.error_px)}
