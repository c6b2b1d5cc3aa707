"""Parameters of a hand model: from the ways data sets store them to posed surfaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import (
    HandModel,
    axis_angle_to_matrix,
    load_mano,
    matrix_to_axis_angle,
    repaired_left,
    skin,
)
from hand_recon_ros.types import FloatArray, Joint, Side
from hand_recon_train.datasets.sample import ManoParameters, PoseKind

HandModels: TypeAlias = Mapping[Side, HandModel]
Floats = npt.NDArray[np.floating]

MIRRORED_AXES = np.array([1, -1, -1], np.float32)


def load_mano_folder(folder: Path) -> HandModels:
    """The user's MANO_RIGHT.pkl and MANO_LEFT.pkl, whichever are in a folder.

    Raises:
        ValueError: neither is there, or one is not what it should be.
    """
    files = {side: folder / f"MANO_{side.name}.pkl" for side in (Side.RIGHT, Side.LEFT)}
    models = {side: load_mano(file, side) for side, file in files.items() if file.is_file()}
    if not models:
        raise ValueError(f"expected MANO_RIGHT.pkl or MANO_LEFT.pkl in {folder}, found neither; give their folder")
    return models


def model_of(models: HandModels | None, side: Side) -> HandModel | None:
    """The model of a side; None when no models were given.

    Raises:
        ValueError: models were given, but not this one.
    """
    if models is None:
        return None
    if side not in models:
        raise ValueError(f"expected a hand model for {side.name.lower()} hands too; give MANO_{side.name}.pkl as well")
    return models[side]


def with_repaired_left(models: HandModels) -> HandModels:
    """The models with the left one's shape directions repaired, for data sets that were annotated so."""
    if not {Side.LEFT, Side.RIGHT} <= models.keys():
        return models
    return {Side.RIGHT: models[Side.RIGHT], Side.LEFT: repaired_left(models[Side.LEFT], models[Side.RIGHT])}


def full_pose(parameters: ManoParameters, model: HandModel) -> ManoParameters:
    """The same hand with its pose ready for skinning."""
    fingers = parameters.pose[3:]
    if parameters.kind == PoseKind.COEFFICIENTS:
        fingers = fingers @ model.pose_components
    if parameters.kind != PoseKind.FULL:
        fingers = fingers + model.mean_pose
    pose = np.concatenate([parameters.pose[:3], fingers]).astype(np.float32)
    return replace(parameters, pose=pose, kind=PoseKind.FULL)


def surface(parameters: ManoParameters, model: HandModel) -> tuple[FloatArray, FloatArray]:
    """Vertices (V, 3) and joints (21, 3) of a hand; about the model's origin where it has no translation."""
    rotations = axis_angle_to_matrix(full_pose(parameters, model).pose.reshape(16, 3))
    vertices, joints = skin(model, rotations, parameters.betas, parameters.translation)
    return np.asarray(vertices, np.float32), np.asarray(joints, np.float32)


def anchored(parameters: ManoParameters, model: HandModel, joint: Joint, position: Floats) -> ManoParameters:
    """The hand shifted so that a joint lies at a position (3,)."""
    unplaced = replace(full_pose(parameters, model), translation=None)
    joints = surface(unplaced, model)[1]
    return replace(unplaced, translation=np.asarray(position - joints[joint], np.float32))


def moved(parameters: ManoParameters, rotation: Floats, shift: Floats, model: HandModel | None) -> ManoParameters:
    """The hand after a rigid motion x -> rotation x + shift, say from the world to a camera.

    The wrist turns about its own joint, which lies elsewhere than the model's origin and depends on the shape: without
    the model the new translation cannot be said, and is None.
    """
    wrist = rotation @ axis_angle_to_matrix(parameters.pose[:3].astype(np.float64))
    pose = np.concatenate([matrix_to_axis_angle(wrist), parameters.pose[3:]]).astype(np.float32)
    if model is None or parameters.translation is None:
        return replace(parameters, pose=pose, translation=None)
    pivot = model.joints_template[0] + model.joint_directions[0] @ parameters.betas
    translation = rotation @ (pivot + parameters.translation) + shift - pivot
    return replace(full_pose(replace(parameters, pose=pose), model), translation=translation.astype(np.float32))


def mirrored(parameters: ManoParameters) -> ManoParameters:
    """The other hand's parameters that give the mirror image (x negated), of models that mirror each other.

    Raises:
        ValueError: pose coefficients, whose components belong to one side.
    """
    if parameters.kind == PoseKind.COEFFICIENTS:
        raise ValueError("expected joint rotations to mirror, got pose coefficients; open the data set with its model")
    pose = (parameters.pose.reshape(16, 3) * MIRRORED_AXES).reshape(48)
    shift = parameters.translation
    return replace(parameters, pose=pose, translation=None if shift is None else shift * -MIRRORED_AXES)
