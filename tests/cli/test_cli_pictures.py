"""What the verbs draw on request: styles, sheets, turntables, plots."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from hand_recon_ros.bus.hand_codec import HAND_ARRAY, Delivery, encode_hand_array
from hand_recon_ros.bus.image_codec import IMAGE, encode_image
from hand_recon_ros.bus.recorder import BagWriter
from hand_recon_ros.cli.options import Drawing
from hand_recon_ros.evaluation import angle_plot
from hand_recon_ros.hand_model import finger_bones, joint_angles
from hand_recon_ros.paths import shared_file
from hand_recon_ros.render.overlay import Style
from hand_recon_ros.results import read_results
from hand_recon_ros.sources.video import Video
from hand_recon_ros.types import Side

BARE = ("--no-skeleton", "--no-labels")


def test_what_is_drawn_by_default_is_what_the_library_draws():
    assert Drawing().style() == Style()


def test_alpha_zero_and_nothing_else_leaves_the_picture_as_it_is(hand_recon, stand_in, picture, tmp_path):
    path = picture("a.png", width=320, height=240)
    assert hand_recon("image", path, "-o", tmp_path / "out", "--alpha", 0, *BARE).code == 0
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "out" / "a_overlay.png")), cv2.imread(str(path)))
    assert hand_recon("image", path, "-o", tmp_path / "out", *BARE).code == 0
    assert (cv2.imread(str(tmp_path / "out" / "a_overlay.png")) != cv2.imread(str(path))).any()


@pytest.mark.parametrize("alpha", ["-0.1", "1.1", "much"])
def test_an_opacity_out_of_range_is_wrong_usage(hand_recon, stand_in, picture, tmp_path, alpha):
    done = hand_recon("image", picture("a.png"), "-o", tmp_path / "out", "--alpha", alpha)
    assert done.code == 2 and "--alpha" in done.err and not (tmp_path / "out").exists()


def test_a_sheet_shows_the_pictures_that_could_be_read(hand_recon, stand_in, picture, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    pictures = [picture(f"{value}.png", value) for value in (60, 120, 180)]
    done = hand_recon("image", *pictures, tmp_path / "bad.png", "-o", tmp_path / "out", "--sheet", "--alpha", 0, *BARE)
    assert done.code == 1
    sheet = cv2.imread(str(tmp_path / "out" / "sheet.png"))
    assert [int(np.median(part)) for part in np.array_split(sheet, 3, axis=1)] == [60, 120, 180]


def test_a_turntable_is_a_film_for_pictures_with_hands_only(hand_recon, stand_in, picture, tmp_path, monkeypatch):
    monkeypatch.setattr("hand_recon_ros.render.turntable.turntable.__defaults__", (5, 64))
    done = hand_recon("image", picture("a.png"), picture("black.png", 0), "-o", tmp_path / "out", "--turntable")
    assert done.code == 0
    assert [path.name for path in (tmp_path / "out").glob("*.mp4")] == ["a_turntable.mp4"]
    with Video(tmp_path / "out" / "a_turntable.mp4") as film:
        assert [frame.rgb.shape for frame in film] == [(64, 64, 3)] * 5


def test_a_video_leaves_a_sheet_and_a_plot_on_request(hand_recon, stand_in, clip, tmp_path):
    assert hand_recon("video", clip, "-o", tmp_path / "out", "--sheet", "--plot").code == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["angles.png", "overlay.mp4", "results.jsonl", "sheet.png"]


@pytest.fixture
def plotted(monkeypatch):
    """The series that were plotted."""
    series = []
    monkeypatch.setattr(angle_plot, "save_angle_plot", lambda path, shown: series.append(shown))
    return series


def test_a_plot_of_results_shows_their_angles_and_gaps(hand_recon, stand_in, clip, tmp_path, plotted):
    assert hand_recon("video", clip, "-o", tmp_path / "out").code == 0
    results = tmp_path / "out" / "results.jsonl"
    records = list(read_results(results))
    for number in (4, 5, 6):
        records[number]["hands"] = [hand for hand in records[number]["hands"] if hand["side"] == "left"]
    results.write_text("".join(json.dumps(record) + "\n" for record in records))
    assert hand_recon("plot", results, "-o", tmp_path / "angles.png").code == 0
    (series,) = plotted
    np.testing.assert_allclose(series.seconds, 0.08 * np.arange(20), atol=1e-6)
    assert np.flatnonzero(np.isnan(series.angles[Side.RIGHT]).any(axis=1)).tolist() == [4, 5, 6]
    assert not np.isnan(series.angles[Side.LEFT]).any()
    for hand in records[9]["hands"]:
        side = Side[hand["side"].upper()]
        expected = joint_angles(finger_bones(np.array(hand["joints"]), side))
        np.testing.assert_allclose(series.angles[side][9], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{}", "line 1 of"),
        ('{"stamp_ns": 1, "hands": [{"joints": [1, 2]}]}', "line 1 of"),
        ('{"stamp_ns": 1, "hands": 3}', "line 1 of"),
        ('{"stamp_ns": 1, "hands": []}', "none was found in 1 pictures"),
        ("[1]", "expected a JSON object in line 1"),
        ('{"stamp_ns": 0, "hands": []}\n{"stamp_ns": 0, "hands": []}', "photographs have no time"),
    ],
)
def test_what_is_no_results_over_time_is_one_sentence(hand_recon, tmp_path, line, sentence):
    (tmp_path / "results.jsonl").write_text(line + "\n")
    done = hand_recon("plot", tmp_path / "results.jsonl", "-o", tmp_path / "angles.png")
    assert done.code == 1 and sentence in done.err and done.err.count("\n") == 1
    assert not (tmp_path / "angles.png").exists()


@pytest.fixture
def live(tmp_path, two_hands):
    """A recording of six pictures, 0.1 s apart, as a live node leaves it; the right hand is lost in two of them."""
    with BagWriter(tmp_path / "live.mcap") as writer:
        writer.add_topic("/image", IMAGE)
        writer.add_topic("/hand_recon/hands", HAND_ARRAY)
        for number in range(6):
            stamp_ns = 10**9 + number * 10**8
            hands = two_hands.hands[1:] if number in (2, 3) else two_hands.hands
            frame = replace(two_hands, hands=hands, stamp_ns=stamp_ns)
            rgb = np.full((240, 320, 3), 40 * number, np.uint8)
            writer.write("/image", stamp_ns, encode_image(stamp_ns, "camera", rgb))
            writer.write("/hand_recon/hands", stamp_ns, encode_hand_array(frame, Delivery()))
    return tmp_path / "live.mcap"


def test_an_overlay_of_a_live_recording_shows_meshes_and_leaves_a_sheet(hand_recon, live, tmp_path):
    paths = {alpha: tmp_path / f"{alpha}.png" for alpha in (0, 1)}
    for alpha, path in paths.items():
        options = ("-o", tmp_path / "o.mp4", "--sheet", path, "--alpha", alpha, *BARE)
        done = hand_recon("overlay", live, *options)
        assert (done.code, done.out.split(";")[0]) == (0, "6 frames")
    bare, meshes = (cv2.imread(str(path)) for path in paths.values())
    (top, bottom), columns = np.array_split(bare, 2), 4
    shown = [int(np.median(part)) for row in (top, bottom) for part in np.array_split(row, columns, axis=1)]
    assert shown[:6] == [0, 40, 80, 120, 160, 200]
    assert (bare != meshes).any(axis=2).mean() > 0.02


def test_a_plot_of_a_recording_shows_the_angles_of_its_hands_and_gaps(hand_recon, live, tmp_path, plotted, two_hands):
    assert hand_recon("plot", live, "-o", tmp_path / "angles.png").code == 0
    (series,) = plotted
    np.testing.assert_allclose(series.seconds, 0.1 * np.arange(6))
    assert np.isnan(series.angles[Side.RIGHT]).all(axis=1).tolist() == [False, False, True, True, False, False]
    for hand in two_hands.hands:
        np.testing.assert_array_equal(series.angles[hand.side][5], joint_angles(finger_bones(hand.joints, hand.side)))


def test_a_recording_without_hands_cannot_be_plotted(hand_recon, tmp_path):
    done = hand_recon("plot", shared_file("examples", "two_hands.mcap"), "-o", tmp_path / "angles.png")
    assert done.code == 1 and "expected hands on one topic" in done.err and done.err.count("\n") == 1
