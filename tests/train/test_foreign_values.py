"""Whatever stands in an annotation: a sample, or a sentence that names the file. Nothing else comes out."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from layouts.dexycb import write_dexycb
from layouts.freihand import write_freihand
from layouts.freihand_tsv import write_freihand_tables
from layouts.handoccnet import write_dexycb_annotations, write_ho3d_annotations
from layouts.ho3d import write_ho3d
from layouts.interhand import write_interhand
from layouts.rhd import write_rhd
from layouts.smhr import write_smhr
from layouts.truth import scene, stand_in_models

from hand_recon_ros.types import Side
from hand_recon_train.datasets import Sample, open_dataset
from hand_recon_train.datasets.interhand import InterHand
from hand_recon_train.datasets.interhand_preparing import prepare_interhand

FOREIGN = (None, "x", -1, 1e300, [], {}, [[]], {"a": 1}, [1, "x"], True)


def prepared(root, scenes):
    prepare_interhand(InterHand(write_interhand(root / "raw", scenes)), "train", stand_in_models(), root / "out")
    return root / "out"


SMALL = (scene(1), scene(2))
VGA = (scene(5, (Side.RIGHT,), (640, 480)),) * 2
CASES = {
    "freihand": (lambda root: write_freihand(root, SMALL, versions=1), None),
    "freihand-tsv": (lambda root: write_freihand_tables(root, SMALL), None),
    "interhand": (lambda root: write_interhand(root, [scene(1, (Side.RIGHT, Side.LEFT))]), None),
    "interhand-prepared": (lambda root: prepared(root, [scene(1, (Side.RIGHT, Side.LEFT))]), None),
    "ho3d": (lambda root: write_ho3d(root, SMALL[:1]), None),
    "ho3d-handoccnet": (lambda root: write_ho3d_annotations(root, SMALL), None),
    "dexycb": (lambda root: write_dexycb(root, [VGA]), "all"),
    "dexycb-handoccnet": (lambda root: write_dexycb_annotations(root, SMALL), None),
    "rhd": (lambda root: write_rhd(root, SMALL[:1]), None),
    "smhr": (lambda root: write_smhr(root, SMALL), None),
}
READ = {
    ".json": (lambda path: json.loads(path.read_text()), lambda content: json.dumps(content).encode()),
    ".yml": (lambda path: yaml.safe_load(path.read_text()), lambda content: yaml.safe_dump(content).encode()),
    ".yaml": (lambda path: yaml.safe_load(path.read_text()), lambda content: yaml.safe_dump(content).encode()),
    ".pkl": (lambda path: pickle.loads(path.read_bytes()), pickle.dumps),  # noqa: S301 - our own
    ".pickle": (lambda path: pickle.loads(path.read_bytes()), pickle.dumps),  # noqa: S301 - our own
}


def places(content: Any, depth: int = 5) -> Iterator[tuple[Any, Any]]:
    """Containers and the keys in them, of lists the first entry."""
    keys = list(content) if isinstance(content, dict) else [0][: len(content)] if isinstance(content, list) else []
    for key in keys:
        yield content, key
        if depth:
            yield from places(content[key], depth - 1)


@pytest.mark.parametrize("name", CASES)
def test_a_sample_or_a_sentence(tmp_path, name):
    write, split = CASES[name]
    root = write(tmp_path)
    tried = 0
    for path in sorted(path for path in root.rglob("*") if path.suffix in READ):
        read, written = READ[path.suffix]
        whole = path.read_bytes()
        content = read(path)
        for container, key in list(places(content)):
            kept = container[key]
            for value in FOREIGN:
                container[key] = value
                path.write_bytes(written(content))
                tried += 1
                try:
                    assert isinstance(open_dataset(name, root, split, stand_in_models())[0], Sample)
                except (ValueError, FileNotFoundError) as error:
                    assert str(error)
            container[key] = kept
        path.write_bytes(whole)
    assert tried > 2
