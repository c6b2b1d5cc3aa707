"""Several cameras in one batch must see what each would see alone."""

from dataclasses import replace

import numpy as np
import pytest

from hand_recon_ros import CameraModel, Frame, HandPipeline, ScaleSource, Side
from hand_recon_ros.pipeline import HandRig, chunks
from hand_recon_ros.pipeline.finding import EngineNetworks, HandFinder
from hand_recon_train.synthetic.poses import NAMED_POSES
from hand_recon_train.synthetic.scene import Look, pose_hand, render_hands

CAMERA = CameraModel(560.0, 560.0, 319.5, 239.5, 640, 480)
WIDE = CameraModel(300.0, 300.0, 199.5, 149.5, 400, 300, (-0.2, 0.05, 0.0, 0.0, 0.0))
UPRIGHT = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
LOOK = Look(np.array([0.8, 0.6, 0.48]), np.array([0.2, 0.3, 0.5]), np.array([-0.4, -0.7, -0.6]))
FRAME_NS = 66_666_667


def picture(camera, *places):
    """Hands at so many (side, x, gesture)."""
    ramp = np.linspace(120, 190, camera.width)[None, :, None]
    backdrop = np.broadcast_to(ramp, (camera.height, camera.width, 3)).astype(np.uint8)
    hands = [pose_hand(side, UPRIGHT, np.array([x, 0.08, 0.5]), NAMED_POSES[gesture]) for side, x, gesture in places]
    return render_hands(hands, [LOOK] * len(hands), camera, backdrop) if hands else backdrop


def frames(step):
    """Three unlike cameras: two hands, one hand through a lens, none; all move a little with each step."""
    shift, stamp = 0.004 * step, FRAME_NS * step
    two = picture(CAMERA, (Side.RIGHT, -0.1 + shift, "relaxed"), (Side.LEFT, 0.1, "pointing"))
    one = picture(WIDE, (Side.LEFT, 0.05 - shift, "relaxed"))
    depth = np.full((480, 640), 0.55, np.float32)
    return {
        "two": Frame(two, stamp, "two_optical", CAMERA, depth if step == 1 else None),
        "lens": Frame(one, 7 * FRAME_NS + stamp, "lens_optical", WIDE),
        "empty": Frame(picture(CAMERA), stamp, "empty_optical", None),
    }


@pytest.fixture(scope="module")
def loaded():
    return HandRig.create(device="cpu", threads=1)


@pytest.fixture
def new_rig(loaded):
    """A function that makes a fresh rig on the same engines, and the sizes of the batches they were asked for."""

    def make(**settings):
        settings = replace(loaded.settings, **({"tracking": True, "max_hands": 2} | settings))
        sizes = {"detector": [], "landmarker": []}

        def counted(name):
            def call(images):
                sizes[name].append(len(images))
                return getattr(loaded._finder.networks, name)(images)

            return call

        finder = HandFinder(EngineNetworks(counted("detector"), counted("landmarker")), settings)
        return HandRig(finder, loaded._reconstructor, settings), sizes

    return make


def assert_same(alone, among):
    assert [h.side for h in alone.hands] == [h.side for h in among.hands]
    assert (alone.stamp_ns, alone.frame_id, alone.camera) == (among.stamp_ns, among.frame_id, among.camera)
    for a, b in zip(alone.hands, among.hands, strict=True):
        assert (a.track_id, a.scale_source) == (b.track_id, b.scale_source)
        assert a.vertices == pytest.approx(b.vertices, abs=1e-5)
        assert a.joints == pytest.approx(b.joints, abs=1e-5)
        assert a.joints_2d == pytest.approx(b.joints_2d, abs=1e-2)
        assert (a.score, a.side_score) == pytest.approx((b.score, b.side_score), abs=1e-4)


def test_a_camera_among_three_sees_what_it_sees_alone(new_rig):
    together, _ = new_rig()
    alone = {name: new_rig()[0] for name in ("two", "lens", "empty")}
    counts = []
    for step in range(4):
        found = together(frames(step))
        assert list(found) == ["two", "lens", "empty"]
        for name, frame in frames(step).items():
            assert_same(alone[name]({name: frame})[name], found[name])
        counts.append([len(frame.hands) for frame in found.values()])
    assert counts == [[2, 1, 0]] * 4


