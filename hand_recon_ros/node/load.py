"""The pipeline that the node's parameters describe."""

from __future__ import annotations

from pathlib import Path

from hand_recon_ros.node.hand_node import Pipeline
from hand_recon_ros.node.parameters import NodeParameters


def check_model(parameters: NodeParameters) -> None:
    """Check that a pipeline can be loaded, without loading it.

    Raises:
        ValueError: an unknown model, or weights that are missing or damaged.
        RuntimeError: the device is not there.
    """
    from hand_recon_ros.pipeline.recipes import check_model as check
    from hand_recon_ros.runtime.device import choose_device

    choose_device(parameters.device)
    check(parameters.model, _mano(parameters))


def load_pipeline(parameters: NodeParameters, tracking: bool = True) -> Pipeline:
    """Load the pipeline.

    Raises:
        ValueError: an unknown model, or weights that are missing or damaged.
        RuntimeError: the device is not there.
    """
    from hand_recon_ros.pipeline import HandRig, OneEuro

    return HandRig.create(
        model=parameters.model,
        device=parameters.device,
        tracking=tracking,
        max_hands=parameters.max_hands,
        min_score=parameters.min_score,
        smoothing=(
            OneEuro(parameters.smoothing_min_cutoff, parameters.smoothing_speed_gain) if parameters.smoothing else None
        ),
        fov_deg=parameters.fallback_fov_deg,
        threads=parameters.threads or None,
        mano=_mano(parameters),
    )


def _mano(parameters: NodeParameters) -> Path | None:
    return Path(parameters.mano) if parameters.mano else None
