"""`hand-recon report`: figures and pictures of a recording that holds a node's results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hand_recon_ros.cli.answers import FAILED, complain
from hand_recon_ros.cli.replay import Reference, Tolerance

if TYPE_CHECKING:
    from hand_recon_ros.node.recording_report import Recorded
    from hand_recon_ros.node.reference_topic import ReferenceTopic


def report(
    bag: Annotated[
        Path, typer.Argument(exists=True, help="Recording with images and hands, as a live node leaves it.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for report.html and report.json; if not given, beside the recording."),
    ] = None,
    image_topic: Annotated[str | None, typer.Option(help="Needed when the recording has several cameras.")] = None,
    hands_topic: Annotated[
        str | None, typer.Option(help="Needed when the recording has several nodes' results.")
    ] = None,
    reference: Reference = None,
    tolerance: Tolerance = 0.01,
) -> None:
    """Write the report that `hand-recon replay --report` writes, for results recorded live."""
    from hand_recon_ros.node.recording_report import write_report
    from hand_recon_ros.node.reference_topic import ReferenceTopic, read_reference

    topics = [ReferenceTopic.parse(text) for text in reference or ()]
    recorded = _recorded(bag, image_topic, hands_topic, topics)
    truth = read_reference(bag, topics, image_topic) if topics else None
    folder, prefix = (out, "") if out else (bag.parent, f"{bag.stem}.")
    folder.mkdir(parents=True, exist_ok=True)
    record = write_report(recorded, folder, prefix, truth, tolerance)
    for sentence in record["notes"]:
        complain(sentence)
    typer.echo(f"{record['results']} results for {record['images']} images; see {folder / f'{prefix}report.html'}")
    if topics and not record["reference"]["all"]["reference_hands"]:
        raise typer.Exit(FAILED)


def _recorded(bag: Path, image_topic: str | None, hands_topic: str | None, topics: list[ReferenceTopic]) -> Recorded:
    from hand_recon_ros.bus.bag_reader import open_bag
    from hand_recon_ros.node.image_topic import colour_image_topic
    from hand_recon_ros.node.observation_reader import result_topic
    from hand_recon_ros.node.recording_report import Recorded

    names = [topic.name for topic in topics]
    with open_bag(bag) as opened:
        images = colour_image_topic(opened, image_topic).name
        hands = result_topic(opened, hands_topic, names).name
    facts = {"recording": bag.name, "result": bag.name, "image_topic": images, "model": None, "reference_topics": names}
    return Recorded(bag, images, hands, facts)