def test_a_pipeline_is_a_rig_with_one_camera(new_rig):
    rig, _ = new_rig()
    pipeline = HandPipeline(new_rig()[0])
    for step in range(3):
        frame = frames(step)["two"]
        alone = pipeline(frame.rgb, frame.camera, frame.stamp_ns, frame.frame_id, frame.depth)
        assert_same(alone, rig({"two": frame})["two"])


def test_all_cameras_share_each_batch(new_rig):
    rig, sizes = new_rig()
    rig(frames(0))
    assert sizes == {"detector": [3], "landmarker": [3, 3]}
    rig(frames(1))
    assert sizes["detector"] == [3, 1], "only the camera without hands looks for new ones"
    assert sizes["landmarker"] == [3, 3, 3]


def test_large_batches_are_cut(new_rig, monkeypatch):
    whole, cut = new_rig()[0], new_rig()
    monkeypatch.setattr(chunks, "MAX_BATCH", 2)
    found = cut[0](frames(0))
    assert max(cut[1]["detector"] + cut[1]["landmarker"]) == 2
    monkeypatch.undo()
    for name, frame in whole(frames(0)).items():
        assert_same(frame, found[name])


def test_each_camera_keeps_its_own_tracks_and_clock(new_rig):
    rig, sizes = new_rig()
    rig(frames(0))
    rig({"lens": frames(1)["lens"]})
    found = rig({"two": frames(1)["two"]})
    assert [hand.track_id for hand in found["two"].hands] == [1, 2]
    assert sizes["detector"] == [3], "a camera that is left out of a call keeps its tracks"
    (hand,) = rig({"lens": replace(frames(0)["lens"], stamp_ns=0)})["lens"].hands
    assert hand.track_id == 2, "its stamps jumped back"
    assert [hand.track_id for hand in rig({"two": frames(2)["two"]})["two"].hands] == [1, 2]


def test_reset_forgets_one_camera(new_rig):
    rig, _ = new_rig()
    rig(frames(0))
    rig.reset("two")
    rig.reset("never seen")
    found = rig(frames(1))
    assert [hand.track_id for hand in found["two"].hands] == [3, 4]
    assert [hand.track_id for hand in found["lens"].hands] == [1]


def test_depth_and_intrinsics_count_for_their_own_camera(new_rig):
    rig, _ = new_rig(tracking=False)
    lens = replace(frames(1)["lens"], camera=None)
    found = rig(frames(1) | {"lens": lens})
    assert {hand.scale_source for hand in found["two"].hands} == {ScaleSource.METRIC}
    assert {hand.scale_source for hand in found["lens"].hands} == {ScaleSource.ASSUMED}


def test_no_pictures_no_results(new_rig):
    assert new_rig()[0]({}) == {}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rgb": np.zeros((10, 10), np.uint8)}, "camera lens: a picture must be an RGB array"),
        ({"depth": np.zeros((5, 5), np.float32)}, "camera lens: a depth image must be registered"),
        ({"camera": CAMERA, "rgb": np.zeros((10, 100, 3), np.uint8)}, "camera lens: intrinsics are for 640x480"),
    ],
)
def test_a_wrong_picture_names_its_camera_and_changes_nothing(new_rig, changes, message):
    rig, _ = new_rig()
    rig(frames(0))
    with pytest.raises(ValueError, match=message):
        rig(frames(1) | {"lens": replace(frames(1)["lens"], **changes)})
    assert [hand.track_id for hand in rig(frames(1))["two"].hands] == [1, 2]


def test_the_number_of_cameras_is_bounded(new_rig):
    rig, _ = new_rig()
    small = Frame(np.zeros((8, 8, 3), np.uint8))
    rig({f"camera_{k}": small for k in range(64)})
    with pytest.raises(ValueError, match="at most 64 cameras"):
        rig({"one_more": small})
    assert rig({"camera_3": small})["camera_3"].hands == ()
