"""The path of the device, on a CPU, finds what the CPU's path finds.

Tracked hands are compared picture by picture from the same tracks: left alone, two exact runs drift apart by some
tenths of a pixel, as OpenVINO and ONNX Runtime do, since each picture's crop hangs on the last one's rounding.
"""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from hand_recon_ros import CameraModel, Frame, Side
from hand_recon_ros.device import work as device_work
from hand_recon_ros.device.graphs import BUCKETS, Exchange
from hand_recon_ros.device.loading import load_on_device
from hand_recon_ros.node.bag_frames import bag_frames
from hand_recon_ros.paths import shared_file
from hand_recon_ros.pipeline import HandRig, OneEuro
from hand_recon_ros.pipeline.finding import HandFinder
from hand_recon_ros.pipeline.recipes import find_recipe
from hand_recon_ros.types import JOINT_COUNT

OPENCV_5 = int(cv2.__version__.split(".")[0]) >= 5
PIXELS, METRES = (0.1, 1e-4) if OPENCV_5 else (1.0, 4e-3)
"""Tolerances; OpenCV 4 cuts crops at 32nds of a pixel."""
CAMERA = CameraModel(560.0, 560.0, 319.5, 239.5, 640, 480)
LENS = replace(CAMERA, distortion=(-0.2, 0.06, 1e-3, -5e-4, 0.0))
FISHEYE = replace(CAMERA, distortion=(0.02, -0.005, 0.0, 0.0), distortion_model="equidistant")
PERIOD_NS = 33_333_333


@pytest.fixture(scope="module")
def clip():
    """Pictures of two hands, (T, 480, 640, 3)."""
    return np.stack([frame.rgb for frame in bag_frames(shared_file("examples", "two_hands.mcap"))])


@pytest.fixture(scope="module")
def host():
    return HandRig.create(device="cpu", threads=1)


@pytest.fixture(scope="module")
def device(host):
    return HandRig(*load_on_device(find_recipe("default"), host.settings, "cpu"), host.settings)


@pytest.fixture
def new_pair(host, device):
    """A function that makes fresh rigs, one of each path, on the same networks."""

    def make(**changed):
        settings = replace(host.settings, **({"tracking": True, "max_hands": 2} | changed))
        return tuple(
            HandRig(
                HandFinder(rig._finder.networks, settings),
                replace(rig._reconstructor, smoothing=settings.smoothing),
                settings,
            )
            for rig in (host, device)
        )

    return make


def assert_same(found, wanted, pixels=PIXELS, metres=METRES):
    """The same hands in any order: two of one frame may change places where the network is as sure of both."""
    assert len(found.hands) == len(wanted.hands)
    for one in wanted.hands:
        off = [np.abs(hand.joints_2d - one.joints_2d).max() for hand in found.hands]
        hand = found.hands[int(np.argmin(off))]
        assert min(off) < pixels
        assert (hand.side, hand.track_id, hand.scale_source) == (one.side, one.track_id, one.scale_source)
        assert np.abs(hand.vertices - one.vertices).max() < metres
        assert np.abs(hand.joints - one.joints).max() < metres
        assert hand.wrist.rotation == pytest.approx(one.wrist.rotation, abs=2e-3)
        assert hand.pose == pytest.approx(one.pose, abs=1e-2) and hand.betas == pytest.approx(one.betas, abs=1e-2)
        assert (hand.score, hand.side_score) == pytest.approx((one.score, one.side_score), abs=1e-3)
        assert hand.faces is one.faces or (hand.faces == one.faces).all()


def follow(pair, shown, metres=METRES):
    """Run both over pictures of cameras, the device each time from the host's tracks; compare tracked hands."""
    host, device = pair
    for step, frames in enumerate(shown):
        device._memories = dict(host._memories)
        wanted, found = host(frames), device(frames)
        for name in frames if step else ():
            assert_same(found[name], wanted[name], metres=metres)
    return wanted


def test_tracked_hands_of_the_clip(new_pair, clip):
    frames = [{"": Frame(rgb, PERIOD_NS * k, camera=CAMERA)} for k, rgb in enumerate(clip[::2])]
    (last,) = follow(new_pair(), frames).values()
    assert {hand.side for hand in last.hands} == {Side.LEFT, Side.RIGHT}


def test_single_pictures_of_the_clip(new_pair, clip):
    """Two looks follow the palms, and each passes on what the one before rounded."""
    host, device = new_pair(tracking=False, max_hands=4)
    for rgb in clip[::15]:
        frame = {"": Frame(rgb, camera=CAMERA)}
        assert_same(device(frame)[""], host(frame)[""], pixels=5 * PIXELS, metres=10 * METRES)


def test_the_same_regions_of_single_pictures(new_pair, clip):
    host, device = new_pair(tracking=False)
    for rgb in clip[::15]:
        (view,) = host._views({"": Frame(rgb, camera=CAMERA)})
        regions = host._finder.regions([view])
        finders = [rig._finder.look([view], regions)[0] for rig in (host, device)]
        assert finders[1].seen.pixels == pytest.approx(finders[0].seen.pixels, abs=PIXELS)
        built = [rig._reconstructor([sighting])[1] for rig, sighting in zip((host, device), finders, strict=True)]
        assert built[1].vertices == pytest.approx(built[0].vertices, abs=METRES)


