"""Mesh networks in the pipeline: what they are shown, whose hands come back, and where they are put.

Stand-ins with the contract of LiveHands take the place of the networks, so that the truth is known.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_recon_ros import CameraModel, Frame, ScaleSource, Side
from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.hand_model.model import TO_21
from hand_recon_ros.networks import find_intake
from hand_recon_ros.pipeline import HandRig, OneEuro, Settings
from hand_recon_ros.pipeline.box_finder import BoxFinder, shown_part
from hand_recon_ros.pipeline.mesh_crops import MeshCrops, pairs_of, squares_around
from hand_recon_ros.pipeline.mesh_placement import MeshPlacement
from hand_recon_ros.pipeline.meshes import Meshes, join_meshes
from hand_recon_ros.pipeline.picture_finder import PictureFinder, meshes_found
from hand_recon_ros.pipeline.tracking import matching_tracks, new_track

CAMERA = CameraModel(560.0, 560.0, 319.5, 239.5, 640, 480)
RIGHT = load_free_hand()
MODELS = {Side.RIGHT: RIGHT, Side.LEFT: RIGHT.mirrored()}
JOINTS = np.concatenate([RIGHT.joints_template, RIGHT.template[RIGHT.tip_vertices]])[TO_21]
# The rest pose points to -x with the palm to -y: fingers up (-y), palm to the camera (-z).
TURN = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
FRAME_NS = 66_666_667
ONE_HAND = find_intake("handoccnet")
PAIR = find_intake("eaa_interhand")
PICTURE = find_intake("smhr_multi")


def noise(seed=0, height=480, width=640):
    """A picture that differs everywhere, smooth enough to be mirrored without loss."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 40, width // 40, 3), np.uint8)
    return np.repeat(np.repeat(coarse, 40, axis=0), 40, axis=1)


def truth_of(side, place):
    """Vertices and joints of an upright hand at a place."""
    mirror = np.array([-1, 1, 1]) if side == Side.LEFT else np.ones(3)
    return (RIGHT.template @ TURN.T) * mirror + place, (JOINTS @ TURN.T) * mirror + place


class StandIn:
    """A network of one right hand in a crop; it sees the hand of the truth, since it is told the crop's square.

    Attributes:
        shown: the pictures it was given.
    """

    def __init__(self, intake, answer):
        self.intake, self.answer, self.shown = intake, answer, []

    def __call__(self, images):
        assert images.shape[1:] == (self.intake.size,) * 2 + (3,) and images.dtype == np.uint8
        self.shown.append(images.copy())
        return self.answer(images)


def seven(vertices, joints, pixels, right=None, score=None, posed=True):
    """LiveHands of N regions with H hands each, as arrays."""
    n, h = vertices.shape[:2]
    ones = np.ones((n, h), np.float32)
    pose = np.full((n, h, 16, 3), 0.25, np.float32) if posed else np.full((n, h, 16, 3), np.nan, np.float32)
    betas = np.full((n, h, 10), 0.5 if posed else np.nan, np.float32)
    arrays = (vertices, joints, pixels, ones if score is None else score, ones if right is None else right, pose, betas)
    return tuple(np.asarray(array, np.float32) for array in arrays)


def from_content(images, intake=ONE_HAND, posed=True):
    """An answer that depends on what is in the crop: brighter pixels draw all joints towards them."""
    weight = images.astype(np.float64).sum(axis=3) + 1
    u = (weight.sum(axis=1) * np.arange(intake.size)).sum(axis=1) / weight.sum(axis=(1, 2))
    v = (weight.sum(axis=2) * np.arange(intake.size)).sum(axis=1) / weight.sum(axis=(1, 2))
    middle = np.stack([u, v], axis=1)[:, None]
    joints = np.broadcast_to(JOINTS @ TURN.T, (len(images), 21, 3))
    vertices = np.broadcast_to(RIGHT.template @ TURN.T, (len(images), 778, 3))
    pixels = middle + 900 * (joints[..., :2] - joints[:, 9:10, :2])
    return seven(vertices[:, None], joints[:, None], pixels[:, None], posed=posed)


