"""`hand-recon-train synth`: rendered hands as WebDataset shards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hand_recon_train.cli.options import Mano, models_of

DRAWN = 48


def synth(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the shards.", file_okay=False)],
    count: Annotated[int, typer.Option(min=1, help="Samples.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same samples.")] = 0,
    size: Annotated[int, typer.Option(min=32, max=1024, help="Pixels of the square pictures.")] = 224,
    backgrounds: Annotated[
        Path | None, typer.Option(help="Folder of pictures to put behind the hands.", exists=True, file_okay=False)
    ] = None,
    mano: Mano = None,
    two_handed: Annotated[float, typer.Option(min=0, max=1, help="Share of pictures with a second hand.")] = 0.35,
    per_shard: Annotated[int, typer.Option(min=1, help="Samples a shard.")] = 1000,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render, or draw for a GPU.")] = 2,
    device: Annotated[
        str, typer.Option(help="Where pictures are rendered: cpu, cuda, or auto for whichever is there.")
    ] = "cpu",
    sheet: Annotated[
        Path | None, typer.Option(help="Also draw the first 48 samples with their truth (.png).", dir_okay=False)
    ] = None,
) -> None:
    """Render labelled hands. A run that was interrupted goes on where it was when started again the same way."""
    from hand_recon_ros.cli.progress import frame_progress
    from hand_recon_ros.runtime.device import choose_device
    from hand_recon_train.synthetic.backdrops import find_backgrounds
    from hand_recon_train.synthetic.plan import Plan
    from hand_recon_train.synthetic.renderer import Recipe
    from hand_recon_train.synthetic.shards import RenderedShards, write_shards

    chosen = "cuda" if choose_device(device) == "cuda" else None
    models = models_of(mano)
    pictures = find_backgrounds(backgrounds) if backgrounds else ()
    plan = Plan(Recipe(seed, size, pictures, models, two_handed), count, per_shard)
    with frame_progress("Samples") as progress:
        task = progress.add_task("", total=count)
        rendered = write_shards(plan, out, workers, lambda done: progress.advance(task, done), chosen)
    if sheet:
        from hand_recon_ros.hand_model import load_free_hand
        from hand_recon_ros.render.picture import save_png
        from hand_recon_ros.types import Side
        from hand_recon_train.datasets.sheet import draw_sheet

        written = RenderedShards(out)
        faces = models or {side: load_free_hand(side) for side in (Side.LEFT, Side.RIGHT)}
        save_png(sheet, draw_sheet([written[k] for k in range(min(DRAWN, count))], faces, columns=8))
    typer.echo(f"{count} samples in {plan.shards} shards in {out}, {rendered} of them rendered now")
