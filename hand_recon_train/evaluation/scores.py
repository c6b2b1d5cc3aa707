"""All figures of one evaluation, and the texts that benchmarks print."""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from hand_recon_ros.atomic import written_whole
from hand_recon_ros.types import JOINT_COUNT, Joint, Side
from hand_recon_train.datasets import HandTruth, Sample
from hand_recon_train.evaluation.finding import FoundHand
from hand_recon_train.metrics import Alignment, FScore, Pck2d, PckAuc, PositionError, RelativeRootError
from hand_recon_train.metrics.geometry import similarity_aligned

VERTICES = 778
KNUCKLE = Joint.MIDDLE_MCP


@dataclass(frozen=True)
class Scores:
    """What an evaluation found.

    Attributes:
        model, dataset: names.
        hands: true hands whose joints are known. found: those that the model gave a hand for.
        figures: by name, millimetres where the name ends so; NaN where nothing was known to measure it.
        per_joint_mm: (21,) after alignment by rotation, scale and position.
        errors_mm: of each hand that was found, the same, mean over its joints.
        worst: numbers of the samples of the 50 largest of these, largest first.
    """

    model: str
    dataset: str
    hands: int
    found: int
    figures: dict[str, float]
    per_joint_mm: tuple[float, ...]
    errors_mm: tuple[float, ...]
    worst: tuple[int, ...]

    def save(self, file: Path) -> None:
        """Write as JSON, null for NaN."""
        with written_whole(file) as partial:
            partial.write_text(json.dumps(_without_nan(asdict(self)), indent=1), encoding="utf-8")


def load_scores(file: Path) -> Scores:
    """Read what Scores.save wrote.

    Raises:
        ValueError: another content.
        OSError: it cannot be read.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        content["figures"] = {k: math.nan if v is None else float(v) for k, v in content["figures"].items()}
        for name in ("per_joint_mm", "errors_mm", "worst"):
            content[name] = tuple(math.nan if v is None else v for v in content[name])
        return Scores(**content)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"expected figures that `evaluate` wrote in {file}, got something else ({error})") from error


class Scorer:
    """Takes hands one by one and keeps sums."""

    def __init__(self) -> None:
        self.joint_measures = {
            "mpjpe_root_mm": PositionError(Alignment.ROOT),
            "mpjpe_root_scale_mm": PositionError(Alignment.ROOT_AND_SCALE, root=KNUCKLE, end=Joint.WRIST),
            "pa_mpjpe_mm": PositionError(Alignment.SIMILARITY),
            "auc_root": PckAuc(Alignment.ROOT),
            "pa_auc": PckAuc(Alignment.SIMILARITY),
        }
        self.placed_measures = {"mpjpe_camera_mm": PositionError()}
        self.mesh_measures = {
            "mpvpe_root_mm": PositionError(points=VERTICES),
            "mpvpe_root_scale_mm": PositionError(points=VERTICES),
            "pa_mpvpe_mm": PositionError(Alignment.SIMILARITY, points=VERTICES),
            "pa_mesh_auc": PckAuc(Alignment.SIMILARITY, points=VERTICES),
        }
        self.f_scores = {"f_5": FScore(5), "f_15": FScore(15)}
        self.others = {"pck_2d": Pck2d(), "mrrpe_mm": RelativeRootError()}
        self.by_side = {
            (side, kind): PositionError(Alignment.ROOT_AND_SCALE, KNUCKLE, Joint.WRIST, points)
            if kind == "joint"
            else PositionError(points=points)
            for side in (Side.LEFT, Side.RIGHT)
            for kind, points in (("joint", JOINT_COUNT), ("vert", VERTICES))
        }
        self.hands, self.found = 0, 0
        self.errors: list[tuple[float, int]] = []

    def add(self, number: int, sample: Sample, found: list[FoundHand | None]) -> None:
        """Count a sample's hands."""
        pairs = [(hand, truth) for hand, truth in zip(found, sample.hands, strict=True) if truth.joints_known.any()]
        self.hands += len(pairs)
        for hand, truth in pairs:
            if hand is not None:
                self.found += 1
                self._add_hand(number, hand, truth)
        self._add_pair(found, sample)

    def _add_hand(self, number: int, hand: FoundHand, truth: HandTruth) -> None:
        own, true, known = _batch(hand.joints), _batch(truth.joints), torch.from_numpy(truth.joints_known)[None]
        for measure in self.joint_measures.values():
            measure.update(own, true, known)
        if hand.placed and truth.placed:
            self.placed_measures["mpjpe_camera_mm"].update(own, true, known)
        flags = torch.from_numpy(truth.joints_2d_known)[None]
        if flags.any():
            self.others["pck_2d"].update(_batch(hand.pixels), _batch(truth.joints_2d), flags)
        if truth.side in (Side.LEFT, Side.RIGHT):
            self.by_side[truth.side, "joint"].update(own, true, known)
        aligned = similarity_aligned(own, true, known)
        away = torch.linalg.vector_norm(aligned - true, dim=-1)[known]
        self.errors.append((1e3 * float(away.mean()), number))
        if (
            hand.vertices is not None
            and truth.vertices is not None
            and len(truth.vertices) == len(hand.vertices) == VERTICES
        ):
            self._add_mesh(hand, truth)

    def _add_mesh(self, hand: FoundHand, truth: HandTruth) -> None:
        assert hand.vertices is not None and truth.vertices is not None
        own, true = hand.vertices - hand.joints[0], truth.vertices - truth.joints[0]
        known = torch.ones(1, VERTICES, dtype=torch.bool)
        self.mesh_measures["mpvpe_root_mm"].update(_batch(own), _batch(true), known)
        lengths = (np.linalg.norm(joints[KNUCKLE] - joints[0]) for joints in (truth.joints, hand.joints))
        scale = next(lengths) / max(next(lengths), 1e-9)
        scaled = _batch(scale * (hand.vertices - hand.joints[KNUCKLE]))
        goal = _batch(truth.vertices - truth.joints[KNUCKLE])
        self.mesh_measures["mpvpe_root_scale_mm"].update(scaled, goal, known)
        if truth.side in (Side.LEFT, Side.RIGHT):
            self.by_side[truth.side, "vert"].update(scaled, goal, known)
        for name in ("pa_mpvpe_mm", "pa_mesh_auc"):
            self.mesh_measures[name].update(_batch(own), _batch(true), known)
        for score in self.f_scores.values():
            score.update(_batch(own), _batch(true), known[:, 0])

    def _add_pair(self, found: list[FoundHand | None], sample: Sample) -> None:
        by_side = {
            truth.side: (hand, truth)
            for hand, truth in zip(found, sample.hands, strict=True)
            if hand is not None and truth.joints_known[0]
        }
        if len(sample.hands) == 2 and {Side.LEFT, Side.RIGHT} <= by_side.keys():
            pair = [by_side[side] for side in (Side.LEFT, Side.RIGHT)]
            own, true = (np.stack(joints) for joints in zip(*((h.joints, t.joints) for h, t in pair), strict=True))
            self.others["mrrpe_mm"].update(_batch(own), _batch(true), torch.tensor([True]))

    def scores(self, model: str, dataset: str) -> Scores:
        """All figures."""
        groups = (self.placed_measures, self.joint_measures, self.mesh_measures, self.f_scores, self.others)
        figures = {name: _value(measure) for group in groups for name, measure in group.items()}
        for (side, kind), measure in self.by_side.items():
            figures[f"{kind}_{side.name.lower()}_mm"] = _value(measure)
        figures["recall"] = self.found / self.hands if self.hands else math.nan
        errors = tuple(error for error, _ in self.errors)
        worst = tuple(number for _, number in sorted(self.errors, reverse=True)[:50])
        pa = self.joint_measures["pa_mpjpe_mm"]
        assert isinstance(pa, PositionError)
        return Scores(model, dataset, self.hands, self.found, figures, tuple(pa.per_point().tolist()), errors, worst)


