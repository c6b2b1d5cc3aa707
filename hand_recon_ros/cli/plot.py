"""`hand-recon plot`: joint angles over time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

if TYPE_CHECKING:
    from hand_recon_ros.types import FloatArray, Side

    Row = tuple[int, Side, int, FloatArray]


def plot(
    source: Annotated[
        Path, typer.Argument(exists=True, help="Recording with hands, or results.jsonl of `hand-recon video`.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Figure to write: .png, .svg or .pdf.", dir_okay=False)
    ] = Path("angles.png"),
    hands_topic: Annotated[
        str | None, typer.Option(help="Needed when the recording has several nodes' results.")
    ] = None,
) -> None:
    """Plot the 21 joint angles of each side over time, in radians; lines break where the hand was not found."""
    plot_results(source, out, hands_topic)
    typer.echo(f"see {out}")


def plot_results(source: Path, out: Path, hands_topic: str | None = None) -> None:
    """Write the figure of a recording or a results.jsonl.

    Raises:
        ValueError: there are no results over time, or the figure's ending is none that can be written.
        OSError: a file cannot be read or written.
    """
    import numpy as np

    from hand_recon_ros.evaluation.angle_plot import save_angle_plot
    from hand_recon_ros.evaluation.angle_series import angle_series
    from hand_recon_ros.evaluation.hand_samples import hand_samples

    pictures = list(_lines(source) if source.suffix == ".jsonl" else _messages(source, hands_topic))
    stamps = np.array([picture.stamp_ns for picture in pictures], np.int64)
    if len(stamps) > 1 and len(set(stamps.tolist())) == 1:
        raise ValueError(f"expected results over time, all of {source} have one stamp; photographs have no time")
    save_angle_plot(out, angle_series(stamps, hand_samples(row for picture in pictures for row in picture.hands)))


class _Picture(NamedTuple):
    """A stamp, and rows for `hand_samples`."""

    stamp_ns: int
    hands: list[Row]


def _lines(path: Path) -> Iterator[_Picture]:
    from hand_recon_ros.results import read_results

    for number, record in enumerate(read_results(path), 1):
        try:
            stamp_ns = int(record["stamp_ns"])
            yield _Picture(stamp_ns, [_row(stamp_ns, hand) for hand in record["hands"]])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"expected results as `hand-recon video` writes them, line {number} of {path} is none"
            ) from error


def _row(stamp_ns: int, hand: dict[str, Any]) -> Row:
    import numpy as np

    from hand_recon_ros.types import JOINT_COUNT, Side

    joints = np.array(hand["joints"], np.float32).reshape(JOINT_COUNT, 3)  # null becomes NaN
    return stamp_ns, Side[hand["side"].upper()], int(hand["track_id"]), joints


def _messages(path: Path, hands_topic: str | None) -> Iterator[_Picture]:
    from hand_recon_ros.bus.bag_reader import open_bag
    from hand_recon_ros.bus.hand_decoder import decode_hand_array
    from hand_recon_ros.node.observation_reader import result_topic

    with open_bag(path) as bag:
        for message in bag.messages([result_topic(bag, hands_topic)]):
            frame = decode_hand_array(message.cdr, {})
            rows = [(frame.stamp_ns, hand.side, hand.track_id, hand.joints.copy()) for hand in frame.hands]
            yield _Picture(frame.stamp_ns, rows)
