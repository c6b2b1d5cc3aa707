"""report.html and report.json of a recording with results."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from hand_recon_ros.atomic import written_whole
from hand_recon_ros.evaluation.evaluate import TOLERANCE_S, Comparison, Evaluation, Observations, evaluate
from hand_recon_ros.evaluation.hand_samples import HandSamples
from hand_recon_ros.evaluation.highlights import highlights
from hand_recon_ros.evaluation.record import evaluation_record
from hand_recon_ros.node.observation_reader import read_observations
from hand_recon_ros.node.result_reader import read_results
from hand_recon_ros.render.overlay import draw_overlay
from hand_recon_ros.types import ByteImage

Record = dict[str, Any]
PICTURE_WIDTH, JPEG_QUALITY = 640, 85


@dataclass(frozen=True)
class Recorded:
    """A recording with results, and what is known of how they came about.

    Attributes:
        path: of the recording.
        image_topic, hands_topic: None where the recording has only one.
        facts: fields for the record, such as name of the recording and model.
    """

    path: Path
    image_topic: str | None
    hands_topic: str | None
    facts: Record


def write_report(
    recorded: Recorded, folder: Path, prefix: str, reference: HandSamples | None, tolerance_s: float = TOLERANCE_S
) -> Record:
    """Write `<prefix>report.html`, then `<prefix>report.json`, each whole or not at all; gives the latter's content.

    Args:
        recorded: what to report on.
        folder: for the files.
        prefix: of their names.
        reference: true hands, as `read_reference` gives them.
        tolerance_s: largest difference between the stamps of a picture and its reference.

    Raises:
        ValueError: the recording has no images or results, or cannot be read.
        OSError: the files cannot be written.
    """
    from hand_recon_ros.evaluation.report.page import report_page

    observed = read_observations(recorded.path, recorded.hands_topic, recorded.image_topic)
    evaluation = evaluate(observed, reference, tolerance_s)
    sentences = _notes(observed, evaluation.comparison, tolerance_s)
    record = {**recorded.facts, "notes": sentences, **evaluation_record(evaluation)}
    shown = [(caption, _jpeg(picture)) for caption, picture in _pictures(recorded, evaluation)]
    _write(folder / f"{prefix}report.html", report_page(evaluation, record, shown))
    _write(folder / f"{prefix}report.json", json.dumps(record, indent=1, allow_nan=False) + "\n")
    return record


def _write(path: Path, text: str) -> None:
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _notes(observed: Observations, comparison: Comparison | None, tolerance_s: float) -> list[str]:
    sentences = []
    if observed.image_stamps_ns[:1].tolist() == [0]:
        sentences.append("Some pictures have no stamp (0); results cannot be told apart by time there.")
    if comparison is not None and not comparison.overall.reference_hands:
        sentences.append(unmatched_reference(observed, comparison.reference, tolerance_s))
    return sentences


def unmatched_reference(observed: Observations, reference: HandSamples, tolerance_s: float) -> str:
    """The sentence for a reference that has no hand at the time of any picture."""
    if not len(reference):
        return "No reference hand was compared: the reference topics hold no whole hand."
    spans = [
        f"{stamps.min() / 1e9:.3f} to {stamps.max() / 1e9:.3f} s" if len(stamps) else "none"
        for stamps in (reference.stamps_ns, observed.image_stamps_ns)
    ]
    return (
        f"No reference hand was compared: expected stamps within {1e3 * tolerance_s:g} ms of those of the pictures, "
        f"the reference has {spans[0]} and the pictures have {spans[1]}; check the clocks, or give a larger tolerance."
    )


def _pictures(recorded: Recorded, evaluation: Evaluation) -> list[tuple[str, ByteImage]]:
    captions = highlights(evaluation)
    results = read_results(recorded.path, recorded.hands_topic, recorded.image_topic, frozenset(captions))
    return [(captions[frame.stamp_ns], draw_overlay(rgb, frame)) for rgb, frame in results] if captions else []


def _jpeg(rgb: ByteImage) -> bytes:
    height, width = rgb.shape[:2]
    if width > PICTURE_WIDTH:
        size = PICTURE_WIDTH, max(1, round(height * PICTURE_WIDTH / width))
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(rgb.dtype)
    _, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return data.tobytes()
