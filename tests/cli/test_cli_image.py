"""`hand-recon image`: what it writes, and how it answers to what is wrong."""

from __future__ import annotations

import json
import resource
from dataclasses import replace

import cv2
import pytest
import trimesh

from hand_recon_ros.pipeline import box_finder
from hand_recon_ros.results import read_results
from hand_recon_ros.types import Side

DEFAULTS = {"model": "default", "mano": None, "random_weights": False, "device": "auto", "max_hands": 4}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_each_picture_gets_an_overlay_meshes_and_a_line(hand_recon, stand_in, picture, tmp_path):
    first, black = picture("a.jpg"), picture("b.png", 0)
    done = hand_recon("image", first, black, "--out", tmp_path / "out" / "deep")
    assert (done.code, done.out.split(";")[0]) == (0, "2 hands in 2 pictures, 0 skipped")
    out = tmp_path / "out" / "deep"
    assert names(out) == ["a.glb", "a_overlay.png", "b_overlay.png", "results.jsonl"]
    assert cv2.imread(str(out / "a_overlay.png")).shape == (48, 64, 3)
    assert set(trimesh.load(out / "a.glb").graph.nodes_geometry) == {"right_7", "left_hand_1"}
    records = list(read_results(out / "results.jsonl"))
    assert [(record["source"], len(record["hands"])) for record in records] == [(str(first), 2), (str(black), 0)]
    assert stand_in.options == DEFAULTS


def test_options_reach_the_pipeline(hand_recon, stand_in, picture, tmp_path):
    options = ("--model", "landmarks_lite", "--device", "cpu", "--max-hands", 2, "--camera", "70,71,32,24")
    # The second picture is the first one's size doubled: so are its intrinsics.
    done = hand_recon("image", picture("a.png"), picture("b.png", width=128, height=96), "-o", tmp_path, *options)
    assert done.code == 0
    assert stand_in.options == DEFAULTS | {"model": "landmarks_lite", "device": "cpu", "max_hands": 2}
    first, second = (record["camera"] for record in read_results(tmp_path / "results.jsonl"))
    assert (first["fx"], first["cx"], second["fx"], second["cx"]) == (70, 32, 140, 64.5)


def test_a_folder_and_pictures_of_the_same_name(hand_recon, stand_in, picture, tmp_path):
    picture("a.png"), picture("a.jpg"), picture("other/a.png")
    assert hand_recon("image", tmp_path / "in", tmp_path / "in" / "other", "-o", tmp_path / "out").code == 0
    found = [name for name in names(tmp_path / "out") if name.endswith(".glb")]
    assert found == ["a.glb", "a_2.glb", "a_3.glb"]