def published_text(scores: Scores) -> str:
    """What a data set's own evaluation prints, as far as it can be measured here; empty for the others."""
    f = scores.figures
    if scores.dataset.startswith("freihand"):
        return (
            f"Evaluation 3D KP ALIGNED results:\nauc={f['pa_auc']:.3f}, mean_kp3d_avg={f['pa_mpjpe_mm'] / 10:.2f} cm\n"
            f"Evaluation 3D MESH ALIGNED results:\nauc={f['pa_mesh_auc']:.3f}, "
            f"mean_kp3d_avg={f['pa_mpvpe_mm'] / 10:.2f} cm\n"
            f"F-scores\nF_aligned@5.0mm = {f['f_5']:.3f}\nF_aligned@15.0mm = {f['f_15']:.3f}\n"
        )
    if scores.dataset.startswith("interhand"):
        blocks = []
        for kind in ("joint", "vert"):
            left, right = f[f"{kind}_left_mm"], f[f"{kind}_right_mm"]
            blocks.append(
                f"{kind} mean error:\n    left: {left} mm\n    right: {right} mm\n    all: {(left + right) / 2} mm\n"
            )
        return "".join(blocks)
    if scores.dataset.startswith("dexycb"):
        return f"MPJPE : {f['mpjpe_root_mm']:.2f} mm\nPA MPJPE : {f['pa_mpjpe_mm']:.2f} mm\n"
    return ""


def compared(first: Scores, second: Scores) -> list[tuple[str, float, float, float]]:
    """Name, both figures and their difference, of what both have."""
    names = [name for name in first.figures if name in second.figures]
    rows = [(name, first.figures[name], second.figures[name]) for name in names]
    return [(name, a, b, b - a) for name, a, b in rows if not (math.isnan(a) or math.isnan(b))]


def _batch(points: np.ndarray) -> Tensor:
    return torch.from_numpy(np.asarray(points, np.float64))[None].nan_to_num(0)


def _value(measure: torch.nn.Module) -> float:
    with warnings.catch_warnings():  # nothing measured is NaN, and no news
        warnings.simplefilter("ignore", UserWarning)
        return float(measure.compute())  # type: ignore[operator]


def _without_nan(content: object) -> object:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, dict):
        return {key: _without_nan(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_without_nan(value) for value in content]
    return content