@pytest.mark.parametrize("camera", [LENS, FISHEYE, None])
def test_lenses(new_pair, clip, camera):
    follow(new_pair(), [{"": Frame(rgb, PERIOD_NS * k, camera=camera)} for k, rgb in enumerate(clip[:4])])


def test_several_cameras_of_all_sizes_in_one_batch(new_pair, clip):
    large = replace(CAMERA, fx=1120.0, fy=1120.0, cx=639.5, cy=479.5, width=1280, height=960)
    empty = np.full((240, 320, 3), 128, np.uint8)

    def shown(k):
        big = np.asarray(cv2.resize(clip[k], (1280, 960)), np.uint8)
        return {
            "large": Frame(big, PERIOD_NS * k, camera=large),
            "lens": Frame(clip[k][:, ::-1], PERIOD_NS * k, camera=LENS),
            "empty": Frame(empty, PERIOD_NS * k),
        }

    # Shrinking large hands rounds at another place here and there.
    found = follow(new_pair(), [shown(k) for k in range(4)], metres=4 * METRES)
    assert [len(frame.hands) for frame in found.values()] == [2, 2, 0]


def test_smoothed_hands(new_pair, clip):
    follow(new_pair(smoothing=OneEuro()), [{"": Frame(rgb, PERIOD_NS * k)} for k, rgb in enumerate(clip[:5])])


def test_measured_distances(new_pair, clip):
    depth = np.full(clip.shape[1:3], 0.45, np.float32)
    follow(new_pair(), [{"": Frame(rgb, PERIOD_NS * k, "", CAMERA, depth)} for k, rgb in enumerate(clip[:3])])


def test_more_hands_than_a_batch_holds(new_pair, clip, monkeypatch):
    monkeypatch.setattr(device_work, "BUCKETS", BUCKETS[:1])
    monkeypatch.setattr(device_work, "bucket_for", lambda count: 1)
    follow(new_pair(), [{"": Frame(rgb, PERIOD_NS * k)} for k, rgb in enumerate(clip[:2])])


def test_hands_that_need_more_steps(new_pair, clip, monkeypatch):
    """Under a lower threshold every hand goes back for the rest of its steps."""
    for module in ("hand_recon_ros.device.fitting", "hand_recon_ros.pipeline.lifted_fit"):
        monkeypatch.setattr(f"{module}.FAR", 1e-4)
    follow(new_pair(), [{"": Frame(rgb, PERIOD_NS * k)} for k, rgb in enumerate(clip[:3])])


def test_pictures_that_grow_and_shrink_need_new_memory(monkeypatch, host, clip):
    monkeypatch.setattr("hand_recon_ros.device.pictures.FIRST_PIXELS", 1000)
    settings = replace(host.settings, max_hands=2)
    rig = HandRig(*load_on_device(find_recipe("default"), settings, "cpu"), settings)
    for scale in (1, 2, 1):
        size = (640 * scale, 480 * scale)
        frames = {name: Frame(np.asarray(cv2.resize(clip[0], size), np.uint8)) for name in ("a", "b")}
        assert [len(frame.hands) for frame in rig(frames).values()] == [2, 2]


def test_a_buffer_that_the_camera_overwrites_is_uploaded_again(new_pair, clip):
    _, rig = new_pair(tracking=False)
    buffer = clip[0].copy()
    frame = Frame(buffer)
    before = rig({"": frame})[""]
    buffer[:] = np.roll(clip[0], 40, axis=1)
    after = rig({"": frame})[""]
    shift = np.median([hand.joints_2d[:, 0].mean() for hand in after.hands]) - np.median(
        [hand.joints_2d[:, 0].mean() for hand in before.hands]
    )
    assert shift == pytest.approx(40, abs=3)


def test_read_only_pictures_are_taken_without_a_warning(new_pair, clip, recwarn):
    _, rig = new_pair()
    picture = np.frombuffer(clip[0].tobytes(), np.uint8).reshape(clip[0].shape)
    assert len(rig({"": Frame(picture)})[""].hands) == 2
    assert not recwarn.list


def test_hands_have_the_types_of_the_host(new_pair, clip):
    host, device = (rig({"": Frame(clip[0])})[""].hands[0] for rig in new_pair())
    for name, value in vars(host).items():
        found = getattr(device, name)
        assert type(found) is type(value), name
        if isinstance(value, np.ndarray):
            assert (found.dtype, found.shape) == (value.dtype, value.shape), name
    assert device.joints.shape == (JOINT_COUNT, 3) and device.vertices.flags.writeable == host.vertices.flags.writeable


def test_a_frame_waits_for_the_device_once(new_pair, clip, monkeypatch):
    """Tracked hands, or a search that finds nothing: once. A new hand: after the palms and the first look, too."""
    waits = []
    fetch = Exchange.fetch
    monkeypatch.setattr(Exchange, "fetch", lambda self, count: waits.append(count) or fetch(self, count))
    _, rig = new_pair()
    empty = np.full_like(clip[0], 128)
    counts = []
    for k, rgb in enumerate([empty, clip[0], clip[1], clip[2]]):
        waits.clear()
        rig({"": Frame(rgb, PERIOD_NS * k)})
        counts.append(len(waits))
    assert counts == [1, 3, 1, 1]
