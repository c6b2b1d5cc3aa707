"""`hand-recon-train evaluate` and `compare`: figures of a model on a data set, and of two side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hand_recon_train.cli.options import Mano, Root, Split, models_of

DEFAULT = "default"


def evaluate(
    model: Annotated[str, typer.Argument(help="A mesh network, a name of imported weights, or `default`.")],
    dataset: Annotated[str, typer.Argument(help="Name of a data set; a wrong one lists them.")],
    path: Root,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for figures and pictures.")] = Path("evaluation"),
    split: Split = None,
    count: Annotated[
        int | None, typer.Option(min=1, help="Samples, spread over the data set; all unless said.")
    ] = None,
    mano: Mano = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    submit: Annotated[Path | None, typer.Option(help="Also write a server's file (.json or .zip).")] = None,
    random_weights: Annotated[bool, typer.Option("--random-weights", help="To try a network without weights.")] = False,
) -> None:
    """Measure a model by the protocols of the benchmarks, and draw its errors and its 50 worst hands."""
    from hand_recon_ros.render.picture import save_png
    from hand_recon_train.datasets import SkippingDamaged, open_dataset
    from hand_recon_train.evaluation.charts import save_charts, sheet, tile
    from hand_recon_train.evaluation.finding import found_hands
    from hand_recon_train.evaluation.scores import Scorer, published_text
    from hand_recon_train.evaluation.submissions import Submission

    submission = Submission(dataset) if submit else None
    finder = _finder(model, mano, device, random_weights)
    opened = SkippingDamaged(open_dataset(dataset, path, split, models_of(mano)))
    scorer = Scorer()
    for number, sample, found in found_hands(finder, opened, count):
        scorer.add(number, sample, found)
        if submission:
            submission.add(number, sample, found)
    scores = scorer.scores(model, dataset)
    out.mkdir(parents=True, exist_ok=True)
    scores.save(out / "scores.json")
    save_charts(scores, out)
    worst = [opened[number] for number in scores.worst]
    if worst:
        save_png(out / "worst.png", sheet([tile(sample, finder([sample])[0]) for sample in worst]))
    if submission and submit:
        submission.save(submit)
    for name, value in scores.figures.items():
        if value == value:
            typer.echo(f"{name:24}{value:10.4f}")
    typer.echo(published_text(scores), nl=False)
    typer.echo(f"{scores.found} of {scores.hands} hands; {len(opened.damaged)} damaged samples skipped; {out}")


def compare(
    first: Annotated[Path, typer.Argument(help="scores.json of one evaluation.", exists=True, dir_okay=False)],
    second: Annotated[Path, typer.Argument(help="scores.json of another.", exists=True, dir_okay=False)],
) -> None:
    """Put the figures of two evaluations side by side."""
    from hand_recon_train.evaluation.scores import compared, load_scores

    one, other = load_scores(first), load_scores(second)
    if one.dataset != other.dataset:
        raise ValueError(f"expected two evaluations on one data set, got {one.dataset} and {other.dataset}")
    typer.echo(f"{one.dataset:24}{one.model:>16}{other.model:>16}{'difference':>12}")
    for name, a, b, difference in compared(one, other):
        typer.echo(f"{name:24}{a:16.4f}{b:16.4f}{difference:+12.4f}")


def _finder(model, mano, device, random_weights):  # type: ignore[no-untyped-def]
    from hand_recon_ros.pipeline import HandPipeline
    from hand_recon_train.evaluation.finding import NetworkFinder, PipelineFinder
    from hand_recon_train.training.module import hand_models

    if model == DEFAULT:
        return PipelineFinder(HandPipeline.create(DEFAULT, device, mano=mano))
    return NetworkFinder(model, *hand_models(mano), device, random_weights)