def box_rig(box, side, network, smoothing=None):
    settings = Settings(max_hands=1, smoothing=smoothing)
    placement = MeshPlacement(MeshCrops(network, network.intake), MODELS, network.intake.size, smoothing)
    return HandRig(BoxFinder(box, side), placement, settings)


def one(rig, picture, camera=CAMERA):
    (hand,) = rig({"": Frame(picture, camera=camera)})[""].hands
    return hand


def test_a_left_hand_is_the_mirrored_right_hand_of_the_mirrored_picture():
    picture, box = noise(), (200.0, 100.0, 140.0, 180.0)
    centred = replace(CAMERA, cx=319.5)
    network = StandIn(ONE_HAND, from_content)
    right = one(box_rig(box, Side.RIGHT, network), picture, centred)
    # The box's middle lies half a crop pixel past the crop's, in the mirrored picture too.
    shift = 179 * ONE_HAND.crop_scale / ONE_HAND.size
    mirrored_box = (639 - box[0] - 139 + shift, *box[1:])
    left = one(box_rig(mirrored_box, Side.LEFT, network), np.ascontiguousarray(picture[:, ::-1]), centred)
    first, second = network.shown
    assert np.abs(first.astype(int) - second).mean() < 1, "a network of right hands is shown the same"
    assert (right.side, left.side) == (Side.RIGHT, Side.LEFT)
    assert left.vertices * (-1, 1, 1) == pytest.approx(right.vertices, abs=1e-3)
    assert left.joints * (-1, 1, 1) == pytest.approx(right.joints, abs=1e-3)
    assert 639 - left.joints_2d[:, 0] == pytest.approx(right.joints_2d[:, 0], abs=0.3)
    assert left.joints_2d[:, 1] == pytest.approx(right.joints_2d[:, 1], abs=0.3)
    assert left.pose * (1, -1, -1) == pytest.approx(right.pose)
    assert left.betas == pytest.approx(right.betas)
    assert (left.faces == right.faces[:, ::-1]).all()
    mirror = np.diag([-1.0, 1.0, 1.0])
    # x out of the palm and z to the fingertips are mirrored; y, thumb or pinky by side, makes both right-handed.
    assert left.wrist.rotation[:, [0, 2]] == pytest.approx((mirror @ right.wrist.rotation)[:, [0, 2]], abs=1e-3)
    assert np.linalg.det(left.wrist.rotation) == pytest.approx(1, abs=1e-4)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from([Side.LEFT, Side.RIGHT]),
    st.floats(-0.12, 0.12),
    st.floats(-0.05, 0.15),
    st.floats(0.4, 1.0),
    st.sampled_from([(), (-0.2, 0.05, 1e-3, 1e-3, 0.0)]),
)
def test_a_hand_comes_back_where_it_stands(side, x, y, z, lens):
    camera = replace(CAMERA, distortion=lens)
    vertices, joints = truth_of(side, np.array([x, y, z]))
    pixels = project(camera, joints)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    inside = np.maximum(low, 0), np.minimum(high, (639, 479))
    box = (*inside[0], *(inside[1] - inside[0] + 1))

    def answer(images):
        side_px = ONE_HAND.crop_scale * (inside[1] - inside[0]).max()
        crop = (pixels - (inside[0] + inside[1]) / 2) * (ONE_HAND.size / side_px) + ONE_HAND.size / 2
        back = np.array([1.0, 1.0, 1.0])
        if side == Side.LEFT:
            crop[:, 0], back = ONE_HAND.size - 1 - crop[:, 0], np.array([-1.0, 1.0, 1.0])
        own_origin = np.array([0.3, -0.2, 0.1])
        return seven(*(((p - joints[0]) * back + own_origin)[None, None] for p in (vertices, joints)), crop[None, None])

    hand = one(box_rig(box, side, StandIn(ONE_HAND, answer)), noise(), camera)
    assert hand.side == side
    assert hand.vertices == pytest.approx(vertices, abs=3e-3)
    assert hand.joints_2d == pytest.approx(pixels, abs=0.05)
    assert hand.wrist.position == pytest.approx(joints[0], abs=3e-3)
    palm = -TURN[:, 1] * ([-1, 1, 1] if side == Side.LEFT else 1)
    assert hand.wrist.rotation[:, 0] == pytest.approx(palm, abs=1e-3)


