"""The measures of hand benchmarks as torchmetrics: batches in, one number out, over any number of processes.

Every state is a sum, so that processes add theirs. Lengths go in as metres and come out as millimetres.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

from hand_recon_ros.types import Joint
from hand_recon_train.metrics.geometry import (
    accelerations,
    distances,
    f_scores,
    from_root,
    root_and_scale_aligned,
    similarity_aligned,
)

AUC_LIMIT, AUC_STEPS = 0.05, 100
"""Metres, and thresholds from 0 to there, of the published curves."""


class Alignment(Enum):
    """What is taken out of a comparison before distances are measured."""

    NONE = "none"
    ROOT = "root"
    ROOT_AND_SCALE = "root and bone length"
    SIMILARITY = "rotation, scale and position"


def aligned(
    found: Tensor, truth: Tensor, known: Tensor, alignment: Alignment, root: int, end: int
) -> tuple[Tensor, Tensor]:
    """Found and true points (N, K, 3) as float64, ready to compare."""
    found, truth = found.double(), truth.double()
    if alignment == Alignment.ROOT:
        return from_root(found, root), from_root(truth, root)
    if alignment == Alignment.ROOT_AND_SCALE:
        return root_and_scale_aligned(found, truth, root, end), truth
    if alignment == Alignment.SIMILARITY:
        return similarity_aligned(found, truth, known), truth
    return found, truth


class _Mean(Metric):
    """Sum over a count, NaN while nothing was counted."""

    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(self, factor: float, shape: tuple[int, ...] = (), **settings: Any) -> None:
        super().__init__(**settings)
        self.factor = factor
        for name in ("total", "count"):
            self.add_state(name, torch.zeros(shape, dtype=torch.float64), dist_reduce_fx="sum")

    def add(self, values: Tensor, known: Tensor) -> None:
        """Count the known of values (N, ...)."""
        self.total += torch.where(known, values, 0).sum(0).reshape(-1, *self.total.shape).sum(0)
        self.count += known.sum(0).reshape(-1, *self.count.shape).sum(0)

    def compute(self) -> Tensor:
        """The mean."""
        return self.factor * self.total.sum() / self.count.sum()


class PositionError(_Mean):
    """Mean distance in mm of joints or vertices from their truth: MPJPE and MPVPE, by the alignment.

    Vertices have no root of their own: give them relative to it, or aligned by rotation, scale and position.
    """

    is_differentiable = True
    higher_is_better = False

    def __init__(
        self,
        alignment: Alignment = Alignment.NONE,
        root: int = Joint.WRIST,
        end: int = Joint.MIDDLE_MCP,
        points: int = 21,
        **settings: Any,
    ) -> None:
        """Measure after an alignment; root and end are the bone for those that need one."""
        super().__init__(1e3, (points,), **settings)
        self.alignment, self.root, self.end = alignment, root, end

    def update(self, found: Tensor, truth: Tensor, known: Tensor) -> None:
        """Take points (N, K, 3), of which known (N, K) count; where the alignment has a root, it must be known."""
        own, true = aligned(found, truth, known, self.alignment, self.root, self.end)
        if self.alignment in (Alignment.ROOT, Alignment.ROOT_AND_SCALE):
            known = known & known[:, self.root, None]
        self.add(distances(own, true), known)

    def per_point(self) -> Tensor:
        """Mean (K,) of each point in mm."""
        return self.factor * self.total / self.count


class PckAuc(Metric):
    """Area under the curve of joints within 0 to 50 mm, as FreiHAND's and SMHR's code take it, 0 to 1.

    Each joint has a curve at 100 thresholds, the trapezoids under it are summed, and the joints' mean is given.
    """

    full_state_update = False
    is_differentiable = False
    higher_is_better = True
    within: Tensor
    count: Tensor

    def __init__(
        self,
        alignment: Alignment = Alignment.NONE,
        root: int = Joint.WRIST,
        end: int = Joint.MIDDLE_MCP,
        points: int = 21,
        **settings: Any,
    ) -> None:
        """Measure after an alignment."""
        super().__init__(**settings)
        self.alignment, self.root, self.end = alignment, root, end
        self.add_state("within", torch.zeros(AUC_STEPS, points, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros(points, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, found: Tensor, truth: Tensor, known: Tensor) -> None:
        """Take points (N, K, 3), of which known (N, K) count."""
        own, true = aligned(found, truth, known, self.alignment, self.root, self.end)
        limits = torch.linspace(0, AUC_LIMIT, AUC_STEPS, dtype=torch.float64, device=own.device)
        near = distances(own, true) <= limits[:, None, None]
        self.within += (near & known).sum(1)
        self.count += known.sum(0)

    def compute(self) -> Tensor:
        """The mean over joints that were seen."""
        shares = self.within / self.count
        return (torch.trapezoid(shares, dim=0) / (AUC_STEPS - 1)).nanmean()


class FScore(_Mean):
    """F-score of surfaces at a threshold in mm, the mean over hands: F@5 and F@15."""

    is_differentiable = False
    higher_is_better = True

    def __init__(self, threshold_mm: float, alignment: Alignment = Alignment.SIMILARITY, **settings: Any) -> None:
        """Measure at a threshold, on vertices as they come or aligned on themselves by a similarity."""
        super().__init__(1.0, **settings)
        self.threshold, self.alignment = threshold_mm / 1e3, alignment

    def update(self, found: Tensor, truth: Tensor, known: Tensor) -> None:
        """Take vertices (N, V, 3) of hands, of which known (N,) count."""
        every = known[:, None].expand(found.shape[:2])
        own, true = aligned(found, truth, every, self.alignment, 0, 0)
        self.add(f_scores(own, true, self.threshold), known)


class RelativeRootError(_Mean):
    """MRRPE: mean error in mm of where the right hand's root is as seen from the left hand's (InterHand2.6M)."""

    is_differentiable = True
    higher_is_better = False

    def __init__(self, root: int = Joint.WRIST, **settings: Any) -> None:
        """Measure at a joint; InterHand2.6M has the wrist."""
        super().__init__(1e3, **settings)
        self.root = root

    def update(self, found: Tensor, truth: Tensor, known: Tensor) -> None:
        """Take joints (N, 2, 21, 3) of left and right hands, of which known (N,) pairs count."""
        own, true = (points[:, 1, self.root].double() - points[:, 0, self.root].double() for points in (found, truth))
        self.add(distances(own, true), known)


class Pck2d(_Mean):
    """Share of joints within a fraction of the hand's size in the picture: the longer side of its true box."""

    is_differentiable = False
    higher_is_better = True

    def __init__(self, fraction: float = 0.1, **settings: Any) -> None:
        """Measure at a fraction of the box."""
        super().__init__(1.0, **settings)
        self.fraction = fraction

    def update(self, found: Tensor, truth: Tensor, known: Tensor) -> None:
        """Take pixels (N, 21, 2), of which known (N, 21) count."""
        flags = known[..., None]
        low = torch.where(flags, truth, torch.inf).amin(1)
        high = torch.where(flags, truth, -torch.inf).amax(1)
        near = distances(found, truth) <= self.fraction * (high - low).amax(-1, keepdim=True)
        self.add(near.double(), known)


class AccelerationError(_Mean):
    """Mean error in m/s² of joints' accelerations, over pictures that follow each other."""

    is_differentiable = True
    higher_is_better = False

    def __init__(self, rate: float, **settings: Any) -> None:
        """Measure at a rate of pictures in Hz."""
        super().__init__(1.0, **settings)
        self.rate = rate

    def update(self, found: Tensor, truth: Tensor, known: Tensor) -> None:
        """Take one sequence of joints (T, K, 3); a step counts where the three pictures around it are known (T, K)."""
        if len(found) < 3:
            return
        own, true = (accelerations(points.double(), self.rate) for points in (found, truth))
        self.add(distances(own, true), known[2:] & known[1:-1] & known[:-2])
