"""The options of `hand-recon image` with which a research network runs as its published demonstration does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hand_recon_ros.cli.options import Reconstruction, parse_box

if TYPE_CHECKING:
    from hand_recon_ros.pipeline import HandPipeline
    from hand_recon_ros.types import ByteImage, CameraModel, HandFrame


@dataclass(frozen=True)
class Published:
    """A known box in place of a search, and HandOccNet's fit of the translation."""

    box: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y,WIDTH,HEIGHT", help="Tight box around the one hand of every picture, in place of a search."
        ),
    ] = None
    left: Annotated[bool, typer.Option("--left", help="The hand in the box is a left one.")] = False
    fit: Annotated[
        bool,
        typer.Option("--fit", help="Also place each hand as HandOccNet's demonstration does, and write its files."),
    ] = False
    depth: Annotated[
        float | None,
        typer.Option(min=0.01, help="Metres at which the fit starts; without it, the start is estimated."),
    ] = None

    def expect_consistent(self) -> None:
        """Say what cannot be.

        Raises:
            typer.BadParameter: a box of another form, or an option without the one it belongs to.
        """
        self.known_box()
        if (self.left and not self.box) or (self.depth and not self.fit):
            raise typer.BadParameter("--left belongs to --box, and --depth to --fit; give both or neither")

    def known_box(self) -> tuple[float, float, float, float] | None:
        """The box in pixels, if there is one."""
        return parse_box(self.box) if self.box else None

    def pipeline(self, found_by: Reconstruction) -> HandPipeline:
        """A pipeline that looks into the box, or else searches the whole picture."""
        from hand_recon_ros.pipeline.box_finder import box_pipeline
        from hand_recon_ros.types import Side

        box = self.known_box()
        if box is None:
            return found_by.pipeline()
        side = Side.LEFT if self.left else Side.RIGHT
        return box_pipeline(found_by.model, box, side, found_by.device, found_by.mano, found_by.random_weights)

    def save_box(self, stem: Path, rgb: ByteImage, frame: HandFrame, model: str) -> None:
        """Write the files of the box, if there is one."""
        from hand_recon_ros.cli.hand_files import save_box

        box = self.known_box()
        if box:
            save_box(stem, rgb, frame, box, model)

    def save_fits(
        self, stem: Path, rgb: ByteImage, frame: HandFrame, pipeline: HandPipeline, camera: CameraModel | None
    ) -> None:
        """Write the files of the fit, if it is asked for."""
        from hand_recon_ros.cli.hand_files import save_fits

        if self.fit:
            save_fits(stem, rgb, frame, pipeline.models, camera, self.depth)
