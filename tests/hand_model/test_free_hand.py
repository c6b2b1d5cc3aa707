import numpy as np
import pytest

from hand_recon_ros.hand_model import load_free_hand, rotations_from_angles, skin
from hand_recon_ros.types import Side

# Mean and standard deviation in millimetres of adults' bones in radiographs (Buryanov and Kotiuk, "Proportions of
# Hand Segments", International Journal of Morphology 28(3), 2010): first and middle phalanges by finger, and the
# thumb's metacarpal and first phalanx.
BONES = {
    ("index", 1): (39.8, 4.9),
    ("index", 2): (22.4, 2.5),
    ("middle", 1): (44.6, 3.8),
    ("middle", 2): (26.3, 3.0),
    ("pinky", 1): (32.7, 2.8),
    ("pinky", 2): (18.1, 2.5),
    ("ring", 1): (41.4, 3.9),
    ("ring", 2): (25.7, 3.3),
    ("thumb", 1): (46.2, 3.9),
    ("thumb", 2): (31.6, 3.1),
}
FIRST = {"index": 1, "middle": 4, "pinky": 7, "ring": 10, "thumb": 13}
CURLED = ((73, 0, 0), (95, 0, 0), (60, 0, 0))
FIST = np.radians([*CURLED * 4, (4, 30, -5), (27, 0, 0), (58, 0, 0)])


def edges_of(faces):
    return np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])


def crossings(vertices, faces):
    """Pairs of triangles without a common vertex that cut each other: an edge of one passes through the other."""
    corners = vertices[faces].astype(np.float64)
    low, high = corners.min(axis=1), corners.max(axis=1)
    first, second = np.nonzero(((low[:, None] <= high) & (high[:, None] >= low)).all(axis=2))
    apart = ~(faces[first][:, :, None] == faces[second][:, None]).any(axis=(1, 2))
    pairs = np.stack([first[apart], second[apart]], axis=1)
    first, second = corners[pairs[:, 0]], corners[pairs[:, 1]]
    p, q, r = np.swapaxes(second, 0, 1)
    hit = np.zeros(len(first), bool)
    for k in range(3):
        start, end = first[:, k], first[:, (k + 1) % 3]
        parted = volume(p, q, r, start) * volume(p, q, r, end) < 0
        sides = np.sign([volume(start, end, *pair) for pair in ((p, q), (q, r), (r, p))]).sum(axis=0)
        hit |= parted & (np.abs(sides) == 3)
    return len(np.unique(np.sort(pairs[hit], axis=1), axis=0))


def volume(a, b, c, d):
    return ((d - a) * np.cross(b - a, c - a)).sum(axis=1)


def posed(hand, anatomy, angles):
    rotations = np.concatenate([np.eye(3)[None], rotations_from_angles(anatomy.axes, angles)]).astype(np.float32)
    return skin(hand, rotations, np.zeros(10, np.float32))[0]


def areas(vertices, faces):
    corners = vertices[faces]
    return np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2


def test_crossing_triangles_are_found():
    corner = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], float)
    through = np.array([[0.2, 0.2, -1], [0.2, 0.2, 1], [3, 3, 0.1]])
    faces = np.array([[0, 1, 2], [3, 4, 5]])
    assert crossings(np.concatenate([corner, through]), faces) == 1
    assert crossings(np.concatenate([corner, through + (0, 0, 2)]), faces) == 0


def test_counts_are_those_of_the_published_networks(hand):
    assert hand.template.shape == (778, 3) and hand.faces.shape == (1538, 3)
    assert hand.parents.tolist() == [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14]
    assert (hand.name, hand.side) == ("free_hand", Side.RIGHT)


def test_the_mesh_is_one_disc_with_a_rim_of_16_edges(hand):
    edges = edges_of(hand.faces)
    directed = set(map(tuple, edges.tolist()))
    assert len(directed) == len(edges), "every edge belongs to one face on each side, and windings agree"
    rim = [(a, b) for a, b in directed if (b, a) not in directed]
    assert len(rim) == 16
    follows = dict(rim)
    loop = [rim[0][0]]
    while follows[loop[-1]] != loop[0]:
        loop.append(follows[loop[-1]])
    assert len(loop) == 16
    undirected = {tuple(sorted(edge)) for edge in directed}
    assert len(np.unique(hand.faces)) - len(undirected) + len(hand.faces) == 1, "Euler characteristic of a disc"
    assert np.ptp(hand.template[loop, 0]) < 3e-4, "the rim is a plane section of the forearm"


