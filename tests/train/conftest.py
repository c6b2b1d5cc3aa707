"""Small runs of training."""

from __future__ import annotations

import pytest
import yaml
from layouts.freihand import write_freihand
from layouts.truth import scene


@pytest.fixture
def small_network(monkeypatch):
    """Name of a network that has very few weights here."""
    pytest.importorskip("lightning")
    import tiny

    tiny.install(monkeypatch.setitem)
    return tiny.NETWORK


@pytest.fixture(scope="session")
def freihand(tmp_path_factory):
    """Eight pictures with vertices, as FreiHAND stores them."""
    root = tmp_path_factory.mktemp("freihand")
    write_freihand(root, [scene(k) for k in range(8)])
    return root


@pytest.fixture
def config(tmp_path, freihand, small_network):
    """A function that writes a configuration with changes, and gives the arguments of `fit`."""

    def write(name="run", **changes):
        content = {
            "model": {"network": small_network, "schedule": {"rate": 1e-3}},
            "data": {
                "batch": 2,
                "workers": 0,
                "train": {"name": "freihand", "root": str(freihand), "count": 8},
                "augmentation": {"turn_deg": {"low": -30, "high": 30}, "gain": {"low": 0.8, "high": 1.2}},
            },
            "trainer": {
                "accelerator": "cpu",
                "max_epochs": 2,
                "enable_progress_bar": False,
                "enable_model_summary": False,
                "gradient_clip_val": 1.0,
            },
            "save_every": 3,
            "ema": 0.9,
        }
        for key, value in changes.items():
            place = content
            *path, last = key.split("__")
            for part in path:
                place = place.setdefault(part, {})
            place[last] = value
        file = tmp_path / f"{name}.yaml"
        file.write_text(yaml.safe_dump(content))
        return ["--config", str(file), "--out", str(tmp_path / name)]

    return write
