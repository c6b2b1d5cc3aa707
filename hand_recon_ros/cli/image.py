"""`hand-recon image`: hands in picture files."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hand_recon_ros.cli.answers import FAILED, complain
from hand_recon_ros.cli.options import (
    Camera,
    CameraInfo,
    Device,
    Mano,
    MaxHands,
    Model,
    Out,
    RandomWeights,
    camera_of,
    parse_box,
)

if TYPE_CHECKING:
    from hand_recon_ros.pipeline import HandPipeline
    from hand_recon_ros.types import ByteImage, CameraModel, HandFrame


def image(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Picture files, or folders of them.")],
    out: Out,
    camera: Camera = None,
    camera_info: CameraInfo = None,
    model: Model = "default",
    mano: Mano = None,
    random_weights: RandomWeights = False,
    device: Device = "auto",
    max_hands: MaxHands = 4,
    box: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y,WIDTH,HEIGHT", help="Tight box around the one hand of every picture, in place of a search."
        ),
    ] = None,
    left: Annotated[bool, typer.Option("--left", help="The hand in the box is a left one.")] = False,
    fit: Annotated[
        bool,
        typer.Option("--fit", help="Also place each hand as HandOccNet's demonstration does, and write its files."),
    ] = False,
    depth: Annotated[
        float | None,
        typer.Option(min=0.01, help="Metres at which the fit starts; without it, the start is estimated."),
    ] = None,
) -> None:
    """Find the hands in pictures: for each an overlay (PNG), the meshes (GLB), and a line of results.jsonl.

    With --box there are also the box and the crop (PNG) and the mesh (OBJ); with --fit, for each hand, its mesh before
    translation (OBJ), parameters and translation (JSON), seen joints and projected mesh (PNG). A picture that cannot be
    used is named and skipped, and the exit code is then 1.
    """
    from rich.progress import track

    from hand_recon_ros.cli.hand_files import save_box, save_fits, save_frame
    from hand_recon_ros.cli.progress import stderr
    from hand_recon_ros.results import ResultsWriter, frame_record
    from hand_recon_ros.sources.images import image_files, read_image

    find_camera = camera_of(camera, camera_info)
    known_box = parse_box(box) if box else None
    if (left and not box) or (depth and not fit):
        raise typer.BadParameter("--left belongs to --box, and --depth to --fit; give both or neither")
    files = image_files(paths)
    pipeline = _pipeline(model, mano, random_weights, device, max_hands, known_box, left)
    out.mkdir(parents=True, exist_ok=True)
    hands = skipped = 0
    with ResultsWriter(out / "results.jsonl") as results:
        for path, name in track(list(zip(files, _names(files), strict=True)), "Pictures", console=stderr()):
            try:
                picture = read_image(path)
                frame = _reconstructed(path, picture, pipeline, find_camera)
                if fit:
                    save_fits(out / name, picture, frame, pipeline.models, find_camera(picture), depth)
            except (ValueError, OSError) as error:
                complain(error)
                skipped += 1
                continue
            save_frame(out / name, picture, frame)
            if known_box:
                save_box(out / name, picture, frame, known_box, model)
            results.write(frame_record(frame, str(path)))
            hands += len(frame.hands)
    typer.echo(f"{hands} hands in {len(files) - skipped} pictures, {skipped} skipped; see {out / 'results.jsonl'}")
    if skipped:
        raise typer.Exit(FAILED)


def _pipeline(
    model: str,
    mano: Path | None,
    random_weights: bool,
    device: str,
    max_hands: int,
    box: tuple[float, float, float, float] | None,
    left: bool,
) -> HandPipeline:
    from hand_recon_ros.pipeline import HandPipeline
    from hand_recon_ros.pipeline.box_finder import box_pipeline
    from hand_recon_ros.types import Side

    if box is not None:
        return box_pipeline(model, box, Side.LEFT if left else Side.RIGHT, device, mano, random_weights)
    return HandPipeline.create(
        model=model, mano=mano, random_weights=random_weights, device=device, max_hands=max_hands
    )


def _reconstructed(
    path: Path, picture: ByteImage, pipeline: HandPipeline, find_camera: Callable[[ByteImage], CameraModel | None]
) -> HandFrame:
    try:
        return pipeline(picture, camera=find_camera(picture))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _names(files: Sequence[Path]) -> list[str]:
    """The files' stems, numbered where several have the same."""
    names: dict[str, None] = {}
    for file in files:
        numbered = (f"{file.stem}_{count}" for count in itertools.count(2))
        name = next(name for name in itertools.chain([file.stem], numbered) if name not in names)
        names[name] = None
    return list(names)
