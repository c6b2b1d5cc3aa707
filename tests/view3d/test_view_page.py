"""The 3D view in a real browser, and with many who look."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("viser", reason="the view needs the extra `web`")
from chromium import Browser, chromium, coloured
from serving_page import eventually
from websockets.sync.client import connect

from hand_recon_ros.types import ByteImage, HandFrame
from hand_recon_ros.view3d.scene import HandScene, serving, small
from hand_recon_ros.web.listening import address, free_port, listen

HOST = "127.0.0.1"
CLICK_LABEL = """
const label = [...document.querySelectorAll("label")].find(label => label.innerText.trim() == arguments[0]);
document.getElementById(label.htmlFor).click();
"""


@pytest.fixture
def scene() -> Iterator[HandScene]:
    with serving(HOST, free_port(HOST, 0)) as scene:
        yield scene


@pytest.fixture
def picture() -> ByteImage:
    return np.full((240, 320, 3), (40, 90, 200), np.uint8)


def place(scene: HandScene) -> str:
    return address(HOST, scene.server.get_port())


def names(scene: HandScene) -> set[str]:
    return {name for name in scene.server.scene._handle_from_node_name if name.count("/") == 2}


def canvas_colours(browser: Browser) -> float:
    return coloured(browser.picture("canvas"))


@pytest.mark.slow
def test_hands_and_picture_appear_move_and_go(
    scene: HandScene, two_hands: HandFrame, picture: ByteImage, tmp_path: Path
) -> None:
    with chromium(tmp_path) as browser:
        browser.open(place(scene))
        browser.read("body", "Waiting for the first picture")
        empty = canvas_colours(browser)
        scene.show(picture, two_hands)
        assert "right_7" in browser.read("body", "4.0 ms a picture")
        assert browser.until(lambda: canvas_colours(browser) > empty + 0.02)
        shown = browser.picture("canvas")
        scene.show(picture, replace(two_hands, hands=()))
        browser.read("body", "none in view")
        assert browser.until(lambda: (browser.picture("canvas") != shown).any(axis=2).mean() > 0.005)
        assert all(url.startswith((place(scene), place(scene).replace("http", "ws"))) for url in browser.requests())


@pytest.mark.slow
def test_somebody_who_comes_late_sees_what_others_see(
    scene: HandScene, two_hands: HandFrame, picture: ByteImage, tmp_path: Path
) -> None:
    scene.show(picture, two_hands)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with chromium(tmp_path / "a") as first, chromium(tmp_path / "b") as second:
        for browser in (first, second):
            browser.open(place(scene))
            browser.read("body", "left_hand_1")
            assert browser.until(lambda browser=browser: canvas_colours(browser) > 0.02)
        assert eventually(lambda: len(scene.server.get_clients()) == 2)
        first.driver.execute_script(CLICK_LABEL, "meshes")
        assert eventually(lambda: not scene.server.scene._handle_from_node_name["/meshes"].visible)


def test_what_is_in_the_scene_follows_the_hands(scene: HandScene, two_hands: HandFrame, picture: ByteImage) -> None:
    scene.show(None, two_hands)
    kinds = ("meshes", "skeletons", "wrists", "labels")
    assert names(scene) == {"/camera/picture"} | {f"/{k}/{n}" for k in kinds for n in ("right_7", "left_hand_1")}
    moved = replace(two_hands.hands[0], vertices=two_hands.hands[0].vertices + np.float32(0.1))
    before = scene.server.scene._handle_from_node_name["/meshes/right_7"]
    scene.show(picture, replace(two_hands, hands=(moved,)))
    after = scene.server.scene._handle_from_node_name["/meshes/right_7"]
    assert after is before  # moved, not drawn anew
    np.testing.assert_array_equal(after.vertices, moved.vertices)
    assert names(scene) == {"/camera/picture"} | {f"/{kind}/right_7" for kind in kinds}


def test_a_hand_without_a_mesh_has_a_skeleton(scene: HandScene, two_hands: HandFrame) -> None:
    bare = replace(two_hands.hands[0], vertices=np.empty((0, 3), np.float32))
    scene.show(None, replace(two_hands, hands=(bare,)))
    assert "/skeletons/right_7" in names(scene)
    scene.show(None, replace(two_hands, hands=two_hands.hands[:1]))
    assert len(scene.server.scene._handle_from_node_name["/meshes/right_7"].faces) == 1538


def test_a_taken_port_is_a_sentence() -> None:
    with listen(HOST, 0) as taken, pytest.raises(OSError, match="in use"), serving(HOST, taken.getsockname()[1]):
        pass


def test_looking_a_hundred_times_leaks_nothing(scene: HandScene, two_hands: HandFrame, picture: ByteImage) -> None:
    import viser

    scene.show(picture, two_hands)
    where = place(scene).replace("http", "ws")

    def look() -> None:
        with connect(where, subprotocols=[f"viser-v{viser.__version__}"], max_size=None) as viewer:
            assert viewer.recv()

    def resources() -> tuple[int, int]:
        gc.collect()
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    for _ in range(10):
        look()
    assert eventually(lambda: not scene.server.get_clients())
    files, threads = resources()
    for _ in range(100):
        look()
    assert eventually(lambda: not scene.server.get_clients())
    # viser keeps a pool of threads, which grows to its bound.
    assert eventually(lambda: resources()[0] <= files + 4 and resources()[1] <= threads + 32)


@pytest.mark.parametrize(("size", "sent"), [((1920, 1080), (480, 270)), ((3, 9000), (1, 480)), ((64, 48), (64, 48))])
def test_pictures_are_sent_small(size: tuple[int, int], sent: tuple[int, int]) -> None:
    assert small(np.zeros((size[1], size[0], 3), np.uint8)).shape == (sent[1], sent[0], 3)
