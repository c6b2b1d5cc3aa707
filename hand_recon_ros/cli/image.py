"""`hand-recon image`: hands in picture files."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hand_recon_ros.cli.answers import FAILED, complain
from hand_recon_ros.cli.options import Camera, CameraInfo, Device, MaxHands, Model, Out, camera_of

if TYPE_CHECKING:
    from hand_recon_ros.pipeline import HandPipeline
    from hand_recon_ros.types import ByteImage, CameraModel, HandFrame


def image(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Picture files, or folders of them.")],
    out: Out,
    camera: Camera = None,
    camera_info: CameraInfo = None,
    model: Model = "default",
    device: Device = "auto",
    max_hands: MaxHands = 4,
) -> None:
    """Find the hands in pictures: for each an overlay (PNG), the meshes (GLB), and a line of results.jsonl.

    A picture that cannot be used is named and skipped, and the exit code is then 1.
    """
    from rich.progress import track

    from hand_recon_ros.cli.progress import stderr
    from hand_recon_ros.pipeline import HandPipeline
    from hand_recon_ros.results import ResultsWriter, frame_record
    from hand_recon_ros.sources.images import image_files, read_image

    find_camera = camera_of(camera, camera_info)
    files = image_files(paths)
    pipeline = HandPipeline.create(model=model, device=device, max_hands=max_hands)
    out.mkdir(parents=True, exist_ok=True)
    hands = skipped = 0
    with ResultsWriter(out / "results.jsonl") as results:
        for path, name in track(list(zip(files, _names(files), strict=True)), "Pictures", console=stderr()):
            try:
                picture = read_image(path)
                frame = _reconstructed(path, picture, pipeline, find_camera)
            except (ValueError, OSError) as error:
                complain(error)
                skipped += 1
                continue
            _save(out / name, picture, frame)
            results.write(frame_record(frame, str(path)))
            hands += len(frame.hands)
    typer.echo(f"{hands} hands in {len(files) - skipped} pictures, {skipped} skipped; see {out / 'results.jsonl'}")
    if skipped:
        raise typer.Exit(FAILED)


def _reconstructed(
    path: Path, picture: ByteImage, pipeline: HandPipeline, find_camera: Callable[[ByteImage], CameraModel | None]
) -> HandFrame:
    try:
        return pipeline(picture, camera=find_camera(picture))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _save(path: Path, picture: ByteImage, frame: HandFrame) -> None:
    """Write PATH_overlay.png, and PATH.glb when there are hands."""
    from hand_recon_ros.render.export import save_glb
    from hand_recon_ros.render.overlay import draw_overlay
    from hand_recon_ros.render.picture import save_png

    save_png(path.with_name(f"{path.name}_overlay.png"), draw_overlay(picture, frame))
    if frame.hands:
        save_glb(path.with_name(f"{path.name}.glb"), frame)


def _names(files: Sequence[Path]) -> list[str]:
    """The files' stems, numbered where several have the same."""
    names: dict[str, None] = {}
    for file in files:
        numbered = (f"{file.stem}_{count}" for count in itertools.count(2))
        name = next(name for name in itertools.chain([file.stem], numbered) if name not in names)
        names[name] = None
    return list(names)
