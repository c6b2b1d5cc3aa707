"""The plots of a report as SVG; no text of a recording enters a plot."""

from __future__ import annotations

import io
from collections.abc import Callable

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hand_recon_ros.evaluation.accuracy import ALIGNMENTS
from hand_recon_ros.evaluation.evaluate import SIDES, Comparison, Evaluation, Observations
from hand_recon_ros.evaluation.joint_error import AUC_LIMIT_M, joint_errors, pck
from hand_recon_ros.evaluation.latency import PERCENTILES, STAGES
from hand_recon_ros.evaluation.plot_style import STYLE
from hand_recon_ros.evaluation.record import bone_name
from hand_recon_ros.render.palette import SIDE_COLOURS
from hand_recon_ros.types import BONES, Joint, Side

WIDTH, DPI = 9.0, 100
MISSING = (0.93, 0.93, 0.93)
ALIGNMENT_COLOURS = dict(zip(ALIGNMENTS, ("#444444", "#2a7f62", "#8e44ad"), strict=True))
ALIGNMENT_NAMES = {"camera": "in the camera frame", "root": "from the wrist", "procrustes": "Procrustes-aligned"}
STAGE_COLOURS = ("#b8c4ce", "#7fa8c9", "#3f7cac", "#8fb8a8", "#444444")


def svg(height: float, *drawings: Callable[[Axes], None]) -> str:
    """SVG of drawings side by side, WIDTH x height inches."""
    with matplotlib.rc_context(STYLE):
        figure = Figure((WIDTH, height), DPI, layout="constrained")
        for number, draw in enumerate(drawings, start=1):
            draw(figure.add_subplot(1, len(drawings), number))
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def timeline(evaluation: Evaluation) -> str:
    """When each side was found."""
    return svg(1.5, lambda axes: _draw_timeline(axes, evaluation.observations))


def latency(observed: Observations) -> str:
    """Histogram of the total latency, and the percentiles of each stage."""
    return svg(
        2.6,
        lambda axes: _draw_latencies(axes, observed.latency_ms),
        lambda axes: _draw_stages(axes, observed.latency_ms),
    )


def bone_spread(evaluation: Evaluation) -> str:
    """Standard deviation over mean of each bone, for each side."""
    return svg(2.6, lambda axes: _draw_bones(axes, evaluation))


def accuracy(evaluation: Evaluation, comparison: Comparison) -> str:
    """Histogram of joint errors in the camera frame, and PCK curves of all alignments."""
    errors = _errors(evaluation, comparison)
    return svg(2.8, lambda axes: _draw_errors(axes, errors), lambda axes: _draw_pck(axes, errors))


def joint_bars(comparison: Comparison) -> str:
    """Mean error of each joint in every alignment."""
    return svg(2.8, lambda axes: _draw_joints(axes, comparison))


def error_over_time(evaluation: Evaluation, comparison: Comparison) -> str:
    """Mean joint error of each hand in the camera frame over the recording's time."""
    return svg(2.2, lambda axes: _draw_error_over_time(axes, evaluation, comparison))


def _seconds(stamps: npt.NDArray[np.int64], observed: Observations) -> npt.NDArray[np.float64]:
    return (stamps - observed.image_stamps_ns[0]) / 1e9


def _colour(side: Side) -> tuple[float, float, float]:
    red, green, blue = SIDE_COLOURS[side]
    return 0.85 * red, 0.85 * green, 0.85 * blue


def _draw_timeline(axes: Axes, observed: Observations) -> None:
    """Each picture fills the time up to the next one."""
    starts = _seconds(observed.image_stamps_ns, observed)
    edges = np.append(starts, starts[-1] + (np.median(np.diff(starts)) if len(starts) > 1 else 1))
    for row, side in enumerate(SIDES):
        seen = np.isin(observed.image_stamps_ns, observed.hands.of(side).stamps_ns)
        for wanted, colour in ((True, _colour(side)), (False, MISSING)):
            axes.broken_barh(
                _runs(edges, seen == wanted), (row - 0.38, 0.76), color=colour, linewidth=0, rasterized=True
            )
    axes.set_yticks(range(len(SIDES)), [side.name.lower() for side in SIDES])
    axes.set_xlim(edges[0], edges[-1])
    axes.set_xlabel("seconds")
    axes.grid(visible=False)