def test_a_network_without_parameters_gives_none():
    hand = one(
        box_rig((200, 100, 140, 180), Side.RIGHT, StandIn(ONE_HAND, lambda i: from_content(i, posed=False))), noise()
    )
    assert hand.pose is None and hand.betas is None
    assert hand.model == "free_hand" and hand.scale_source == ScaleSource.METRIC


def test_depth_decides_the_distance_of_meshes_too():
    rig = box_rig((200, 100, 140, 180), Side.RIGHT, StandIn(ONE_HAND, from_content))
    near = one(rig, noise())
    flat = np.full((480, 640), 1.2 * np.median(near.vertices[:, 2]), np.float32)
    (hand,) = rig({"": Frame(noise(), camera=CAMERA, depth=flat)})[""].hands
    assert hand.joints[0, 2] == pytest.approx(1.2 * near.joints[0, 2], rel=0.05)


def pair_answer(images):
    """Left hand, then right hand, 0.2 m apart, seen by a distant camera."""
    n = len(images)
    left, right = truth_of(Side.LEFT, np.array([0.1, 0, 0])), truth_of(Side.RIGHT, np.array([-0.1, 0, 0]))
    vertices = np.broadcast_to(np.stack([left[0], right[0]]), (n, 2, 778, 3))
    joints = np.broadcast_to(np.stack([left[1], right[1]]), (n, 2, 21, 3))
    places = joints + np.array([0, 0, 0.8])
    pixels = 560 * places[..., :2] / places[..., 2:] * 0.5 + 127.5
    return seven(vertices, joints, pixels, right=np.broadcast_to([0.0, 1.0], (n, 2)))


class TwoBoxes:
    """A finder that sees a hand in each of some boxes."""

    def __init__(self, *boxes):
        self.finders = [BoxFinder(box, side) for box, side in boxes]

    def regions(self, views):
        return self.finders[0].regions(views)

    def look(self, views, regions):
        found = [[finder.look([view], regions)[0] for finder in self.finders] for view in views]
        return [self._joined(of_view) for of_view in found]

    def _joined(self, found):
        first = found[0]
        seen = type(first.seen)(*(np.concatenate([vars(f.seen)[k] for f in found]) for k in vars(first.seen)))
        return replace(first, seen=seen, tracks=tuple(track for f in found for track in f.tracks))


def pair_rig(*boxes):
    network = StandIn(PAIR, pair_answer)
    placement = MeshPlacement(MeshCrops(network, PAIR), MODELS, PAIR.size)
    return HandRig(TwoBoxes(*boxes), placement, Settings()), network


def test_a_pair_is_seen_in_one_crop_and_keeps_its_relative_position():
    rig, network = pair_rig(((330, 150, 120, 150), Side.LEFT), ((200, 150, 120, 150), Side.RIGHT))
    left, right = rig({"": Frame(noise(), camera=CAMERA)})[""].hands
    assert len(network.shown[0]) == 1
    assert (left.side, right.side) == (Side.LEFT, Side.RIGHT)
    apart = truth_of(Side.LEFT, np.array([0.1, 0, 0]))[1][0] - truth_of(Side.RIGHT, np.array([-0.1, 0, 0]))[1][0]
    assert left.joints[0] - right.joints[0] == pytest.approx(apart, abs=1e-5)


def test_a_hand_alone_takes_its_own_half_of_a_pair():
    for side in (Side.LEFT, Side.RIGHT):
        rig, _ = pair_rig(((200, 150, 120, 150), side))
        (hand,) = rig({"": Frame(noise(), camera=CAMERA)})[""].hands
        shape = truth_of(side, np.zeros(3))[1]
        assert hand.joints - hand.joints[0] == pytest.approx(shape - shape[0], abs=1e-5)


def test_several_cameras_share_a_batch_of_crops():
    rig, network = pair_rig(((330, 150, 120, 150), Side.LEFT), ((200, 150, 120, 150), Side.RIGHT))
    found = rig({name: Frame(noise(k), camera=CAMERA) for k, name in enumerate("abc")})
    assert [len(images) for images in network.shown] == [3]
    assert {len(frame.hands) for frame in found.values()} == {2}


boxes = st.lists(
    st.tuples(st.floats(0, 600), st.floats(0, 400), st.floats(5, 200), st.sampled_from([Side.LEFT, Side.RIGHT])),
    max_size=6,
)


