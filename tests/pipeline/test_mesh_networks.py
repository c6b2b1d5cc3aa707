"""Mesh networks in the pipeline: what they are shown, whose hands come back, and where they are put."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mesh_stand_ins import (
    CAMERA,
    MODELS,
    ONE_HAND,
    PAIR,
    TURN,
    StandIn,
    box_rig,
    from_content,
    noise,
    one,
    seven,
    truth_of,
)

from hand_recon_ros import Frame, ScaleSource, Side
from hand_recon_ros.camera import project
from hand_recon_ros.pipeline import HandRig, Settings
from hand_recon_ros.pipeline.box_finder import BoxFinder
from hand_recon_ros.pipeline.landmarks import join_landmarks
from hand_recon_ros.pipeline.mesh_crops import MeshCrops
from hand_recon_ros.pipeline.mesh_placement import MeshPlacement
from hand_recon_ros.pipeline.meshes import Meshes, join_meshes


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
        seen = join_landmarks([f.seen for f in found])
        return replace(found[0], seen=seen, tracks=tuple(track for f in found for track in f.tracks))


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


def test_joined_meshes_keep_apart_what_was_seen_apart():
    def meshes(regions):
        n = len(regions)
        shapes = ((n, 4, 3), (n, 21, 3), (n, 21, 2), (n, 16, 3), (n, 10))
        return Meshes(*(np.zeros(shape) for shape in shapes), np.array(regions))

    joined = join_meshes([meshes([0, 0, 1]), meshes([]).take(np.array([], int)), meshes([0, 1])])
    assert joined.regions.tolist() == [0, 0, 1, 2, 3]
