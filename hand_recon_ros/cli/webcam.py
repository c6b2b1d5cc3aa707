"""`hand-recon webcam`: hands before a camera of this computer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hand_recon_ros.cli.gathered import gathered
from hand_recon_ros.cli.options import Reconstruction, Smooth

if TYPE_CHECKING:
    from rich.table import Table

    from hand_recon_ros.types import Frame, HandFrame

FILM_FPS = 15.0
MAX_REPEATS = 30


@gathered
def webcam(
    index: Annotated[int, typer.Argument(min=0, help="Number of the camera, 0 for the first.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for overlay.mp4 and results.jsonl.", file_okay=False)
    ] = None,
    *,
    reconstruction: Reconstruction,
    smooth: Smooth = False,
) -> None:
    """Follow the hands before a webcam: a live table here, and with --out also files, until Ctrl-C.

    There is no window, because OpenCV comes without one in this package: overlay.mp4 has the picture.
    """
    from rich.live import Live

    from hand_recon_ros.cli.progress import stderr
    from hand_recon_ros.sources.video import webcam_frames

    find_camera = reconstruction.find_camera()
    pipeline = reconstruction.tracking_pipeline(smooth)
    with ExitStack() as stack:
        keep = _recording(out, stack) if out else None
        live = stack.enter_context(Live(console=stderr(), refresh_per_second=10))
        for shot in webcam_frames(index):
            frame = pipeline(shot.rgb, camera=find_camera(shot.rgb), stamp_ns=shot.stamp_ns)
            live.update(hand_table(frame))
            if keep:
                keep(shot, frame)
    raise ValueError(f"camera {index} stopped delivering pictures; check its cable")


def hand_table(frame: HandFrame) -> Table:
    """The hands of a frame as a table for the terminal."""
    from rich.table import Table

    table = Table("Side", "Track", "x, y, z of the wrist", "Score", title=f"{frame.timing.total_ms:.0f} ms a picture")
    for hand in frame.hands:
        place = ", ".join(f"{metres:+.3f}" for metres in hand.wrist.position.tolist())
        scale = hand.scale_source.name.lower()
        table.add_row(hand.side.name.lower(), str(hand.track_id), f"{place} m ({scale})", f"{hand.score:.0%}")
    return table


def _recording(out: Path, stack: ExitStack) -> Callable[[Frame, HandFrame], None]:
    """A function that appends a frame to the files in out, which close with the stack."""
    from hand_recon_ros.render.film import Film
    from hand_recon_ros.render.overlay import Style, draw_overlay
    from hand_recon_ros.results import ResultsWriter, frame_record

    out.mkdir(parents=True, exist_ok=True)
    results = stack.enter_context(ResultsWriter(out / "results.jsonl"))
    film = stack.enter_context(Film(out / "overlay.mp4", FILM_FPS))
    count, end_ns = 0, 0

    def keep(shot: Frame, frame: HandFrame) -> None:
        nonlocal count, end_ns
        results.write(frame_record(frame, f"webcam#{count}"))
        count += 1
        # A webcam delivers irregularly: pictures are repeated or left out so that the film keeps the clock's time.
        due = round((shot.stamp_ns - end_ns) * 1e-9 * FILM_FPS) if end_ns else 1
        if due > 0:
            picture = draw_overlay(shot.rgb, frame, Style(detail=1))
            for _ in range(min(due, MAX_REPEATS)):
                film.write(picture)
            end_ns = end_ns + round(due * 1e9 / FILM_FPS) if end_ns else shot.stamp_ns

    return keep
