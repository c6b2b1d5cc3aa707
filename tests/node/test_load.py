"""The pipeline that the node's parameters describe."""

from __future__ import annotations

from pathlib import Path

import pytest

from hand_recon_ros.node.load import check_model, load_pipeline
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.pipeline.recipes import DEFAULT


def test_the_default_model_is_checked_and_loaded() -> None:
    parameters = NodeParameters(device="cpu", threads=1)
    check_model(parameters)
    description = load_pipeline(parameters).description
    assert description["model"] == DEFAULT
    assert any("sha256" in value for value in description.values())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": "handoccnet"}, "hand-recon models import handoccnet"),
        ({"model": "nothing"}, "must be one of default"),
        ({"device": "cuda"}, "no CUDA device"),
    ],
)
def test_what_cannot_be_loaded_is_said_before_anything_is_loaded(
    values: dict[str, str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAND_RECON_MODELS", str(tmp_path))
    monkeypatch.setattr("hand_recon_ros.runtime.device.cuda_device_count", lambda: 0)
    with pytest.raises((ValueError, RuntimeError, OSError), match=message):
        check_model(NodeParameters(**values))


def test_mano_is_looked_for_in_the_folder_of_the_parameter(tmp_path: Path) -> None:
    with pytest.raises((ValueError, OSError), match=r"handoccnet|MANO"):
        check_model(NodeParameters(model="handoccnet", mano=str(tmp_path)))
