"""The hands in a viser scene: meshes, skeletons, frames of the wrists, and the camera with its picture."""

from __future__ import annotations

import io
import math
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

import cv2
import numpy as np
import viser

from hand_recon_ros.render.export import hand_names
from hand_recon_ros.types import ByteImage, CameraModel, Hand, HandFrame
from hand_recon_ros.view3d.drawn_hand import AXES_M, LAYERS, DrawnHand
from hand_recon_ros.view3d.panel import panel_text

PICTURE_PX = 480
"""Longest side of the picture in the scene, so that a slow connection keeps up."""
PICTURE_M = 0.15
"""Distance of the picture from its camera."""
LINE_M = 0.001
RECENT = 30
START = {"position": (-0.25, -0.25, -0.15), "look_at": (0.02, 0.0, 0.4), "up": (0.0, -1.0, 0.0)}
"""Where a viewer stands at first: behind the camera, above and to the left of it. Its y axis points down."""
START_FOV = math.radians(50)


class HandScene:
    """Shows one frame after the other to all who look; for one thread.

    Attributes:
        server: viser's.
    """

    def __init__(self, server: viser.ViserServer):
        self.server = server
        self._hands: dict[str, DrawnHand] = {}
        self._camera: CameraModel | None = None
        self._frustum: viser.CameraFrustumHandle | None = None
        self._arrivals: deque[float] = deque(maxlen=RECENT)
        server.scene.set_up_direction("-y")
        server.initial_camera.position = np.array(START["position"])
        server.initial_camera.look_at = np.array(START["look_at"])
        server.initial_camera.fov = START_FOV
        server.initial_camera.up = np.array(START["up"])
        server.scene.add_frame("/camera", axes_length=AXES_M, axes_radius=AXES_M / 25)
        server.gui.configure_theme(show_share_button=False)
        self._panel = server.gui.add_markdown(panel_text(None, 0.0))
        for layer in LAYERS:
            self._add_switch(layer)

    def _add_switch(self, layer: str) -> None:
        """A box to hide a kind of things, for all who look."""
        parent = self.server.scene.add_frame(f"/{layer}", show_axes=False)
        box = self.server.gui.add_checkbox(layer, True)

        @box.on_update
        def _(event: viser.GuiEvent) -> None:
            parent.visible = box.value

    def show(self, picture: ByteImage | None, frame: HandFrame) -> None:
        """Replace what is shown."""
        self._arrivals.append(time.monotonic())
        names = hand_names(frame.hands)
        with self.server.atomic():
            for name in self._hands.keys() - set(names):
                self._hands.pop(name).remove()
            for name, hand in zip(names, frame.hands, strict=True):
                self._show_hand(name, hand)
            self._show_camera(picture, frame.camera)
        self._panel.content = panel_text(frame, self._rate_hz())

    def _show_hand(self, name: str, hand: Hand) -> None:
        drawn = self._hands.get(name)
        if drawn and drawn.fits(hand):
            drawn.move(hand)
            return
        if drawn:
            drawn.remove()
        self._hands[name] = DrawnHand(self.server.scene, name, hand)

    def _show_camera(self, picture: ByteImage | None, camera: CameraModel) -> None:
        if camera != self._camera:
            self._frustum, self._camera = draw_camera(self.server.scene, camera), camera
        if self._frustum and picture is not None:
            self._frustum.image = small(picture)

    def _rate_hz(self) -> float:
        span = self._arrivals[-1] - self._arrivals[0]
        return (len(self._arrivals) - 1) / span if span > 0 else 0.0


def draw_camera(scene: viser.SceneApi, camera: CameraModel) -> viser.CameraFrustumHandle:
    """The pyramid that a camera sees, up to where its picture is shown; the principal point is taken for central."""
    half = camera.height / 2 / camera.fy
    aspect = camera.width * camera.fy / (camera.height * camera.fx)
    # viser's scale is the cube root of a third of half the pyramid's width by half its height by its depth.
    scale = PICTURE_M * (half * half * aspect / 3) ** (1 / 3)
    return scene.add_camera_frustum(
        "/camera/picture",
        2 * math.atan(half),
        aspect,
        scale=scale,
        thickness=LINE_M,
        format="jpeg",
        jpeg_quality=75,
    )


def small(picture: ByteImage, longest: int = PICTURE_PX) -> ByteImage:
    """The picture (H, W, 3), at most `longest` pixels wide and high."""
    height, width = picture.shape[:2]
    shrink = longest / max(height, width)
    if shrink >= 1:
        return picture
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


@contextmanager
def serving(host: str, port: int) -> Iterator[HandScene]:
    """A scene that is served while the context lasts.

    Raises:
        OSError: somebody else took the port.
    """
    with redirect_stdout(io.StringIO()):  # viser greets even then, and says goodbye
        server = viser.ViserServer(host, port, label="hand_recon_ros", verbose=False)
    try:
        if server.get_port() != port:  # viser goes on to the next free one
            raise OSError(f"expected to serve on {host}:{port}, which is in use; name another --port")
        yield HandScene(server)
    finally:
        with redirect_stdout(io.StringIO()):
            server.stop()