def test_faces_point_outwards(hand):
    corners = hand.template[hand.faces] - hand.template.mean(axis=0)
    assert np.einsum("fc,fc->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) > 0


@pytest.mark.parametrize("side", [Side.RIGHT, Side.LEFT])
def test_no_triangle_is_degenerate(side):
    hand = load_free_hand(side)
    corners = hand.template[hand.faces]
    sides = corners - corners[:, [1, 2, 0]]
    lengths = np.linalg.norm(sides, axis=2)
    cosines = -(sides * sides[:, [1, 2, 0]]).sum(axis=2) / (lengths * lengths[:, [1, 2, 0]])
    assert np.degrees(np.arccos(cosines)).min() > 20
    assert lengths.min() > 0.002 and lengths.max() < 0.02


def test_nothing_crosses_at_rest_whatever_the_shape(hand):
    rng = np.random.default_rng(0)
    shapes = np.concatenate([np.zeros((1, 10)), rng.normal(size=(5, 10)), 3 * np.eye(10)[:3], -3 * np.eye(10)[:3]])
    for betas in shapes:
        assert crossings(hand.template + hand.shape_directions @ betas, hand.faces) == 0


def test_a_fist_does_not_enter_itself(hand, anatomy):
    assert crossings(posed(hand, anatomy, FIST), hand.faces) == 0


def test_no_face_tears_or_collapses_within_the_limits(hand, random_rotations):
    rest = areas(hand.template, hand.faces)
    for vertices in skin(hand, random_rotations(60), np.zeros((60, 10), np.float32))[0]:
        ratio = areas(vertices, hand.faces) / rest
        assert ratio.max() < 3.5 and np.median(ratio) == pytest.approx(1, abs=0.05)
        edges = edges_of(hand.faces)
        stretch = np.linalg.norm(np.diff(vertices[edges], axis=1), axis=2) / np.linalg.norm(
            np.diff(hand.template[edges], axis=1), axis=2
        )
        assert stretch.max() < 5


@pytest.mark.parametrize(("finger", "bone"), BONES)
def test_bones_have_the_lengths_of_adults(hand, finger, bone):
    mean, sd = BONES[finger, bone]
    joint = FIRST[finger] + bone - 1
    length = 1e3 * np.linalg.norm(hand.joints_template[joint + 1] - hand.joints_template[joint])
    assert abs(length - mean) < 1.5 * sd


def test_hand_and_wrist_have_the_sizes_of_adults(hand):
    tip = hand.template[hand.tip_vertices[2]]
    assert 0.175 < np.linalg.norm(tip - hand.joints_template[0]) < 0.2
    roots = np.linalg.norm(hand.joints_template[[1, 4, 7, 10]] - hand.joints_template[0], axis=1)
    assert (roots > 0.075).all() and (roots < 0.1).all()
    rim = hand.template[hand.template[:, 0] > hand.template[:, 0].max() - 3e-4]
    assert len(rim) == 16
    ring = rim[np.argsort(np.arctan2(*(rim - rim.mean(axis=0))[:, 1:].T))]
    assert 0.15 < np.linalg.norm(ring - np.roll(ring, 1, axis=0), axis=1).sum() < 0.185


def test_weights_are_shares_of_at_most_four_joints(hand):
    assert hand.weights.min() >= 0
    assert hand.weights.sum(axis=1) == pytest.approx(np.ones(778), abs=1e-6)
    assert (hand.weights > 0).sum(axis=1).max() <= 4


def test_the_regressor_finds_the_joints_of_every_shape(hand):
    betas = np.random.default_rng(3).normal(size=(200, 10))
    vertices = hand.template + np.moveaxis(hand.shape_directions @ betas.T, 2, 0)
    joints = hand.joints_template + np.moveaxis(hand.joint_directions @ betas.T, 2, 0)
    off = np.linalg.norm(hand.joint_regressor @ vertices - joints, axis=2)
    assert hand.joint_regressor.sum(axis=1) == pytest.approx(np.ones(16), abs=1e-5)
    assert off.mean() < 0.0005 and off.max() < 0.002


def test_fingertips_are_the_ends_of_their_fingers(hand):
    last = hand.joints_template[[15, 3, 6, 12, 9]]
    for vertex, joint, owner in zip(hand.tip_vertices, last, (15, 3, 6, 12, 9), strict=True):
        assert hand.weights[vertex, owner] > 0.9
        reach = np.linalg.norm(hand.template - joint, axis=1)[hand.weights[:, owner] > 0.9].max()
        assert np.linalg.norm(hand.template[vertex] - joint) > 0.9 * reach


def test_a_positive_first_coefficient_is_a_larger_hand(hand):
    sizes = [np.ptp(hand.template + b * hand.shape_directions[:, :, 0], axis=0)[0] for b in (-2, 0, 2)]
    assert sizes[0] < sizes[1] - 0.01 and sizes[2] > sizes[1] + 0.01


def test_mirroring_twice_changes_nothing(hand):
    twice = hand.mirrored().mirrored()
    assert twice.side == Side.RIGHT and hand.mirrored().side == Side.LEFT
    for name in ("template", "shape_directions", "pose_directions", "joints_template", "faces", "pose_components"):
        assert (getattr(twice, name) == getattr(hand, name)).all()


def test_loading_is_done_once():
    assert load_free_hand().template is load_free_hand(Side.RIGHT).template
    assert load_free_hand(Side.LEFT) is load_free_hand(Side.LEFT)
