"""Pages, plots, highlights and totals."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import MS, random_joints

from hand_recon_ros.evaluation.evaluate import Evaluation, Observations, evaluate
from hand_recon_ros.evaluation.hand_samples import hand_samples
from hand_recon_ros.evaluation.highlights import APART_NS, highlights
from hand_recon_ros.evaluation.record import evaluation_record
from hand_recon_ros.evaluation.report import figures
from hand_recon_ros.evaluation.report.html import escape, link, page, table
from hand_recon_ros.evaluation.totals import totals
from hand_recon_ros.types import Side

HAND = random_joints(1)[0]


def evaluation(count: int = 40, missing: tuple[int, ...] = (), worst: tuple[int, ...] = ()) -> Evaluation:
    """A right hand at ten pictures a second against itself, with large errors in some pictures and none in others."""
    stamps = np.arange(count, dtype=np.int64) * 100 * MS
    found = hand_samples(
        (int(stamps[k]), Side.RIGHT, 1, HAND + (0.1 if k in worst else 0.001)) for k in range(count) if k not in missing
    )
    truth = hand_samples((int(stamp), Side.RIGHT, 0, HAND) for stamp in stamps)
    return evaluate(Observations(stamps, stamps, np.full((count, 5), 3.0), found), truth)


def record(**which) -> dict:
    return {**evaluation_record(evaluation(**which)), "skipped": 0}


@given(st.text())
def test_escaped_text_is_text(text):
    element = ElementTree.fromstring(f'<a title="{escape(text)}">x</a>') if text.isprintable() else None
    assert element is None or element.get("title") == text
    assert not set(escape(text)) & set("<>\"'")


def test_a_table_marks_its_total_and_a_link_survives_odd_names():
    marked = table(["a"], [["1"], ["1"]], total=True)
    assert marked.count('class="total"') == 1 and marked.index("<td>1</td>") < marked.index('class="total"')
    assert link('a?"#/report.html', "<x>") == '<a href="a%3F%22%23/report.html">&lt;x&gt;</a>'
    assert "<title>&lt;t&gt;</title>" in page("<t>", "")


@pytest.mark.parametrize("count", [1, 2, 40])
def test_plots_are_svg_and_the_same_each_time(count):
    figures_of = evaluation(count)
    comparison = figures_of.comparison
    assert comparison is not None
    for draw in (
        lambda: figures.timeline(figures_of),
        lambda: figures.latency(figures_of.observations),
        lambda: figures.bone_spread(figures_of),
        lambda: figures.accuracy(figures_of, comparison),
        lambda: figures.joint_bars(comparison),
        lambda: figures.error_over_time(figures_of, comparison),
    ):
        svg = draw()
        assert ElementTree.fromstring(svg).tag.endswith("svg")
        assert draw() == svg


def test_highlights_show_the_worst_the_longest_gap_and_the_whole_time():
    shown = highlights(evaluation(40, missing=(20, 21, 22, 30), worst=(5, 6, 15)))
    assert list(shown) == sorted(shown)
    assert "largest errors: 173 mm" in shown[500 * MS] and "largest errors: 173 mm" in shown[1500 * MS]
    assert 600 * MS not in shown or "errors" not in shown[600 * MS]
    assert "in the longest gap of the right hand" in shown[2100 * MS]
    worst = [stamp for stamp, caption in shown.items() if "errors" in caption]
    assert np.diff(worst).min() >= APART_NS
    assert max(shown) - min(shown) > 2_500 * MS


def test_an_empty_recording_has_no_highlights():
    nothing = np.empty(0, np.int64)
    assert highlights(evaluate(Observations(nothing, nothing, np.empty((0, 5)), hand_samples([])))) == {}


def test_totals_of_one_recording_are_its_figures():
    one = record(missing=(3,), worst=(7,))
    total = totals([one])
    for name in ("camera", "root", "procrustes"):
        for value in ("mpjpe_mm", "auc_0_50_mm", "per_joint_mm"):
            assert total["reference"]["all"][name][value] == one["reference"]["all"][name][value]
    for value in ("detection_share", "drop_outs", "longest_gap_s", "jitter_at_rest_mm", "hands", "bone_length_spread"):
        assert total["sides"]["right"][value] == one["sides"]["right"][value]


def test_totals_weigh_recordings_by_their_hands():
    total = totals([record(count=10), record(count=30, worst=tuple(range(30)))])
    assert total["reference"]["all"]["camera"]["mpjpe_mm"] == pytest.approx((10 * 1 + 30 * 100) / 40 * 3**0.5, abs=1e-3)
    assert total["images"] == 40
    without = {**record(count=5), "reference": None}
    assert totals([without])["reference"] is None
    assert totals([without, record(count=5)])["reference"]["all"]["matched"] == 5
    assert totals([])["images"] == 0
