"""The whole pipeline with the shipped networks, on rendered pictures whose truth is known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from hand_recon_ros import CameraModel, HandPipeline, ScaleSource, Side
from hand_recon_ros.camera import project
from hand_recon_ros.pipeline import HandRig, OneEuro
from hand_recon_ros.pipeline.finding import EngineNetworks, HandFinder
from hand_recon_ros.render.rasterizer import rasterize
from hand_recon_ros.types import BONES
from hand_recon_train.synthetic.poses import NAMED_POSES
from hand_recon_train.synthetic.scene import Look, pose_hand, render_hands

CAMERA = CameraModel(560.0, 560.0, 319.5, 239.5, 640, 480)
UPRIGHT = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
LOOK = Look(np.array([0.8, 0.6, 0.48]), np.array([0.2, 0.3, 0.5]), np.array([-0.4, -0.7, -0.6]))
FRAME_NS = 66_666_667
RELAXED_AND_FLAT = ["relaxed", "spread"]


def backdrop(height=480, width=640):
    ramp = np.linspace(120, 190, width)[None, :, None]
    return np.broadcast_to(ramp, (height, width, 3)).astype(np.uint8)


def scene(*hands, camera=CAMERA):
    return render_hands(list(hands), [LOOK] * len(hands), camera, backdrop(camera.height, camera.width))


def right(x=-0.1, z=0.5, gesture="spread"):
    return pose_hand(Side.RIGHT, UPRIGHT, np.array([x, 0.08, z]), NAMED_POSES[gesture])


def left(x=0.1, z=0.5, gesture="spread"):
    return pose_hand(Side.LEFT, UPRIGHT, np.array([x, 0.08, z]), NAMED_POSES[gesture])


@pytest.fixture(scope="module")
def pipeline():
    return HandPipeline.create(device="cpu", threads=1)


@pytest.fixture
def tracker(pipeline):
    """A fresh tracking pipeline on the same engines, which counts how often each runs."""
    calls = {"detector": 0, "landmarker": 0}

    def counted(name, engine):
        def call(images):
            calls[name] += 1
            return engine(images)

        return call

    rig = pipeline._rig
    settings = replace(rig.settings, tracking=True, max_hands=2)
    networks = rig._finder.networks
    counting = EngineNetworks(counted("detector", networks.detector), counted("landmarker", networks.landmarker))
    return HandPipeline(HandRig(HandFinder(counting, settings), rig._reconstructor, settings)), calls


@pytest.mark.parametrize("gesture", RELAXED_AND_FLAT)
def test_two_hands_are_found_with_their_sides_in_metres(pipeline, gesture):
    truth = {Side.RIGHT: right(gesture=gesture), Side.LEFT: left(gesture=gesture)}
    hands = pipeline(scene(*truth.values()), camera=CAMERA).hands
    assert {hand.side for hand in hands} == {Side.LEFT, Side.RIGHT} and len(hands) == 2
    for hand in hands:
        joints = truth[hand.side].joints
        assert hand.scale_source == ScaleSource.METRIC
        assert np.linalg.norm(hand.joints - joints, axis=1).mean() < 0.035
        assert np.linalg.norm((hand.joints - hand.joints[0]) - (joints - joints[0]), axis=1).mean() < 0.02
        assert hand.wrist.position == pytest.approx(hand.joints[0])


def test_joints_reproject_onto_what_was_seen(pipeline):
    for hand in pipeline(scene(right(), left()), camera=CAMERA).hands:
        off = np.linalg.norm(project(CAMERA, hand.joints) - hand.joints_2d, axis=1).mean()
        assert off < 0.04 * max(hand.roi.width, hand.roi.height)


def test_the_wrist_frame_is_the_operators(pipeline):
    for hand in pipeline(scene(right(), left()), camera=CAMERA).hands:
        rotation = hand.wrist.rotation
        assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-5) and np.linalg.det(rotation) > 0
        out_of_palm, thumb_or_pinky, to_fingertips = rotation.T
        assert to_fingertips @ (hand.joints[9] - hand.joints[0]) > 0.05
        across = hand.joints[5] - hand.joints[17]  # pinky to index
        assert thumb_or_pinky @ across * (1 if hand.side == Side.RIGHT else -1) > 0.03
        assert out_of_palm[2] < -0.8, "these palms face the camera"


def test_a_mirrored_picture_gives_the_mirrored_hand(pipeline):
    picture = scene(right(x=0.0, gesture="relaxed"))
    (hand,) = pipeline(picture, camera=CAMERA).hands
    (mirrored,) = pipeline(np.ascontiguousarray(picture[:, ::-1]), camera=CAMERA).hands
    assert (hand.side, mirrored.side) == (Side.RIGHT, Side.LEFT)
    assert mirrored.joints * (-1, 1, 1) == pytest.approx(hand.joints, abs=0.02)
    assert (mirrored.faces == hand.faces[:, ::-1]).all()


def test_without_intrinsics_the_scale_is_assumed(pipeline):
    frame = pipeline(scene(right()))
    assert frame.hands[0].scale_source == ScaleSource.ASSUMED
    assert frame.camera.width == 640


def test_a_lens_distortion_is_undone(pipeline):
    bent = replace(CAMERA, distortion=(-0.25, 0.08, 0.0, 0.0, 0.0))
    truth = pose_hand(Side.RIGHT, UPRIGHT, np.array([0.16, 0.12, 0.5]), NAMED_POSES["relaxed"])
    (hand,) = pipeline(scene(truth, camera=bent), camera=bent).hands
    assert np.linalg.norm(hand.joints - truth.joints, axis=1).mean() < 0.04
    off = np.linalg.norm(project(bent, hand.joints) - hand.joints_2d, axis=1).mean()
    assert off < 0.04 * max(hand.roi.width, hand.roi.height)


def depth_image(hand, scale):
    """Depth of the scene if everything were `scale` times as large and as far away: the same picture."""
    seen = rasterize(project(CAMERA, hand.vertices), hand.vertices[:, 2], hand.model.faces, (480, 640))
    return np.where(seen.face >= 0, seen.depth * scale, 1.5).astype(np.float32)


@pytest.mark.parametrize("gesture", RELAXED_AND_FLAT)
def test_depth_decides_the_distance(pipeline, gesture):
    truth = right(x=0.0, gesture=gesture)
    picture = scene(truth)
    for scale in (0.85, 1.2):
        (hand,) = pipeline(picture, camera=CAMERA, depth=depth_image(truth, scale)).hands
        assert hand.scale_source == ScaleSource.METRIC
        assert hand.joints[0, 2] == pytest.approx(truth.joints[0, 2] * scale, abs=0.02)
        assert np.linalg.norm(project(CAMERA, hand.joints) - hand.joints_2d, axis=1).mean() < 8


@pytest.mark.parametrize("size", [(64, 48), (320, 240), (480, 640), (1080, 1920), (3840, 2160)])
def test_any_picture_size_and_shape(pipeline, size):
    width, height = size
    focal = 560 * min(size) / 480
    camera = CameraModel(focal, focal, (width - 1) / 2, (height - 1) / 2, width, height)
    picture = scene(right(x=0.0, z=0.4), camera=CAMERA if min(size) < 200 else camera)
    if min(size) < 200:
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    (hand,) = pipeline(picture, camera=camera).hands
    assert hand.joints[0, 2] == pytest.approx(0.4, rel=0.15)


def test_a_hand_half_outside_the_picture(pipeline):
    hands = pipeline(scene(right(x=-0.27)), camera=CAMERA).hands
    assert len(hands) <= 1
    for hand in hands:
        assert np.isfinite(hand.vertices).all()
        assert hand.roi.x >= 0 and hand.roi.x + hand.roi.width <= 640


def test_no_hand_no_result(pipeline):
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    for picture in (backdrop(), np.zeros((480, 640, 3), np.uint8), noise):
        assert pipeline(picture).hands == ()


def test_max_hands_bounds_the_result(pipeline):
    tight = HandPipeline.create(device="cpu", threads=1, max_hands=1)
    assert len(tight(scene(right(), left())).hands) == 1


def test_a_track_keeps_its_number_its_side_and_its_bones(tracker):
    tracking, calls = tracker
    bones = {}
    for k in range(12):
        truth = (right(x=-0.1 + 0.004 * k), left(x=0.1 - 0.003 * k, gesture="relaxed"))
        hands = tracking(scene(*truth), camera=CAMERA, stamp_ns=FRAME_NS * k).hands
        assert len(hands) == 2
        for hand in hands:
            a, b = np.array(BONES).T
            bones.setdefault((hand.track_id, hand.side), []).append(
                np.linalg.norm(hand.joints[a] - hand.joints[b], axis=1)
            )
    assert sorted(track for track, _ in bones) == [1, 2]
    # Tips are vertices of skin that creases with the pose; all other bones are rigid.
    rigid = [k for k in range(20) if k % 4 != 3]
    for lengths in bones.values():
        assert np.ptp(np.array(lengths)[:, rigid], axis=0).max() < 1e-5
    assert calls["detector"] == 1, "both wanted hands are tracked, so nothing may be missing"


def test_the_detector_looks_again_when_a_hand_is_lost(tracker):
    tracking, calls = tracker
    tracking(scene(right(), left()), stamp_ns=0)
    tracking(scene(right()), stamp_ns=FRAME_NS)
    assert calls["detector"] == 1
    hands = tracking(scene(right(), left()), stamp_ns=2 * FRAME_NS).hands
    assert calls["detector"] == 2
    assert {hand.side for hand in hands} == {Side.LEFT, Side.RIGHT}
    assert max(hand.track_id for hand in hands) == 3, "a hand that comes back is a new track"


def test_stamps_that_jump_back_start_anew(tracker):
    tracking, calls = tracker
    tracking(scene(right(), left()), stamp_ns=50 * FRAME_NS)
    tracking(scene(right(), left()), stamp_ns=FRAME_NS)
    assert calls["detector"] == 2


def test_smoothing_quiets_a_still_hand():
    pictures = [
        np.clip(scene(right()).astype(int) + np.random.default_rng(k).normal(0, 12, (480, 640, 3)), 0, 255)
        for k in range(12)
    ]

    def spread(smoothing):
        pipeline = HandPipeline.create(device="cpu", threads=1, tracking=True, max_hands=1, smoothing=smoothing)
        frames = [pipeline(p.astype(np.uint8), CAMERA, stamp_ns=k * FRAME_NS) for k, p in enumerate(pictures)]
        return np.stack([frame.hands[0].joints for frame in frames])[4:].std(axis=0).mean()

    assert spread(OneEuro()) < 0.7 * spread(None)


@pytest.mark.parametrize(
    ("picture", "depth", "message"),
    [
        (np.zeros((10, 10), np.uint8), None, "must be an RGB array"),
        (np.zeros((10, 10, 4), np.uint8), None, "must be an RGB array"),
        (np.zeros((10, 10, 3), np.float32), None, "must be an RGB array"),
        (np.zeros((0, 10, 3), np.uint8), None, "must be an RGB array"),
        (np.zeros((10, 10, 3), np.uint8), np.zeros((5, 5), np.float32), "registered to the picture"),
    ],
)
def test_pictures_of_the_wrong_form_are_refused(pipeline, picture, depth, message):
    with pytest.raises(ValueError, match=message):
        pipeline(picture, depth=depth)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "hamer"}, "the model must be one of default"),
        ({"max_hands": 0}, "max_hands must be at least 1"),
        ({"min_score": 1.5}, "min_score must lie between 0 and 1"),
        ({"device": "tpu"}, "device"),
    ],
)
def test_settings_without_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        HandPipeline.create(**options)


NEAR_CAMERA = CameraModel(400, 400, 127.5, 127.5, 256, 256)


@pytest.fixture(scope="module")
def near_fist():
    """A fist that fills the picture, which the detector overlooks at full size."""
    return scene(pose_hand(Side.RIGHT, UPRIGHT, np.array([0, 0.08, 0.22]), NAMED_POSES["fist"]), camera=NEAR_CAMERA)


def test_a_hand_too_large_for_the_detector_is_found(pipeline, near_fist):
    assert len(pipeline(near_fist, camera=NEAR_CAMERA).hands) == 1


def test_tracking_finds_it_within_four_looks_of_one_detection_each(tracker, near_fist):
    tracking, calls = tracker
    found = [len(tracking(near_fist, camera=NEAR_CAMERA, stamp_ns=FRAME_NS * k).hands) for k in range(4)]
    assert found[0] == 0 and found[3] == 1
    assert calls["detector"] == 4
