import numpy as np
import pytest
import torch

from hand_recon_ros.hand_model import joint_transforms, load_free_hand, skin
from hand_recon_ros.types import Joint, Side

ZERO = np.zeros(10, np.float32)
REST = np.tile(np.eye(3, dtype=np.float32), (16, 1, 1))
TO_21 = [0, 13, 14, 15, 16, 1, 2, 3, 17, 4, 5, 6, 18, 10, 11, 12, 19, 7, 8, 9, 20]


def skinned_by_definition(hand, rotations, betas):
    """The model's equations joint by joint and vertex by vertex, in double precision and homogeneous coordinates."""
    shaped = hand.template.astype(float) + hand.shape_directions.astype(float) @ betas
    joints = hand.joints_template.astype(float) + hand.joint_directions.astype(float) @ betas
    bent = shaped + hand.pose_directions.astype(float) @ (rotations[1:] - np.eye(3)).reshape(135)
    transforms = []
    for k, parent in enumerate(hand.parents):
        local = np.eye(4)
        local[:3, :3] = rotations[k]
        local[:3, 3] = joints[k] - (joints[parent] if k else 0)
        transforms.append(transforms[parent] @ local if k else local)
    posed = np.array([g[:3, 3] for g in transforms])
    removed = [
        g @ np.block([[np.eye(3), -j[:, None]], [np.zeros(3), 1]]) for g, j in zip(transforms, joints, strict=True)
    ]
    vertices = np.einsum("vk,kab,vb->va", hand.weights, removed, np.column_stack([bent, np.ones(len(bent))]))[:, :3]
    return vertices, np.concatenate([posed, vertices[hand.tip_vertices]])[TO_21]


@pytest.mark.parametrize("side", [Side.RIGHT, Side.LEFT])
def test_agrees_with_the_definition(side, random_rotations):
    hand = load_free_hand(side)
    betas = np.random.default_rng(1).normal(size=(3, 10)).astype(np.float32)
    rotations = random_rotations(3)
    vertices, joints = skin(hand, rotations, betas)
    for k in range(3):
        expected = skinned_by_definition(hand, rotations[k].astype(float), betas[k].astype(float))
        assert vertices[k] == pytest.approx(expected[0], abs=1e-6)
        assert joints[k] == pytest.approx(expected[1], abs=1e-6)


def test_rest_pose_is_the_template(hand):
    vertices, joints = skin(hand, REST, ZERO)
    assert vertices == pytest.approx(hand.template, abs=1e-7)
    assert joints[[Joint.WRIST, Joint.INDEX_MCP, Joint.PINKY_DIP]] == pytest.approx(hand.joints_template[[0, 1, 9]])
    assert joints[Joint.THUMB_TIP] == pytest.approx(hand.template[hand.tip_vertices[0]], abs=1e-7)


@pytest.mark.parametrize("batch", [(), (1,), (4,), (2, 3)])
def test_any_leading_batch(hand, random_rotations, batch):
    count = int(np.prod(batch))
    rotations, betas = random_rotations(count), np.ones((count, 10), np.float32)
    vertices, joints = skin(hand, rotations.reshape(*batch, 16, 3, 3), betas.reshape(*batch, 10))
    assert vertices.shape == (*batch, 778, 3) and joints.shape == (*batch, 21, 3)
    assert vertices.dtype == joints.dtype == np.float32
    expected = np.stack([skin(hand, rotations[k], betas[k])[0] for k in range(count)])
    assert vertices.reshape(count, 778, 3) == pytest.approx(expected, abs=1e-6)


def test_translation_moves_everything(hand, random_rotations):
    rotations, shift = random_rotations(2), np.array([[0.1, 0.2, 0.5], [0, 0, 1]], np.float32)
    betas = np.zeros((2, 10), np.float32)
    still, moved = skin(hand, rotations, betas), skin(hand, rotations, betas, shift)
    for a, b in zip(still, moved, strict=True):
        assert b - a == pytest.approx(np.broadcast_to(shift[:, None], a.shape), abs=1e-6)


def test_the_wrist_turns_the_hand_about_the_wrist_joint(hand, random_rotations):
    posed = random_rotations(1)[0]
    turn = posed[0].copy()
    posed[0] = np.eye(3)
    turned = posed.copy()
    turned[0] = turn
    wrist = hand.joints_template[0]
    expected = (skin(hand, posed, ZERO)[0] - wrist) @ turn.T + wrist
    assert skin(hand, turned, ZERO)[0] == pytest.approx(expected, abs=1e-6)


def test_bones_keep_their_lengths_in_every_pose(hand, random_rotations):
    joints = skin(hand, random_rotations(20), np.zeros((20, 10), np.float32))[1]
    rest = skin(hand, REST, ZERO)[1]
    for parent in (0, *range(1, 20)):
        child = parent + 1
        if child % 4 == 0 or (parent and parent % 4 == 0):
            continue  # tips are vertices, and a tip is no parent
        length = np.linalg.norm(joints[:, child] - joints[:, parent], axis=1)
        assert length == pytest.approx(np.linalg.norm(rest[child] - rest[parent]), abs=1e-6)


def test_left_hand_is_the_mirror_image(hand, random_rotations):
    rotations, betas = random_rotations(5), np.random.default_rng(2).normal(size=(5, 10)).astype(np.float32)
    flip = np.diag([-1, 1, 1]).astype(np.float32)
    left = skin(load_free_hand(Side.LEFT), flip @ rotations @ flip, betas)
    for a, b in zip(skin(hand, rotations, betas), left, strict=True):
        assert b * (-1, 1, 1) == pytest.approx(a, abs=1e-6)


def test_numpy_and_torch_give_the_same(hand, random_rotations):
    from hand_recon_ros.hand_model.layer import HandLayer

    rotations, betas = random_rotations(3), np.ones((3, 10), np.float32)
    tensors = skin(HandLayer(hand), torch.from_numpy(rotations), torch.from_numpy(betas))
    for a, b in zip(skin(hand, rotations, betas), tensors, strict=True):
        assert b.numpy() == pytest.approx(a, abs=1e-6)


def test_joint_transforms_alone_place_the_same_joints(hand, random_rotations):
    rotations = random_rotations(2)
    world, placed = joint_transforms(hand, rotations, np.stack([hand.joints_template] * 2))
    joints = skin(hand, rotations, np.zeros((2, 10), np.float32))[1]
    assert placed[:, TO_21[:4]] == pytest.approx(joints[:, :4], abs=1e-7)
    assert np.linalg.det(world) == pytest.approx(np.ones((2, 16)), abs=1e-5)
