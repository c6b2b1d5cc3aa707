"""The pictures of docs/web.md: the page after a click on an example, and the view at the end of the bundled clip.

python -m tools.browser_figures [--out docs/images]      needs the extras web and dev, Chromium and its driver
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

WAIT_S = 120.0
FLAGS = ("--headless=new", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
MANY_COLOURS = 0.02
"""Share of coloured pixels of a viewer that shows hands."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    out = parser.parse_args().out
    with served("web") as address, browser(1280, 1130) as page:
        page.get(address)
        until(page, "#examples button, #examples .gallery-item").click()
        WebDriverWait(page, WAIT_S).until(lambda _: "hands in" in until(page, "#message").text)
        WebDriverWait(page, WAIT_S).until(lambda _: coloured(until(page, "#mesh canvas")))
        save(page, out / "web.png")
    with served("view") as address, browser(1100, 760) as page:
        page.get(address)
        WebDriverWait(page, WAIT_S).until(lambda _: "left_" in until(page, "body").text)
        WebDriverWait(page, WAIT_S).until(lambda _: coloured(until(page, "canvas")))
        # A browser without a screen draws without a GPU, of which viser warns.
        page.execute_script("document.querySelectorAll('[class*=Notifications-root]').forEach(box => box.remove())")
        save(page, out / "view.png")


@contextmanager
def served(verb: str) -> Iterator[str]:
    """A verb that serves browsers, on a free port; gives its address."""
    command = [sys.executable, "-m", "hand_recon_ros.cli", verb, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://\S+", line)
            if not found:
                raise RuntimeError(f"expected the address that `hand-recon {verb}` serves on, got {line!r}")
            yield found[0]
        finally:
            process.terminate()


@contextmanager
def browser(width: int, height: int) -> Iterator[Any]:
    """A browser without a screen."""
    program, driver_program = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver_program:
        raise SystemExit("expected a browser to photograph, found none: install Debian's chromium and chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--window-size={width},{height}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver_program))
    try:
        yield driver
    finally:
        driver.quit()


def until(page: Any, selector: str) -> Any:
    """The first element of a CSS selector, once it is there."""
    return WebDriverWait(page, WAIT_S).until(lambda _: next(iter(page.find_elements("css selector", selector)), None))


def coloured(element: Any) -> bool:
    """Whether much of an element is not grey."""
    picture = np.asarray(Image.open(BytesIO(element.screenshot_as_png)).convert("RGB")).astype(int)
    return float((np.ptp(picture, axis=2) > 40).mean()) > MANY_COLOURS


def save(page: Any, path: Path) -> None:
    """What the window shows, as a small PNG."""
    shot = Image.open(BytesIO(page.get_screenshot_as_png())).convert("RGB")
    shot.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
