"""The verbs that serve browsers: what they answer where they cannot, and that Ctrl-C ends them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hand_recon_ros.cli.extras import need_extra
from hand_recon_ros.web.listening import listen


def test_a_missing_extra_is_a_sentence() -> None:
    with pytest.raises(ImportError, match=r"pip install 'hand_recon_ros\[web\]'"):
        need_extra("web", "a_package_that_is_not_there")


@pytest.mark.parametrize(("verb", "package"), [("web", "gradio"), ("view", "viser")])
def test_an_occupied_port_is_a_sentence(hand_recon, verb: str, package: str) -> None:
    pytest.importorskip(package, reason="the verb needs the extra `web`")
    with listen("127.0.0.1", 0) as taken:
        done = hand_recon(verb, "--port", taken.getsockname()[1])
    assert done.code == 1
    assert "expected to serve on 127.0.0.1" in done.err and "name another --port" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("no_such_file.mp4",), "no_such_file.mp4 does not exist"),
        (("99",), "expected a camera with index 99"),
        (("0", "--topic", "/hands"), "not both"),
        (("--image", "/image"), "not both"),
    ],
)
def test_a_view_of_nothing_is_a_sentence(hand_recon, arguments: tuple[str, ...], said: str) -> None:
    pytest.importorskip("viser", reason="the verb needs the extra `web`")
    done = hand_recon("view", "--port", "0", *arguments)
    assert done.code != 0
    assert said in " ".join(done.err.replace("│", " ").split())


def test_an_unknown_model_is_a_sentence(hand_recon) -> None:
    pytest.importorskip("gradio", reason="the verb needs the extra `web`")
    done = hand_recon("web", "--port", "0", "--model", "none")
    assert done.code == 1 and "the model must be one of" in done.err


@pytest.mark.slow
@pytest.mark.parametrize(("verb", "package"), [("web", "gradio"), ("view", "viser")])
def test_a_verb_serves_until_ctrl_c(verb: str, package: str, tmp_path: Path) -> None:
    pytest.importorskip(package, reason="the verb needs the extra `web`")
    command = [sys.executable, "-m", "hand_recon_ros.cli", verb, "--port", "0", "--device", "cpu"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    assert process.stdout
    assert "http://127.0.0.1:" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 0, complaints
    assert "Traceback" not in complaints
    assert not list(tmp_path.glob("hand_recon_web_*"))
