"""A real browser without a screen."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

WAIT_S = 60.0
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--window-size=1400,1300",
)


@contextmanager
def chromium(profile: Path, *flags: str) -> Iterator[Browser]:
    """A browser with an empty profile; skips the test where there is none."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="browser tests need selenium")
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip("browser tests need Debian's packages chromium and chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={profile / 'profile'}", *flags):
        options.add_argument(flag)
    downloads = {"download.default_directory": str(profile), "download.prompt_for_download": False}
    options.add_experimental_option("prefs", downloads)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield Browser(browser)
    finally:
        browser.quit()


class Browser:
    """What tests do with a browser."""

    def __init__(self, driver: Any):
        self.driver = driver

    def open(self, address: str) -> None:
        self.driver.get(address)

    def find(self, selector: str) -> Any:
        """The element of a CSS selector, once it is there."""
        return self.until(lambda: next(iter(self.driver.find_elements("css selector", selector)), None))

    def text(self, selector: str) -> str:
        return str(self.find(selector).text)

    def until(self, there: Callable[[], Any]) -> Any:
        """What `there` gives once it gives something; pages change under one's hands meanwhile."""
        from selenium.common.exceptions import StaleElementReferenceException
        from selenium.webdriver.support.ui import WebDriverWait

        waiting = WebDriverWait(self.driver, WAIT_S, 0.1, [StaleElementReferenceException])
        return waiting.until(lambda _: there())

    def read(self, selector: str, part: str) -> str:
        """The text of an element once it has a part."""

        def there() -> str | None:
            text = self.text(selector)
            return text if part in text else None

        return str(self.until(there))

    def picture(self, selector: str = "body") -> npt.NDArray[np.uint8]:
        """What an element looks like, (H, W, 3)."""
        png = self.find(selector).screenshot_as_png
        return np.asarray(Image.open(BytesIO(png)).convert("RGB"))

    def requests(self) -> list[str]:
        """Every address of the network that was asked for since the last call."""
        events = (json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance"))
        asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if not url.startswith(("data:", "blob:", "chrome:"))]


def coloured(picture: npt.NDArray[np.uint8]) -> float:
    """Share of the pixels that are not grey."""
    return float((np.ptp(picture.astype(int), axis=2) > 40).mean())