def _runs(edges: npt.NDArray[np.float64], chosen: npt.NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Start and width of each run of chosen intervals."""
    change = np.diff(np.concatenate([[0], chosen.astype(int), [0]]))
    starts, ends = edges[np.flatnonzero(change == 1)], edges[np.flatnonzero(change == -1)]
    return list(zip(starts.tolist(), (ends - starts).tolist(), strict=True))


def _draw_latencies(axes: Axes, latency_ms: npt.NDArray[np.floating]) -> None:
    total = latency_ms[:, STAGES.index("total")]
    top = float(np.percentile(total, 99.5)) * 1.1 if len(total) else 1.0
    axes.hist(total.clip(max=top), bins=40, range=(0, max(top, 1e-3)), color=STAGE_COLOURS[2])
    for percent, style in zip(PERCENTILES, ("-", "--", ":"), strict=True):
        if len(total):
            value = float(np.percentile(total, percent))
            axes.axvline(value, color="black", linestyle=style, linewidth=1, label=f"p{percent} {value:.1f} ms")
    if len(total):
        axes.legend(framealpha=1, edgecolor="none")  # hides the lines behind it
    axes.set_xlabel("total latency (ms); the last bar holds all that is longer")
    axes.set_ylabel("pictures")


def _draw_stages(axes: Axes, latency_ms: npt.NDArray[np.floating]) -> None:
    table = np.percentile(latency_ms, PERCENTILES, axis=0) if len(latency_ms) else np.zeros((3, len(STAGES)))
    places, width = np.arange(len(STAGES)), 0.8 / len(PERCENTILES)
    for k, (percent, shade) in enumerate(zip(PERCENTILES, (1.0, 0.6, 0.3), strict=True)):
        axes.bar(places + (k - 1) * width, table[k], width, color=STAGE_COLOURS[2], alpha=shade, label=f"p{percent}")
    axes.set_xticks(places, STAGES)
    axes.set_ylabel("ms")
    axes.legend(frameon=False)


def _draw_bones(axes: Axes, evaluation: Evaluation) -> None:
    places = np.arange(len(BONES))
    for k, side in enumerate(SIDES):
        spread = 100 * np.nan_to_num(evaluation.sides[side].bone_spread)
        axes.bar(places + (k - 0.5) * 0.4, spread, 0.4, color=_colour(side), label=side.name.lower())
    axes.set_xticks(
        places, [_words(bone_name(bone)) for bone in BONES], rotation=60, ha="right", rotation_mode="anchor"
    )
    axes.set_ylabel("spread (% of length)")
    axes.legend(frameon=False)


def _errors(evaluation: Evaluation, comparison: Comparison) -> dict[str, npt.NDArray[np.floating]]:
    found = evaluation.observations.hands.joints[comparison.matches.found]
    truth = comparison.reference.joints[comparison.matches.reference]
    return {name: measure(found, truth) for name, measure in ALIGNMENTS.items()}


def _draw_errors(axes: Axes, errors: dict[str, npt.NDArray[np.floating]]) -> None:
    mm = {name: 1e3 * values.ravel() for name, values in errors.items()}
    top = 1.1 * max(float(np.percentile(values, 99)) for values in mm.values())
    for name, values in mm.items():
        axes.hist(
            values.clip(max=top),
            bins=50,
            range=(0, top),
            histtype="step",
            linewidth=1.4,
            color=ALIGNMENT_COLOURS[name],
            label=ALIGNMENT_NAMES[name],
        )
    axes.set_xlabel("joint error (mm); the last bar holds all that is larger")
    axes.set_ylabel("joints")
    axes.legend(frameon=False)


def _draw_pck(axes: Axes, errors: dict[str, npt.NDArray[np.floating]]) -> None:
    thresholds = np.linspace(0, AUC_LIMIT_M, 201)
    for name, values in errors.items():
        axes.plot(1e3 * thresholds, 100 * pck(values, thresholds), color=ALIGNMENT_COLOURS[name])
    axes.set_xlim(0, 1e3 * AUC_LIMIT_M)
    axes.set_ylim(0, 101)
    axes.set_xlabel("threshold (mm)")
    axes.set_ylabel("joints within it (%)")


def _draw_joints(axes: Axes, comparison: Comparison) -> None:
    places, width = np.arange(len(Joint)), 0.8 / len(ALIGNMENTS)
    for k, (name, summary) in enumerate(comparison.overall.errors.items()):
        axes.bar(
            places + (k - 1) * width,
            summary.per_joint_mm,
            width,
            color=ALIGNMENT_COLOURS[name],
            label=ALIGNMENT_NAMES[name],
        )
    labels = [_words(joint.name.lower()) for joint in Joint]
    axes.set_xticks(places, labels, rotation=60, ha="right", rotation_mode="anchor")
    axes.set_ylabel("mean error (mm)")
    axes.legend(frameon=False, ncols=len(ALIGNMENTS), loc="lower center", bbox_to_anchor=(0.5, 1))


def _draw_error_over_time(axes: Axes, evaluation: Evaluation, comparison: Comparison) -> None:
    hands, matches = evaluation.observations.hands, comparison.matches
    errors = joint_errors(hands.joints[matches.found], comparison.reference.joints[matches.reference])
    for side in SIDES:
        own = hands.sides[matches.found] == side
        seconds = _seconds(hands.stamps_ns[matches.found][own], evaluation.observations)
        axes.plot(
            seconds,
            1e3 * errors[own].mean(axis=1),
            ".",
            markersize=3,
            color=_colour(side),
            label=side.name.lower(),
            rasterized=True,
        )
    axes.set_ylim(bottom=0)
    axes.set_xlabel("seconds")
    axes.set_ylabel("MPJPE of the hand (mm)")
    axes.legend(frameon=False)


def _words(name: str) -> str:
    return name.replace("_", " ")
