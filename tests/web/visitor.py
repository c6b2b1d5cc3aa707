"""Somebody with the page open, as far as the server can tell: what a browser sends, without the browser."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

API = "/gradio_api"
CHOICES = ("default", 4, "")


class Visitor:
    """One session with the page at an address."""

    def __init__(self, address: str):
        self.session = secrets.token_hex(6)
        self.http = httpx.Client(base_url=address, timeout=60)
        events = self.http.get("/config").json()["dependencies"]
        self._event = next(event["id"] for event in events if event["api_name"] == "reconstruct")

    @contextmanager
    def there(self) -> Iterator[Visitor]:
        """The page is open; leaving the context closes it."""
        with closing(self.http), self.http.stream("GET", f"{API}/heartbeat/{self.session}") as heartbeat:
            beats = heartbeat.iter_raw()  # what it reads from closes with it
            next(beats)
            yield self

    def upload(self, name: str, content: bytes) -> httpx.Response:
        """Send a file."""
        return self.http.post(f"{API}/upload", files={"files": (name, content)})

    def ask(self, name: str, content: bytes, choices: tuple[Any, ...] = CHOICES) -> None:
        """Have a picture reconstructed, without waiting for it."""
        (path,) = self.upload(name, content).raise_for_status().json()
        self.ask_of({"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}, choices)

    def ask_of(self, picture: dict[str, Any], choices: tuple[Any, ...] = CHOICES) -> None:
        """Have what the page calls a picture reconstructed."""
        body = {"data": [picture, *choices], "fn_index": self._event, "session_hash": self.session}
        self.http.post(f"{API}/queue/join", json=body).raise_for_status()

    def answer(self) -> dict[str, Any]:
        """What the page is told when the picture is done."""
        with self.http.stream("GET", f"{API}/queue/data", params={"session_hash": self.session}) as events:
            for line in events.iter_lines():
                event = json.loads(line.removeprefix("data: ") or "{}")
                if event.get("msg") == "process_completed":
                    return event
        raise AssertionError("the server said nothing")

    def shown(self, name: str, content: bytes, choices: tuple[Any, ...] = CHOICES) -> list[Any]:
        """What the page shows of a picture, in the order of its outputs."""
        self.ask(name, content, choices)
        answer = self.answer()
        assert answer["success"], answer
        return answer["output"]["data"]

    def fetch(self, file: dict[str, Any]) -> bytes:
        """A file that the page offers."""
        return self.http.get(f"{API}/file={file['path']}").raise_for_status().content


def names_in(folder: Path) -> set[str]:
    """Files of people in the folder of a server."""
    return {path.name for part in ("uploads", "results") for path in (folder / part).rglob("*") if path.is_file()}
