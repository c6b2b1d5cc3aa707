"""`hand-recon image`: hands in picture files."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hand_recon_ros.cli.answers import FAILED, complain
from hand_recon_ros.cli.gathered import gathered
from hand_recon_ros.cli.options import Drawing, FindCamera, Out, Reconstruction, Sheet
from hand_recon_ros.cli.published import Published

if TYPE_CHECKING:
    from hand_recon_ros.pipeline import HandPipeline
    from hand_recon_ros.render.overlay import Style
    from hand_recon_ros.types import ByteImage, HandFrame


@gathered
def image(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Picture files, or folders of them.")],
    out: Out,
    *,
    reconstruction: Reconstruction,
    published: Published,
    drawing: Drawing,
    sheet: Sheet = False,
    turntable: Annotated[
        bool, typer.Option("--turntable", help="Also film the meshes of each picture as they turn once (.mp4).")
    ] = False,
) -> None:
    """Find the hands in pictures: for each an overlay (PNG), the meshes (GLB), and a line of results.jsonl.

    With --box there are also the box and the crop (PNG) and the mesh (OBJ); with --fit, for each hand, its mesh before
    translation (OBJ), parameters and translation (JSON), seen joints and projected mesh (PNG). A picture that cannot be
    used is named and skipped, and the exit code is then 1.
    """
    from hand_recon_ros.sources.images import image_files

    find_camera = reconstruction.find_camera()
    published.expect_consistent()
    files = image_files(paths)
    pipeline = published.pipeline(reconstruction)
    out.mkdir(parents=True, exist_ok=True)
    counts = []
    with ExitStack() as stack:
        keep = _written(out, drawing.style(), len(files) if sheet else 0, turntable, stack)
        for picture in _found(files, out, pipeline, find_camera, published):
            published.save_box(out / picture.name, picture.rgb, picture.frame, reconstruction.model)
            keep(picture)
            counts.append(len(picture.frame.hands))
    skipped = len(files) - len(counts)
    typer.echo(f"{sum(counts)} hands in {len(counts)} pictures, {skipped} skipped; see {out / 'results.jsonl'}")
    if skipped:
        raise typer.Exit(FAILED)


class _Picture(NamedTuple):
    path: Path
    name: str
    rgb: ByteImage
    frame: HandFrame


def _found(
    files: Sequence[Path], out: Path, pipeline: HandPipeline, find_camera: FindCamera, published: Published
) -> Iterator[_Picture]:
    """Each picture with its hands; what is wrong with one is said, and the next one follows."""
    from rich.progress import track

    from hand_recon_ros.cli.progress import stderr
    from hand_recon_ros.sources.images import read_image

    for path, name in track(list(zip(files, _names(files), strict=True)), "Pictures", console=stderr()):
        try:
            rgb = read_image(path)
            frame = _reconstructed(path, rgb, pipeline, find_camera)
            published.save_fits(out / name, rgb, frame, pipeline, find_camera(rgb))
        except (ValueError, OSError) as error:
            complain(error)
            continue
        yield _Picture(path, name, rgb, frame)


def _written(out: Path, style: Style, on_sheet: int, turntable: bool, files: ExitStack) -> Callable[[_Picture], None]:
    """A function that writes the files of a picture into out; those of all pictures close with the stack."""
    from hand_recon_ros.cli.hand_files import save_frame, save_turntable
    from hand_recon_ros.render.sheet import OverlaySheet
    from hand_recon_ros.results import ResultsWriter, frame_record

    results = files.enter_context(ResultsWriter(out / "results.jsonl"))
    sheet = files.enter_context(OverlaySheet(out / "sheet.png", on_sheet, style)) if on_sheet else None

    def keep(picture: _Picture) -> None:
        path, name, rgb, frame = picture
        save_frame(out / name, rgb, frame, style)
        if turntable:
            save_turntable(out / name, frame)
        results.write(frame_record(frame, str(path)))
        if sheet:
            sheet.add(rgb, frame, path.name)

    return keep


def _reconstructed(path: Path, rgb: ByteImage, pipeline: HandPipeline, find_camera: FindCamera) -> HandFrame:
    try:
        return pipeline(rgb, camera=find_camera(rgb))
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