@given(boxes)
def test_every_hand_is_in_one_crop_and_pairs_have_both_sides(drawn):
    corners = np.array([[[x, y], [x + size, y + size]] for x, y, size, _ in drawn]).reshape(-1, 2, 2)
    sides = [side for *_, side in drawn]
    pairs = pairs_of(corners, sides)
    assert sorted(row for pair in pairs for row in pair) == list(range(len(drawn)))
    for pair in pairs:
        assert len(pair) == 1 or {sides[row] for row in pair} == {Side.LEFT, Side.RIGHT}
    for square, pair in zip(squares_around(corners, pairs, 1.25), pairs, strict=True):
        assert (square[:2] - square[2] / 2 <= corners[pair, 0].min(axis=0) + 1e-2).all()
        assert (square[:2] + square[2] / 2 >= corners[pair, 1].max(axis=0) - 1e-2).all()


def test_the_nearest_hands_make_a_pair_and_far_ones_none():
    corners = np.array([[[0, 0], [50, 50]], [[60, 0], [110, 50]], [[300, 0], [350, 50]]], float)
    assert pairs_of(corners, [Side.LEFT, Side.RIGHT, Side.RIGHT]) == [[0, 1], [2]]
    assert pairs_of(corners[[0, 2]], [Side.LEFT, Side.RIGHT]) == [[0], [1]]
    assert pairs_of(corners[:2], [Side.RIGHT, Side.RIGHT]) == [[0], [1]]


def picture_answer(places, scores):
    """A network of whole pictures: hands of both sides at places (pixels of its picture)."""

    def answer(images):
        n, h = len(images), len(places)
        sides = [Side.RIGHT if k % 2 == 0 else Side.LEFT for k in range(h)]
        shapes = [truth_of(side, np.zeros(3)) for side in sides]
        vertices, joints = (np.stack([shape[k] for shape in shapes]) for k in (0, 1))
        pixels = 400 * (joints[..., :2] - joints[:, 9:10, :2]) + np.array(places)[:, None]
        right = np.array([0.9 if side == Side.RIGHT else 0.1 for side in sides])
        every = (vertices, joints, pixels, right, np.array(scores))
        vertices, joints, pixels, right, scores_ = (np.broadcast_to(a, (n, *a.shape)) for a in every)
        return seven(vertices, joints, pixels, right, scores_)

    return answer


def picture_rig(answer, **options):
    settings = Settings(**({"tracking": True} | options))
    network = StandIn(PICTURE, answer)
    placement = MeshPlacement(meshes_found, MODELS, PICTURE.size, settings.smoothing)
    return HandRig(PictureFinder(network, PICTURE, settings), placement, settings), network


def test_a_network_of_whole_pictures_finds_its_own_hands():
    rig, network = picture_rig(picture_answer([(100, 250), (300, 250), (200, 300)], [0.9, 0.8, 0.2]))
    frame = rig({"": Frame(noise(), camera=CAMERA)})[""]
    assert [hand.side for hand in frame.hands] == [Side.RIGHT, Side.LEFT], "the third is hardly a hand"
    assert [hand.score for hand in frame.hands] == pytest.approx([0.9, 0.8])
    # Black rows are added above a wide picture: 640 pixels become 384.
    first = frame.hands[0].joints_2d[9]
    assert first == pytest.approx([(100 + 0.5) * 640 / 384 - 0.5, (250 + 0.5) * 640 / 384 - 0.5 - 160], abs=0.02)
    assert (network.shown[0][0, :90] == 0).all()


def test_whole_pictures_keep_their_tracks_by_place():
    answers = [
        picture_answer([(100, 250), (300, 250)], [0.9, 0.8]),
        picture_answer([(110, 255), (290, 250)], [0.7, 0.8]),
        picture_answer([(110, 100), (290, 250)], [0.7, 0.8]),
    ]
    rig, network = picture_rig(answers[0])
    numbers = []
    for step, answer in enumerate(answers):
        network.answer = answer
        hands = rig({"": Frame(noise(), FRAME_NS * step, camera=CAMERA)})[""].hands
        numbers.append({hand.side: hand.track_id for hand in hands})
    assert numbers[0] == numbers[1] == {Side.RIGHT: 1, Side.LEFT: 2}
    assert numbers[2] == {Side.RIGHT: 3, Side.LEFT: 2}, "the right hand is somewhere else: another one"


