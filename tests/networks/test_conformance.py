"""Every network against the answers of its published implementation."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from hand_recon_ros.hand_model import load_mano
from hand_recon_ros.networks.conformance import StageError, read_case, run_case
from hand_recon_ros.networks.conformance.case import sliced
from hand_recon_ros.networks.conformance.seeding import seeded_array, seeded_image, synthetic_hand
from hand_recon_ros.types import Side

CASES = Path(__file__).parents[1] / "data" / "conformance"
SHARED = Path(__file__).parents[3] / "shared" / "conformance"

# Made with the case maker.
WEIGHT = [0.0920408, -0.1030699, -0.0587273, 0.8265397]
VARIANCE = [1.2275455, 1.0393146]
BIAS = [-0.0620786, -0.0203787]
PIXEL = [0.4670249, 0.4242377, 0.219683]


@pytest.fixture
def case_copy(tmp_path):
    """A case of HandOccNet that a test may damage."""
    return Path(shutil.copytree(CASES / "handoccnet", tmp_path / "case"))


def edit(folder: Path, **entries: object) -> None:
    path = folder / "case.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def all_cases() -> list[object]:
    """Every case in the folder; those of the largest networks, which take a minute to seed, are slow."""
    cases = []
    for folder in sorted(path.parent for path in CASES.glob("*/case.json")):
        numbers = sum(math.prod(shape) for shape, _ in read_case(folder).manifest().values())
        cases.append(pytest.param(folder, id=folder.name, marks=[pytest.mark.slow] if numbers > 1e8 else []))
    return cases


@pytest.mark.parametrize("folder", all_cases())
def test_every_stage_agrees_with_the_published_implementation(folder):
    stages = run_case(folder)
    assert not [stage for stage in stages if not stage.passed]
    assert {output["name"] for output in read_case(folder).content["outputs"]} <= {stage.name for stage in stages}


def test_a_wrong_weight_is_seen_from_its_stage_on(case_copy):
    content = read_case(case_copy).content
    scale = content["weights"]["scale"] | {"module.SET.layers.1.norm2.weight": 1.01}
    edit(case_copy, weights={"scale": scale}, extra={})
    stages = {stage.name: stage for stage in run_case(case_copy)}
    assert stages["set_block0"].passed
    assert not stages["set"].passed
    assert not stages["mesh_coord_cam"].passed


def test_an_output_that_the_network_lacks_fails_unless_it_is_optional(case_copy):
    outputs = read_case(case_copy).content["outputs"][:1]
    foreign = {"name": "loss_joints_img", "shape": [], "atol": 1.0}
    edit(case_copy, outputs=[*outputs, foreign, foreign | {"name": "another", "optional": True}], extra={})
    stages = run_case(case_copy)
    assert [stage.name for stage in stages] == ["c1", "loss_joints_img"]
    assert stages[1].error == math.inf


def test_a_case_whose_answers_are_lost_is_refused(case_copy):
    edit(case_copy, outputs=[{"name": "other", "shape": [1], "atol": 1.0}], extra={})
    with pytest.raises(ValueError, match=r"expected other in expected\.npz"):
        run_case(case_copy)
    answers = case_copy / "expected.npz"
    answers.write_bytes(answers.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"expected arrays in .*expected\.npz"):
        run_case(case_copy)


def test_nan_is_no_agreement():
    assert not StageError("x", math.nan, 1.0).passed
    assert StageError("x", 0.0, 0.0).passed


def test_a_folder_without_a_case_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"case\.json"):
        run_case(tmp_path)
    for text, message in (("{", "expected JSON"), ("[]", "expected an object"), ("{}", "expected the entry network")):
        (tmp_path / "case.json").write_text(text)
        with pytest.raises(ValueError, match=message):
            run_case(tmp_path)


def test_a_case_of_an_unknown_network_is_answered_with_the_known_ones(case_copy):
    edit(case_copy, network="os:system")
    with pytest.raises(ValueError, match=r"a case of handoccnet, .*got one of 'os:system'"):
        run_case(case_copy)


def test_a_manifest_of_billions_of_numbers_is_refused(case_copy):
    (case_copy / "manifest.json").write_text(json.dumps({"module.x": [[2**20, 2**20], "float32"]}))
    with pytest.raises(ValueError, match="it lists more"):
        run_case(case_copy)


def test_slices_are_parsed_from_their_entry_or_the_description():
    array = np.arange(24.0).reshape(2, 3, 4)
    by_entry = sliced(array, {"name": "x", "shape": [2, 3, 2], "slice": "[:, :, ::2]"})
    by_text = sliced(array, {"name": "x", "shape": [2, 2, 4], "what": "a stage, sliced [:, 1:, :]"})
    np.testing.assert_array_equal(by_entry, array[:, :, ::2])
    np.testing.assert_array_equal(by_text, array[:, 1:, :])
    with pytest.raises(ValueError, match=r"x of shape \[9\], got \[2, 3, 4\]"):
        sliced(array, {"name": "x", "shape": [9]})


def test_aliases_share_the_value_of_their_source(case_copy):
    (case_copy / "manifest.json").write_text(json.dumps({k: [[2, 2], "float32"] for k in ("a.weight", "b.weight")}))
    edit(case_copy, aliases={"b.": "a."}, weights={"scale": {"a.weight": 2.0}})
    weights = read_case(case_copy).weights()
    assert weights["a.weight"].numpy() == pytest.approx(2 * seeded_array("a.weight", [2, 2]))
    torch.testing.assert_close(weights["b.weight"], weights["a.weight"], rtol=0, atol=0)


def test_seeded_values_are_those_that_every_case_was_made_with():
    assert seeded_array("layer.weight", [2, 2]).ravel().tolist() == pytest.approx(WEIGHT, abs=1e-7)
    assert seeded_array("layer.running_var", [2]).tolist() == pytest.approx(VARIANCE, abs=1e-7)
    assert seeded_array("layer.bias", [2]).tolist() == pytest.approx(BIAS, abs=1e-7)
    assert seeded_array("layer.num_batches_tracked", [], "int64") == 0
    assert seeded_image("picture", 1, 12, 20)[0, :, 5, 7].tolist() == pytest.approx(PIXEL, abs=1e-7)


@pytest.mark.skipif(not (SHARED / "seeded.py").is_file(), reason="needs the case maker beside the repository")
def test_seeded_values_equal_the_case_makers_to_the_last_bit(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(SHARED)
    import seeded

    for key, shape, dtype in (
        ("a.weight", [8, 3, 3, 3], "float32"),
        ("a.bias", [8], "float32"),
        ("a.gamma", [8], "float64"),
        ("a.running_mean", [8], "float32"),
        ("a.running_var", [8], "float32"),
        ("a.scale", [], "float32"),
        ("a.num_batches_tracked", [], "int64"),
    ):
        np.testing.assert_array_equal(seeded_array(key, shape, dtype), seeded.seeded_array(key, shape, dtype))
    np.testing.assert_array_equal(seeded_image("p", 2, 480, 640), seeded.seeded_image("p", 2, 480, 640))
    seeded.write_mano(tmp_path)
    for side in (Side.LEFT, Side.RIGHT):
        ours, theirs = synthetic_hand(side), load_mano(tmp_path / f"MANO_{side.name}.pkl")
        for field in dataclasses.fields(ours):
            if field.name != "name":
                np.testing.assert_array_equal(getattr(ours, field.name), getattr(theirs, field.name), field.name)
