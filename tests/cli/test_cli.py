"""What holds for every verb: help, version, answers; and `hand-recon models`."""

from __future__ import annotations

import subprocess
import sys

import pytest

import hand_recon_ros
from hand_recon_ros.cli import VERBS, app
from hand_recon_ros.cli.answers import answering
from hand_recon_ros.paths import shared_file
from hand_recon_ros.pipeline.recipes import RECIPES


@pytest.mark.parametrize("verb", [verb.__name__ for verb in VERBS])
def test_every_verb_has_help(hand_recon, verb):
    done = hand_recon(verb, "--help")
    assert done.code == 0 and f"hand-recon {verb}" in done.out


def test_version(hand_recon):
    assert hand_recon("--version") == (0, f"hand-recon {hand_recon_ros.__version__}\n", "")


def test_an_unknown_verb_is_wrong_usage(hand_recon):
    done = hand_recon("dance")
    assert done.code == 2 and "dance" in done.err


def test_help_loads_nothing_heavy():
    """Start-up time is what libraries take; those that take long must not be there."""
    check = (
        "import sys; from hand_recon_ros.cli import main; heavy = sys.argv[1:]; sys.argv = ['hand-recon', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted(set(heavy) & set(sys.modules)))"
    )
    heavy = ["torch", "cv2", "openvino", "onnxruntime", "trimesh", "rosbags", "cyclonedds", "PIL"]
    done = subprocess.run([sys.executable, "-c", check, *heavy], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.fixture
def failing(monkeypatch):
    """A function that makes `hand-recon models` raise an error."""

    def install(error):
        def models():
            raise error

        monkeypatch.setattr(app, "registered_commands", [])
        monkeypatch.setattr(app, "registered_groups", [])
        app.command()(answering(models))
        app.command(name="other")(lambda: None)

    return install


@pytest.mark.parametrize(
    "error, sentence",
    [
        (ValueError("expected this,\n got that"), "expected this, got that"),
        (OSError(28, "No space left on device", "a.png"), "No space left on device: a.png"),
        (RuntimeError("CUDA is not there"), "CUDA is not there"),
        (
            ModuleNotFoundError("No module named 'x'", name="x"),
            "expected the Python package x, it is not installed; see what docs/install.md says of it",
        ),
        (KeyError("x"), "unexpected KeyError: 'x'; --debug before the verb shows where"),
        (ValueError(), "unexpected ValueError: ; --debug before the verb shows where"),
    ],
)
def test_errors_are_one_sentence(hand_recon, failing, error, sentence):
    failing(error)
    assert hand_recon("models") == (1, "", f"hand-recon: {sentence}\n")


def test_tracebacks_are_shown_when_asked_for(hand_recon, failing, monkeypatch):
    failing(KeyError("x"))
    assert "Traceback" in hand_recon("--debug", "models").err
    monkeypatch.setenv("HAND_RECON_DEBUG", "1")
    assert "Traceback" in hand_recon("models").err


def test_ctrl_c_is_code_130(hand_recon, failing):
    failing(KeyboardInterrupt())
    assert hand_recon("models") == (130, "", "hand-recon: interrupted; what was finished is kept\n")


def test_models_lists_every_model_with_licence_and_integrity(hand_recon):
    done = hand_recon("models")
    assert done.code == 0
    for recipe in RECIPES:
        assert recipe.name in done.out
    assert "Apache-2.0" in done.out and "palm_detector: ok" in done.out and "MB" in done.out


@pytest.mark.parametrize(
    "damage, state", [(lambda path: path.write_bytes(b"changed"), "damaged"), (lambda path: path.unlink(), "missing")]
)
def test_models_says_what_is_wrong_with_weights(hand_recon, tmp_path, monkeypatch, damage, state):
    copy = tmp_path / "palm_detector.safetensors"
    copy.write_bytes(shared_file("models", copy.name).read_bytes())
    damage(copy)

    def elsewhere(folder, name):
        if name == copy.name and not copy.exists():
            raise FileNotFoundError(name)
        return copy if name == copy.name else shared_file(folder, name)

    monkeypatch.setattr("hand_recon_ros.paths.shared_file", elsewhere)
    done = hand_recon("models")
    assert done.code == 1
    assert f"palm_detector: {state}" in done.out and "hand_landmark_full: ok" in done.out