def test_one_finding_a_hand_and_no_more_than_asked_for():
    rig, _ = picture_rig(picture_answer([(100, 250), (300, 250), (102, 251)], [0.9, 0.8, 0.7]), max_hands=4)
    assert len(rig({"": Frame(noise())})[""].hands) == 2
    rig, _ = picture_rig(picture_answer([(100, 250), (300, 250)], [0.7, 0.9]), max_hands=1)
    (hand,) = rig({"": Frame(noise())})[""].hands
    assert hand.side == Side.LEFT


def test_smoothing_quiets_meshes_and_keeps_their_form():
    rng = np.random.default_rng(0)
    rig, network = picture_rig(None, smoothing=OneEuro(), max_hands=1)
    rough, _ = picture_rig(None, max_hands=1)
    rough._finder = replace(rough._finder, engine=network)
    spread = {}
    for name, used in (("smooth", rig), ("rough", rough)):
        rng = np.random.default_rng(0)
        joints = []
        for step in range(30):
            network.answer = picture_answer([rng.normal((200, 250), 1.0)], [0.9])
            (hand,) = used({"": Frame(noise(), FRAME_NS * step, camera=CAMERA)})[""].hands
            joints.append(hand.joints)
            assert np.linalg.norm(hand.joints[9] - hand.joints[0]) == pytest.approx(
                np.linalg.norm(JOINTS[9] - JOINTS[0]), rel=1e-3
            )
        spread[name] = np.std(joints[10:], axis=0).mean()
    assert spread["smooth"] < 0.6 * spread["rough"]


def test_hands_go_on_with_the_nearest_track():
    tracks = tuple(
        new_track(k, JOINTS[:, :2].astype(np.float32) * 1000 + offset, 0.9) for k, offset in enumerate((0, 300))
    )
    moved = np.stack([tracks[1].pixels + 20, tracks[0].pixels + 10, tracks[0].pixels + 30, tracks[0].pixels + 900])
    assert matching_tracks(moved, tracks).tolist() == [1, 0, 4, 5]
    assert matching_tracks(moved, ()).tolist() == [0, 1, 2, 3]


def test_joined_meshes_keep_apart_what_was_seen_apart():
    def meshes(regions):
        n = len(regions)
        shapes = ((n, 4, 3), (n, 21, 3), (n, 21, 2), (n, 16, 3), (n, 10))
        return Meshes(*(np.zeros(shape) for shape in shapes), np.array(regions))

    joined = join_meshes([meshes([0, 0, 1]), meshes([]).take(np.array([], int)), meshes([0, 1])])
    assert joined.regions.tolist() == [0, 0, 1, 2, 3]


@pytest.mark.parametrize(
    ("box", "low", "high"),
    [
        ((10, 20, 30, 40), (10, 20), (39, 59)),
        ((-10, -20, 30, 40), (0, 0), (29, 39)),  # moved in, not cut
        ((600, 400, 100, 100), (600, 400), (639, 479)),
    ],
)
def test_boxes_are_moved_into_the_picture_then_cut(box, low, high):
    found = shown_part(box, 640, 480)
    assert (found[0].tolist(), found[1].tolist()) == (list(low), list(high))


@pytest.mark.parametrize("box", [(700, 0, 10, 10), (0, 0, 0, 10), (0, 0, 10, -1)])
def test_a_box_outside_the_picture_is_refused(box):
    rig = box_rig(box, Side.RIGHT, StandIn(ONE_HAND, from_content))
    with pytest.raises(ValueError, match="expected a box inside the picture of 640x480"):
        one(rig, noise())


def test_a_picture_smaller_than_the_crop_is_refused():
    rig = box_rig((10, 10, 50, 50), Side.RIGHT, StandIn(ONE_HAND, from_content))
    with pytest.raises(ValueError, match="at least 256 pixels along its longer side, got 200x160"):
        rig({"": Frame(noise(0, 160, 200))})
    assert len(rig({"": Frame(noise(0, 160, 280))})[""].hands) == 1
