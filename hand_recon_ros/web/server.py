"""Serves the page: to this computer unless told otherwise, and without asking anything of any other."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hand_recon_ros.web.examples import write_examples
from hand_recon_ros.web.sessions import SessionFiles
from hand_recon_ros.web.studio import Studio
from hand_recon_ros.web.uploads import MAX_BYTES

SILENT = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
}
"""Settings of gradio and of what comes with it, read when they are imported: nothing is reported or looked up."""
POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)
"""Content security policy: a browser asks nothing of other computers, whatever is in the page."""
MAX_BODY = MAX_BYTES + 1_000_000
CLOSING_S = 2

Asgi = Callable[[Any, Any, Any], Any]


class Guard:
    """Refuses bodies that announce more than MAX_BODY bytes, and adds POLICY to every answer."""

    def __init__(self, app: Asgi):
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif announced_bytes(scope["headers"]) > MAX_BODY:
            text = f"expected at most {MAX_BYTES} bytes".encode()
            headers = [(b"content-length", str(len(text)).encode()), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 413, "headers": headers})
            await send({"type": "http.response.body", "body": text})
        else:
            await self._app(scope, receive, lambda message: send(_with_policy(message)))


def announced_bytes(headers: list[tuple[bytes, bytes]]) -> int:
    """The Content-Length of a request, 0 without one."""
    length = dict(headers).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


def _with_policy(message: dict[str, Any]) -> dict[str, Any]:
    if message["type"] != "http.response.start":
        return message
    added = [(b"content-security-policy", POLICY.encode()), (b"referrer-policy", b"no-referrer")]
    return message | {"headers": [*message.get("headers", ()), *added]}


@contextmanager
def serving(studio: Studio, sock: socket.socket, model: str) -> Iterator[Path]:
    """Serve the page in a thread while the context lasts; yields the folder where all files of people are until then.

    Raises:
        OSError, ValueError: the example pictures cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="hand_recon_web_", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        os.environ.update(SILENT, GRADIO_TEMP_DIR=str(folder / "uploads"))
        server = _server(_app(studio, folder, model))
        thread = threading.Thread(target=server.run, args=([sock],), name="web", daemon=True)
        thread.start()
        try:
            yield folder
        finally:
            server.should_exit = True
            thread.join()


def _app(studio: Studio, folder: Path, model: str) -> Asgi:
    import gradio as gr
    from fastapi import FastAPI

    from hand_recon_ros.web.page import CAMERA_TROUBLE, build_page

    # Files in these folders are served from where they are; gradio would keep copies of others.
    gr.set_static_paths([folder / "results", folder / "examples"])
    sessions = SessionFiles(folder / "uploads", folder / "results")
    page = build_page(studio, sessions, write_examples(folder / "examples"), model)
    app = FastAPI(openapi_url=None)
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        max_file_size=MAX_BYTES,
        head=CAMERA_TROUBLE,
        theme=gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
    )
    return Guard(app)


def _server(app: Asgi) -> Any:
    import uvicorn

    return uvicorn.Server(
        uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=CLOSING_S, lifespan="on")
    )
