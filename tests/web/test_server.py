"""The served page, asked as browsers ask: what it answers, keeps, refuses and forgets."""

from __future__ import annotations

import gc
import json
import os
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("gradio", reason="the page needs the extra `web`")
import httpx
from serving_page import Served, eventually, served
from visitor import API, Visitor, names_in

from hand_recon_ros.web.examples import write_examples
from hand_recon_ros.web.uploads import MAX_BYTES

# gradio leaves an event loop of its start unclosed.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

MESSAGE, OVERLAY, MESH, HANDS, JOINTS, GLB, OBJ, JSON = range(8)


@pytest.fixture(scope="module")
def page() -> Iterator[Served]:
    with served() as there:
        yield there


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_examples(tmp_path_factory.mktemp("examples"))[0].read_bytes()


def plain(shade: int) -> bytes:
    return cv2.imencode(".png", np.full((120, 160, 3), shade, np.uint8))[1].tobytes()


def test_a_picture_comes_back_with_all_there_is_of_it(page: Served, example: bytes) -> None:
    with Visitor(page.address).there() as ann:
        shown = ann.shown("mine.jpg", example)
        assert re.search(r"2 hands in \d+ ms", shown[MESSAGE])
        assert len(shown[HANDS]["data"]) == 2 and len(shown[JOINTS]["data"]) == 42
        record = json.loads(ann.fetch(shown[JSON]["value"]))
        assert record["source"] == "mine.jpg" and len(record["hands"]) == 2
        assert ann.fetch(shown[GLB]["value"])[:4] == b"glTF" and ann.fetch(shown[MESH]["value"])[:4] == b"glTF"
        assert ann.fetch(shown[OBJ]["value"]).count(b"\no ") == 2
        overlay = cv2.imdecode(np.frombuffer(ann.fetch(shown[OVERLAY]), np.uint8), cv2.IMREAD_COLOR)
        assert overlay.shape == (480, 640, 3)


def test_nothing_is_left_when_the_page_is_closed(page: Served, example: bytes) -> None:
    with Visitor(page.address).there() as ann:
        ann.shown("closing.jpg", example)
        assert {"closing.jpg", "closing.glb"} <= names_in(page.folder)
    assert eventually(lambda: not {"closing.jpg", "closing.glb"} & names_in(page.folder))


def test_a_page_closed_in_the_middle_leaves_nothing_and_the_next_is_served(page: Served, example: bytes) -> None:
    with Visitor(page.address).there() as ann:
        ann.ask("left.jpg", example)
    assert eventually(lambda: not {"left.jpg", "left.glb"} & names_in(page.folder))
    with Visitor(page.address).there() as bob:
        assert "2 hands" in bob.shown("next.jpg", example)[MESSAGE]


def test_two_people_at_once_get_their_own(page: Served, example: bytes) -> None:
    together = threading.Barrier(4)

    def visit(picture: tuple[str, bytes]) -> tuple[str, int]:
        with Visitor(page.address).there() as person:
            together.wait()
            record = json.loads(person.fetch(person.shown(*picture)[JSON]["value"]))
            return record["source"], len(record["hands"])

    pictures = [("ann.jpg", example), ("bob.png", plain(90)), ("cleo.jpg", example), ("dan.png", plain(160))]
    with ThreadPoolExecutor(4) as people:
        assert list(people.map(visit, pictures)) == [("ann.jpg", 2), ("bob.png", 0), ("cleo.jpg", 2), ("dan.png", 0)]


@pytest.mark.parametrize(
    ("name", "content", "choices", "said"),
    [
        ("notes.png", b"words", ("default", 4, ""), "expected a picture, notes.png cannot be read"),
        ("mine.png", plain(50), ("default", 4, "1,2"), "expected intrinsics as four numbers"),
        ("<b>.png", b"words", ("default", 4, ""), "expected a picture"),
    ],
)
def test_what_cannot_be_is_said_on_the_page(
    page: Served, name: str, content: bytes, choices: tuple[str, int, str], said: str
) -> None:
    with Visitor(page.address).there() as ann:
        shown = ann.shown(name, content, choices)
        assert said in shown[MESSAGE] and 'role="alert"' in shown[MESSAGE]
        assert "<b>" not in shown[MESSAGE] and str(page.folder) not in shown[MESSAGE]
        assert shown[OVERLAY] is None and not shown[JSON].get("value")


def test_a_model_that_is_not_offered_is_refused(page: Served) -> None:
    with Visitor(page.address).there() as ann:
        ann.ask("mine.png", plain(50), ("youtubehand", 4, ""))
        assert not ann.answer()["success"]


def test_a_file_over_the_limit_is_refused(page: Served) -> None:
    with Visitor(page.address).there() as ann:
        assert ann.upload("big.png", bytes(MAX_BYTES + 1)).status_code == 413
        with suppress(httpx.TransportError):  # the server hangs up while it is being sent
            assert ann.upload("bigger.png", bytes(MAX_BYTES + 2_000_000)).status_code == 413
    assert not {"big.png", "bigger.png"} & names_in(page.folder)


@pytest.mark.parametrize("place", ["http://192.0.2.1/hand.png", "/etc/passwd", "data:image/png;base64,AAAA"])
def test_nothing_is_read_from_elsewhere(page: Served, place: str) -> None:
    with Visitor(page.address).there() as ann:
        ann.ask_of({"path": place, "url": place, "meta": {"_type": "gradio.FileData"}})
        assert not ann.answer()["success"]
        assert ann.http.get(f"{API}/file={place}").status_code == 403


def test_answers_allow_no_other_computer(page: Served) -> None:
    answer = httpx.get(page.address)
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "fonts.googleapis.com" not in answer.text


@pytest.mark.slow
def test_opening_and_closing_a_hundred_times_leaks_nothing(page: Served, example: bytes) -> None:
    def visit() -> None:
        with Visitor(page.address).there() as person:
            person.shown("again.jpg", example)

    def resources() -> tuple[int, int]:
        gc.collect()
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    for _ in range(10):  # threads and buffers that stay are made
        visit()
    files, threads = resources()
    for _ in range(100):
        visit()
    assert eventually(lambda: "again.jpg" not in names_in(page.folder))
    assert eventually(lambda: resources()[0] <= files + 4 and resources()[1] <= threads + 4)


def test_the_folder_goes_with_the_server(tmp_path: Path) -> None:
    with served() as there:
        assert (there.folder / "examples").is_dir()
    assert not there.folder.exists()
