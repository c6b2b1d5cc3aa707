"""Options that several verbs share, by themselves and in groups for `gathered`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hand_recon_ros.types import ByteImage, CameraModel

if TYPE_CHECKING:
    from hand_recon_ros.pipeline import HandPipeline
    from hand_recon_ros.render.overlay import Style

Out = Annotated[
    Path, typer.Option("--out", "-o", help="Folder for the results; made if it is not there.", file_okay=False)
]
Model = Annotated[str, typer.Option(help="Name of a model that `hand-recon models` lists.")]
Mano = Annotated[
    Path | None,
    typer.Option(
        help="Folder with your MANO_RIGHT.pkl, and MANO_LEFT.pkl if you have it, for mesh networks.",
        exists=True,
        file_okay=False,
    ),
]
RandomWeights = Annotated[
    bool, typer.Option("--random-weights", help="Run a mesh network without its weights, to test or time it.")
]
Device = Annotated[str, typer.Option(help="Where networks run: cpu, cuda, or auto for whichever is there.")]
Smooth = Annotated[bool, typer.Option("--smooth", help="Smooth each hand's motion with a one-euro filter.")]
MaxHands = Annotated[int, typer.Option(min=1, help="Most hands in a picture.")]
Camera = Annotated[
    str | None,
    typer.Option(
        metavar="FX,FY,CX,CY",
        help="Intrinsics in pixels of the first picture; later pictures of other sizes must be scaled versions. "
        "Without intrinsics a field of view is assumed, and distances are only as good as that.",
    ),
]
CameraInfo = Annotated[
    Path | None, typer.Option(help="Calibration file (YAML) of ROS's camera_calibration.", exists=True, dir_okay=False)
]
Sheet = Annotated[bool, typer.Option("--sheet", help="Also write a contact sheet of the overlays, with captions.")]
FindCamera = Callable[[ByteImage], CameraModel | None]


@dataclass(frozen=True)
class Reconstruction:
    """What finds the hands, and the camera that saw them."""

    camera: Camera = None
    camera_info: CameraInfo = None
    model: Model = "default"
    mano: Mano = None
    random_weights: RandomWeights = False
    device: Device = "auto"
    max_hands: MaxHands = 4

    def find_camera(self) -> FindCamera:
        """As `camera_of`."""
        return camera_of(self.camera, self.camera_info)

    def pipeline(self) -> HandPipeline:
        """A pipeline for pictures that have nothing to do with one another."""
        from hand_recon_ros.pipeline import HandPipeline

        return HandPipeline.create(
            model=self.model,
            mano=self.mano,
            random_weights=self.random_weights,
            device=self.device,
            max_hands=self.max_hands,
        )

    def tracking_pipeline(self, smooth: bool) -> HandPipeline:
        """A pipeline that follows hands from picture to picture."""
        from hand_recon_ros.pipeline import HandPipeline, OneEuro

        return HandPipeline.create(
            model=self.model,
            mano=self.mano,
            random_weights=self.random_weights,
            device=self.device,
            tracking=True,
            max_hands=self.max_hands,
            smoothing=OneEuro() if smooth else None,
        )


@dataclass(frozen=True)
class Drawing:
    """What overlays show."""

    alpha: Annotated[
        float, typer.Option(min=0, max=1, help="Opacity of the meshes: 0 leaves them away, 1 hides what is behind.")
    ] = 0.75
    no_skeleton: Annotated[bool, typer.Option("--no-skeleton", help="Draw no bones and joints.")] = False
    no_labels: Annotated[
        bool, typer.Option("--no-labels", help="Write no side, track, distance and score at the hands.")
    ] = False

    def style(self) -> Style:
        """The same for `draw_overlay`."""
        from hand_recon_ros.render.overlay import Style

        return Style(self.alpha, not self.no_skeleton, not self.no_labels)


def parse_box(box: str) -> tuple[float, float, float, float]:
    """The numbers of --box.

    Raises:
        typer.BadParameter: not four finite numbers.
    """
    try:
        x, y, width, height = (float(number) for number in box.split(","))
        if not all(map(math.isfinite, (x, y, width, height))):
            raise ValueError
    except ValueError as error:
        raise typer.BadParameter(f"expected --box X,Y,WIDTH,HEIGHT in pixels, got {box!r}") from error
    return x, y, width, height


def camera_of(camera: str | None, camera_info: Path | None) -> FindCamera:
    """A function from a picture to its camera, None where nothing is known, made of the two options.

    Raises:
        typer.BadParameter: both options, or one that makes no camera.
    """
    from hand_recon_ros.sources.cameras import load_camera_info, parse_camera

    if camera and camera_info:
        raise typer.BadParameter("give either --camera or --camera-info, not both")
    known: list[CameraModel] = []

    def of_picture(rgb: ByteImage) -> CameraModel | None:
        if camera and not known:
            known.append(parse_camera(camera, (rgb.shape[1], rgb.shape[0])))
        return known[0] if known else None

    try:
        if camera_info:
            known.append(load_camera_info(camera_info))
        elif camera:
            parse_camera(camera, (1 << 30, 1 << 30))  # says at once what can be wrong with the numbers alone
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return of_picture
