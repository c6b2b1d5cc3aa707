"""What makes the mesh a model: pose blend shapes and the joint regressor."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from hand_recon_ros.hand_model import HandModel, JointAnatomy, rotations_from_angles, skin

REGRESSOR_ENTRIES, NEAR = 64, 120
POSED_WEIGHT = 0.3


def random_rotations(anatomy: JointAnatomy, count: int, rng: np.random.Generator, reach: float = 0.8) -> np.ndarray:
    """Rotations (count, 16, 3, 3) of random poses within the limits, fingers curled more or less together."""
    curl = rng.uniform(-0.1, 1, (count, 1)) + rng.normal(0, 0.25, (count, 15))
    curl[:, 12:] = rng.uniform(size=(count, 3))
    part = rng.uniform(size=(count, 15, 3))
    part[..., 0] = np.clip(curl, 0, 1)
    angles = reach * (anatomy.lower + (anatomy.upper - anatomy.lower) * part)
    wrist = np.broadcast_to(np.eye(3), (count, 1, 3, 3))
    return np.concatenate([wrist, rotations_from_angles(anatomy.axes, angles)], axis=1)


def pose_directions(model: HandModel, anatomy: JointAnatomy, strength: float) -> np.ndarray:
    """Pose blend shapes (V, 3, 135) that keep skin at its distance from a bending joint.

    Linear blending draws skin with a share w in a turning part straight towards the joint. The target is that it turns
    by w times the angle; each joint's nine rotation entries are fitted to that over its range of motion.
    """
    out = np.zeros((len(model.template), 3, 15, 9))
    for joint in range(1, 16):
        carried = [k for k in range(16) if joint in _chain(model.parents, k)]
        share = model.weights[:, carried].sum(1)
        near = np.flatnonzero((share > 0.02) & (share < 0.98))
        lever, share = model.template[near] - model.joints_template[joint], share[near, None, None]
        turns = _range_of_motion(anatomy, joint - 1)
        blend = (1 - share) * np.eye(3) + share * turns[:, None]
        part = Rotation.from_rotvec((share[..., 0] * _rotvecs(turns)[:, None]).reshape(-1, 3)).as_matrix()
        wanted = (part.reshape(blend.shape) @ lever[..., None])[..., 0]
        offset = np.linalg.solve(blend, wanted[..., None])[..., 0] - lever
        features = (turns - np.eye(3)).reshape(-1, 9)
        gram = features.T @ features + 1e-2 * np.eye(9)
        fit = np.linalg.solve(gram, features.T @ offset.reshape(len(turns), -1))
        out[near, :, joint - 1] = strength * fit.reshape(9, -1, 3).transpose(1, 2, 0)
    out[np.abs(out) < 2e-5] = 0
    return out.reshape(len(out), 3, 135)


def fit_joint_regressor(rest: tuple[np.ndarray, np.ndarray], posed: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Joint regressor (16, V) with rows of at most REGRESSOR_ENTRIES weights that sum to one.

    Each row takes the ridge that best balances the largest errors (1 mm at rest, 2 mm posed) with the gain on noise.

    Args:
        rest: vertices (N, V, 3) and joints (N, 16, 3) of hands of many shapes.
        posed: the same of the mean hand in many poses.
    """
    mean = rest[0].mean(0)
    out = np.zeros((16, mean.shape[0]))
    for j in range(16):
        distance = np.linalg.norm(mean - rest[1][:, j].mean(0), axis=1)
        start = np.argsort(distance)[: NEAR * (2 if j == 0 else 1)]
        targets = [(vertices, joints[:, None, j]) for vertices, joints in (rest, posed)]
        rows = [_regressor_row(targets, start, ridge) for ridge in 0.1 * 0.7 ** np.arange(16)]
        near, row = min(rows, key=lambda row: _regressor_cost(targets, *row))
        out[j, near] = row
    return out


def regressor_error(regressor: np.ndarray, vertices: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """Distances (N, 16) in metres between regressed and true joints."""
    return np.linalg.norm(regressor @ vertices - joints, axis=2)


def pose_hands(model: HandModel, rotations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (N, V, 3) and the 16 joints of the unshaped hand."""
    vertices, joints = skin(model, rotations.astype(np.float32), np.zeros((len(rotations), 10), np.float32))
    order = [0, 5, 6, 7, 9, 10, 11, 17, 18, 19, 13, 14, 15, 1, 2, 3]  # from types.Joint back to the model's
    return vertices.astype(float), joints[:, order].astype(float)


def _regressor_row(
    targets: list[tuple[np.ndarray, np.ndarray]], near: np.ndarray, ridge: float
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and weights of one row: solved over all near vertices, then over the strongest of them."""
    for last in (False, True):
        blocks = [_errors(target, near) * weight for target, weight in zip(targets, (1, POSED_WEIGHT), strict=True)]
        blocks += [np.full((1, len(near)), 10.0), ridge * np.eye(len(near))]
        wanted = np.zeros(sum(map(len, blocks)))
        wanted[-len(near) - 1] = 10
        row = np.linalg.lstsq(np.concatenate(blocks), wanted, rcond=None)[0]
        if not last:
            near = near[np.argsort(-np.abs(row))[:REGRESSOR_ENTRIES]]
    return near, row / row.sum()


def _regressor_cost(targets: list[tuple[np.ndarray, np.ndarray]], near: np.ndarray, row: np.ndarray) -> float:
    rest, posed = (np.linalg.norm((_errors(t, near) @ row).reshape(-1, 3), axis=1).max() for t in targets)
    return max(rest / 0.001, posed / 0.002) + 0.5 * float(np.linalg.norm(row))


def _errors(target: tuple[np.ndarray, np.ndarray], near: np.ndarray) -> np.ndarray:
    """Rows: one coordinate of one hand; columns: vertices relative to the joint."""
    vertices, joint = target
    return (vertices[:, near] - joint).transpose(0, 2, 1).reshape(-1, len(near))


def _range_of_motion(anatomy: JointAnatomy, joint: int) -> np.ndarray:
    """Rotations (65, 3, 3) over a joint's flexion and abduction."""
    lower, upper = anatomy.lower[joint], anatomy.upper[joint]
    flexion, abduction = np.meshgrid(np.linspace(lower[0], upper[0], 13), np.linspace(lower[1], upper[1], 5))
    angles = np.stack([flexion, abduction, 0 * flexion], axis=-1).reshape(-1, 1, 3)
    return rotations_from_angles(anatomy.axes[joint : joint + 1], angles)[:, 0]


def _rotvecs(turns: np.ndarray) -> np.ndarray:
    return Rotation.from_matrix(turns).as_rotvec()


def _chain(parents: np.ndarray, joint: int) -> list[int]:
    out = [joint]
    while out[-1] > 0:
        out.append(int(parents[out[-1]]))
    return out
