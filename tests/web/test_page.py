"""The page in a real browser: what a person sees and clicks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("gradio", reason="the page needs the extra `web`")
from chromium import Browser, chromium, coloured
from serving_page import Served, eventually, served
from visitor import names_in

from hand_recon_ros.web.examples import write_examples

pytestmark = [
    pytest.mark.slow,
    # gradio leaves an event loop of its start unclosed.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def page() -> Iterator[Served]:
    with served() as there:
        yield there


@pytest.fixture
def browser(page: Served, tmp_path: Path) -> Iterator[Browser]:
    with chromium(tmp_path) as browser:
        browser.open(page.address)
        yield browser


def send(browser: Browser, file: Path) -> None:
    browser.find("#picture input[type=file]").send_keys(str(file))


def test_a_picture_is_dropped_looked_at_and_downloaded(browser: Browser, page: Served, tmp_path: Path) -> None:
    send(browser, write_examples(tmp_path / "in")[0])
    assert "2 hands in" in browser.read("#message", "hands in")
    source = browser.find("#overlay img").get_attribute("src")
    assert source.startswith(page.address) and source.endswith("two_hands_1_overlay.png")
    browser.find("#mesh canvas")
    # An orange and a blue hand on white.
    assert browser.until(lambda: coloured(browser.picture("#mesh canvas")) > 0.15)
    assert "left_hand_0" in browser.text("#hands") and "thumb cmc" in browser.text("#joints")

    browser.find("#json").click()
    downloaded = tmp_path / "two_hands_1.json"
    assert eventually(downloaded.exists)
    record = json.loads(downloaded.read_text())
    assert {hand["side"] for hand in record["hands"]} == {"left", "right"}
    assert np.shape(record["hands"][0]["joints"]) == (21, 3)
    browser.find("#glb").click()
    assert eventually((tmp_path / "two_hands_1.glb").exists)
    assert all(url.startswith(page.address) for url in browser.requests())


def test_options_count_and_an_example_needs_one_click(browser: Browser) -> None:
    browser.find("#examples button, #examples .gallery-item").click()
    browser.read("#message", "2 hands in")
    browser.find(".label-wrap").click()
    browser.find("#camera textarea, #camera input").send_keys("560,560,319.5,239.5")
    browser.find("#reconstruct").click()
    assert "metric" in browser.read("#hands", "metric")


def test_wrong_files_are_said_on_the_page_and_the_next_one_works(browser: Browser, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    send(browser, broken)
    assert "broken.png" in browser.read("#message", "expected a picture")
    browser.find("#picture button[aria-label='Remove Image']").click()
    words = tmp_path / "words.txt"
    words.write_text("no picture")
    send(browser, words)
    browser.read("body", "Invalid file type: words.txt")
    plain = tmp_path / "plain.png"
    cv2.imwrite(str(plain), np.full((120, 160, 3), 90, np.uint8))
    send(browser, plain)
    browser.read("#message", "No hand found")


def test_a_browser_that_goes_leaves_nothing(page: Served, tmp_path: Path) -> None:
    file = write_examples(tmp_path)[0].rename(tmp_path / "going.jpg")
    with chromium(tmp_path) as browser:
        browser.open(page.address)
        send(browser, file)
        browser.read("#message", "2 hands")
        assert "going.glb" in names_in(page.folder)
    assert eventually(lambda: not {"going.jpg", "going.glb"} & names_in(page.folder))


def ask_for_webcam(browser: Browser) -> None:
    browser.find("#picture button[aria-label='Capture from camera']").click()
    browser.until(lambda: "Access Webcam" in browser.text("#picture"))
    buttons = browser.driver.find_elements("css selector", "#picture button")
    next(button for button in buttons if "Access Webcam" in button.text).click()


def test_without_a_camera_the_page_says_so(browser: Browser) -> None:
    ask_for_webcam(browser)
    browser.read("#message", "expected a camera")


def test_a_webcam_picture_is_reconstructed(page: Served, tmp_path: Path) -> None:
    with chromium(tmp_path, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream") as browser:
        browser.open(page.address)
        ask_for_webcam(browser)
        shutter = browser.find("#picture button[aria-label='capture photo']")
        playing = "return (document.querySelector('#picture video') || {}).readyState == 4"
        browser.until(lambda: browser.driver.execute_script(playing))
        shutter.click()
        browser.read("#message", "No hand found")  # the browser's own test picture