def test_a_bad_picture_is_named_and_skipped(hand_recon, stand_in, picture, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    wide = picture("wide.png", width=128)
    done = hand_recon(
        "image", picture("a.png"), tmp_path / "bad.png", wide, picture("b.png"), "-o", tmp_path / "out", "--camera",
        "70,70,32,24",
    )  # fmt: skip
    assert done.code == 1
    assert "4 hands in 2 pictures, 2 skipped" in done.out
    complaints = [line for line in done.err.splitlines() if line.startswith("hand-recon: ")]
    assert len(complaints) == 2 and "bad.png" in complaints[0] and "wide.png" in complaints[1]
    assert len(list(read_results(tmp_path / "out" / "results.jsonl"))) == 2


def test_ctrl_c_keeps_what_is_finished(hand_recon, stand_in, picture, tmp_path):
    stand_in.stop_at = 2
    done = hand_recon("image", *(picture(f"{k}.png") for k in range(4)), "-o", tmp_path / "out")
    assert done.code == 130
    assert done.err.splitlines()[-1] == "hand-recon: interrupted; what was finished is kept"
    assert names(tmp_path / "out") == ["0.glb", "0_overlay.png", "1.glb", "1_overlay.png", "results.jsonl"]
    assert len(list(read_results(tmp_path / "out" / "results.jsonl"))) == 2


def test_a_disk_that_takes_no_more_is_one_sentence_and_leaves_whole_files(hand_recon, stand_in, picture, tmp_path):
    pictures = [picture("a.png"), picture("b.png")]
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # a mesh is larger
    try:
        done = hand_recon("image", *pictures, "-o", tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert done.code == 1
    assert "Traceback" not in done.err
    assert done.err.splitlines()[-1] == "hand-recon: File too large"
    assert names(tmp_path / "out") == ["a_overlay.png", "results.jsonl"]
    assert (tmp_path / "out" / "results.jsonl").read_bytes() == b""


@pytest.mark.parametrize(
    "arguments, problem",
    [
        ((), "Missing argument"),
        (("a.png", "--camera", "1,2,3"), "four numbers"),
        (("a.png", "--camera", "0,0,0,0"), "focal lengths"),
        (("a.png", "--camera", "9,9,9,9", "--camera-info", __file__), "not both"),
        (("a.png", "--camera-info", "none.yaml"), "does not exist"),
        (("a.png", "--camera-info", __file__), "is none; check the file"),
        (("a.png", "--max-hands", "0"), "max-hands"),
        (("a.png", "--nonsense"), "--nonsense"),
    ],
)
def test_wrong_usage_is_code_2_and_said_at_once(hand_recon, stand_in, tmp_path, arguments, problem):
    done = hand_recon("image", *arguments, "-o", tmp_path / "out")
    assert done.code == 2
    assert problem in " ".join(done.err.replace("│", "").split())
    assert not (tmp_path / "out").exists() and not stand_in.options


@pytest.mark.parametrize(
    "arguments, problem",
    [
        (("none.png",), "none.png does not exist"),
        ((".", "--model", "default"), "expected pictures"),
    ],
)
def test_nothing_to_do_is_code_1_and_one_sentence(hand_recon, stand_in, tmp_path, monkeypatch, arguments, problem):
    monkeypatch.chdir(tmp_path)
    done = hand_recon("image", *arguments, "-o", tmp_path / "out")
    assert done.code == 1
    assert problem in done.err and done.err.count("\n") == 1


def test_an_unknown_model_is_one_sentence(hand_recon, picture, tmp_path):
    done = hand_recon("image", picture("a.png"), "-o", tmp_path / "out", "--model", "best")
    assert done.code == 1
    assert "the model must be one of default, " in done.err and done.err.count("\n") == 1


def test_a_fit_writes_the_published_files_of_each_hand(hand_recon, stand_in, picture, tmp_path):
    options = ("--fit", "--depth", 0.5, "--camera", "70,70,32,24", "--model", "handoccnet", "--random-weights")
    done = hand_recon("image", picture("a.png"), "-o", tmp_path / "out", *options)
    assert done.code == 0 and stand_in.options == DEFAULTS | {"model": "handoccnet", "random_weights": True}
    endings = ("_2d_prediction.png", "_3dmesh.json", "_3dmesh.obj", "_projection.png")
    expected = [f"a_{hand}{ending}" for hand in ("left_hand_1", "right_7") for ending in endings]
    assert names(tmp_path / "out") == sorted(["a.glb", *expected, "a_overlay.png", "results.jsonl"])
    (record,) = read_results(tmp_path / "out" / "results.jsonl")
    for hand, name in zip(record["hands"], ("right_7", "left_hand_1"), strict=True):
        written = json.loads((tmp_path / "out" / f"a_{name}_3dmesh.json").read_text())
        assert {key: len(written[key]) for key in ("hand_scale", "hand_translation", "mano_pose", "mano_shape")} == {
            "hand_scale": 1,
            "hand_translation": 3,
            "mano_pose": 48,
            "mano_shape": 10,
        }
        # The hands stand where they are seen, so that the fit leaves them there: the wrist is at the model's rest.
        rest = stand_in.models[Side[hand["side"].upper()]].joints_template[0]
        assert written["hand_translation"] == pytest.approx(hand["joints"][0] - rest, abs=5e-3)
        assert written["camera"] == [70, 70, 32, 24]
        mesh = trimesh.load(tmp_path / "out" / f"a_{name}_3dmesh.obj", process=False)
        assert mesh.vertices.shape == (778, 3)


def test_one_hand_needs_no_name_in_its_files(hand_recon, stand_in, picture, tmp_path, monkeypatch):
    asked = []

    def pipeline(*arguments):
        asked.append(arguments)
        return lambda *a, **k: one_hand(stand_in(*a, **k))

    def one_hand(frame):
        return replace(frame, hands=frame.hands[1:])

    monkeypatch.setattr(box_finder, "box_pipeline", pipeline)
    path = picture("a.png", width=320, height=240)
    options = ("--box", "10,20,100,120", "--left", "--model", "handoccnet", "--device", "cpu")
    done = hand_recon("image", path, "-o", tmp_path / "out", *options)
    assert done.code == 0
    assert asked == [("handoccnet", (10.0, 20.0, 100.0, 120.0), Side.LEFT, "cpu", None, False)]
    assert names(tmp_path / "out") == [
        "a.glb",
        "a.obj",
        "a_hand_bbox.png",
        "a_hand_image.png",
        "a_overlay.png",
        "results.jsonl",
    ]
    assert cv2.imread(str(tmp_path / "out" / "a_hand_image.png")).shape == (256, 256, 3)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--left",), "--left belongs to --box"),
        (("--depth", "0.5"), "--depth to --fit"),
        (("--box", "1,2,3"), "expected --box X,Y,WIDTH,HEIGHT in pixels"),
        (("--box", "1,2,3,nan"), "expected --box X,Y,WIDTH,HEIGHT in pixels"),
        (("--mano", "nowhere"), "nowhere"),
    ],
)
def test_options_that_do_not_go_together_are_refused(hand_recon, stand_in, picture, tmp_path, options, sentence):
    done = hand_recon("image", picture("a.png"), "-o", tmp_path / "out", *options)
    assert done.code == 2 and sentence in " ".join(done.err.replace("│", " ").split())
    assert not (tmp_path / "out").exists()


def test_a_network_without_parameters_cannot_be_fitted(hand_recon, stand_in, picture, tmp_path, two_hands):
    bare = replace(two_hands, hands=tuple(replace(hand, pose=None) for hand in two_hands.hands))
    stand_in.frame = bare
    done = hand_recon("image", picture("a.png"), "-o", tmp_path / "out", "--fit")
    assert done.code == 1 and "a fit needs a model that gives MANO's parameters" in done.err


@pytest.mark.parametrize("verb", ["image", "video"])
def test_without_a_checkpoint_the_sentence_says_how_to_import_one(
    hand_recon, picture, clip, tmp_path, monkeypatch, verb
):
    monkeypatch.setenv("HAND_RECON_MODELS", str(tmp_path / "models"))
    source = clip if verb == "video" else picture("a.png")
    done = hand_recon(verb, source, "-o", tmp_path / "out", "--model", "handoccnet", "--device", "cpu")
    assert done.code == 1 and done.err.count("\n") == 1
    assert "run `hand-recon models import handoccnet FILE`" in done.err
