"""What is off in a layout is named with file and key; one damaged file stops nobody."""

from __future__ import annotations

import json
import logging
import pickle
from pathlib import Path

import numpy as np
import pytest
from layouts.dexycb import write_dexycb
from layouts.freihand import write_freihand
from layouts.freihand_tsv import write_freihand_tables
from layouts.handoccnet import write_ho3d_annotations
from layouts.ho3d import write_ho3d
from layouts.interhand import write_interhand
from layouts.rhd import write_rhd
from layouts.smhr import write_smhr
from layouts.truth import scene, stand_in_models, write_picture

from hand_recon_ros.types import Side
from hand_recon_train.datasets import DamagedFile, SkippingDamaged, load_mano_folder, open_dataset

SCENES = (scene(1), scene(2), scene(3))


def change_json(path: Path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def change_pickle(path: Path, change):
    content = pickle.loads(path.read_bytes())  # noqa: S301 - our own
    change(content)
    path.write_bytes(pickle.dumps(content, 2))


def interhand_file(root, kind):
    return root / "annotations" / "train" / f"InterHand2.6M_train_{kind}.json"


def drop(key):
    return lambda content: content.pop(key)


OFF = {
    "freihand: no annotation file": (
        "freihand",
        write_freihand,
        lambda root: (root / "training_xyz.json").unlink(),
        r"training_xyz\.json, which FreiHAND has",
    ),
    "freihand: entries of another shape": (
        "freihand",
        write_freihand,
        lambda root: change_json(root / "training_xyz.json", lambda rows: rows[0].pop()),
        r"xyz of shape \(21, 3\) in .*training_xyz\.json, entry 0, got \(20, 3\)",
    ),
    "freihand: another version's annotations": (
        "freihand",
        write_freihand,
        lambda root: change_json(root / "training_verts.json", lambda rows: rows.pop()),
        r"as many entries in .*training_verts\.json as in .*training_K\.json, 3, got 2",
    ),
    "freihand: an annotation file cut off": (
        "freihand",
        write_freihand,
        lambda root: (root / "training_mano.json").write_bytes((root / "training_mano.json").read_bytes()[:-9]),
        r"training_mano\.json, it is cut off",
    ),
    "freihand: numbers that are none": (
        "freihand",
        write_freihand,
        lambda root: change_json(root / "training_K.json", lambda rows: rows[0][0].__setitem__(0, "x")),
        r"numbers of shape \(3, 3\) as K in .*training_K\.json, entry 0",
    ),
    "freihand: no picture": (
        "freihand",
        write_freihand,
        lambda root: (root / "training" / "rgb" / "00000000.jpg").unlink(),
        r"00000000\.jpg, which FreiHAND has",
    ),
    "tables: no offsets": (
        "freihand-tsv",
        write_freihand_tables,
        lambda root: (root / "train.img.lineidx").unlink(),
        r"train\.img\.lineidx",
    ),
    "tables: a table that is not named": (
        "freihand-tsv",
        write_freihand_tables,
        lambda root: (root / "train.yaml").write_text("img: train.img.tsv\n"),
        r"the key 'label' in .*train\.yaml, got img",
    ),
    "tables: a line that is not there": (
        "freihand-tsv",
        write_freihand_tables,
        lambda root: (root / "train.linelist.tsv").write_text("0\n7\n"),
        r"lines under 3 in .*train\.linelist\.tsv, got 7",
    ),
    "interhand: version 0.0": (
        "interhand",
        write_interhand,
        lambda root: (root / "annotations" / "train").rename(root / "annotations" / "all"),
        r"version 0\.0",
    ),
    "interhand: no fits": (
        "interhand",
        write_interhand,
        lambda root: interhand_file(root, "MANO_NeuralAnnot").unlink(),
        r"MANO_NeuralAnnot\.json, which InterHand2\.6M version 1\.0 has",
    ),
    "interhand: a camera that is not there": (
        "interhand",
        write_interhand,
        lambda root: change_json(interhand_file(root, "camera"), lambda c: c["0"]["campos"].pop("400002")),
        r"the key '400002' in .*camera\.json, capture 0, campos",
    ),
    "interhand: joints as version 0.0 has them": (
        "interhand",
        write_interhand,
        lambda root: change_json(interhand_file(root, "joint_3d"), lambda c: c["0"]["100"].pop("world_coord")),
        r"the key 'world_coord' in .*joint_3d\.json, capture 0, camera 400002, frame 100",
    ),
    "interhand: a frame without joints": (
        "interhand",
        write_interhand,
        lambda root: change_json(interhand_file(root, "joint_3d"), lambda c: c["0"].pop("100")),
        r"capture 0, camera 400002, frame 100 in .*joint_3d\.json",
    ),
    "interhand: a name that leads elsewhere": (
        "interhand",
        write_interhand,
        lambda root: change_json(
            interhand_file(root, "data"), lambda c: c["images"][0].__setitem__("file_name", "../../secret.jpg")
        ),
        r"the name of a file below .*images.*got '\.\./\.\./secret\.jpg'",
    ),
    "ho3d: version 3": (
        "ho3d",
        write_ho3d,
        lambda root: [path.rename(path.with_suffix(".jpg")) for path in (root / "train/ABF10/rgb").iterdir()],
        r"version 3",
    ),
    "ho3d: no camera": (
        "ho3d",
        write_ho3d,
        lambda root: change_pickle(root / "train/ABF10/meta/0000.pkl", drop("camMat")),
        r"the key 'camMat' in .*meta/0000\.pkl, got handJoints3D",
    ),
    "handoccnet: no list": (
        "ho3d-handoccnet",
        write_ho3d_annotations,
        lambda root: change_json(root / "annotations/HO3D_train_data.json", drop("annotations")),
        r"the list 'annotations' in .*HO3D_train_data\.json, got images",
    ),
    "handoccnet: an image that is not there": (
        "ho3d-handoccnet",
        write_ho3d_annotations,
        lambda root: change_json(root / "annotations/HO3D_train_data.json", lambda c: c["images"].pop()),
        r"image 100 for .*HO3D_train_data\.json, annotations 0",
    ),
    "rhd: no joints": (
        "rhd",
        write_rhd,
        lambda root: change_pickle(root / "training/anno_training.pickle", lambda c: c[1].pop("uv_vis")),
        r"the key 'uv_vis' in .*anno_training\.pickle, sample 1, got xyz, K",
    ),
    "rhd: one hand": (
        "rhd",
        write_rhd,
        lambda root: change_pickle(
            root / "training/anno_training.pickle", lambda c: c[0].__setitem__("xyz", np.zeros((21, 3)))
        ),
        r"xyz of shape \(42, 3\) in .*sample 0, got \(21, 3\)",
    ),
    "smhr: no list": (
        "smhr",
        write_smhr,
        lambda root: (root / "FreiHAND_train.pkl").write_bytes(pickle.dumps({"a": 1})),
        r"a list of entries in .*FreiHAND_train\.pkl, got a dict",
    ),
}


@pytest.mark.parametrize("case", OFF)
def test_what_is_off_is_named(tmp_path, case):
    name, write, spoil, sentence = OFF[case]
    root = write(tmp_path, SCENES)
    spoil(root)
    with pytest.raises((ValueError, FileNotFoundError), match=sentence):
        open_dataset(name, root)[0]


def test_dexycb_layout(tmp_path):
    vga = scene(5, (Side.RIGHT,), (640, 480))
    root = write_dexycb(tmp_path, [[vga, vga]])
    with pytest.raises(ValueError, match=r"expected 10 subjects in .* for s0_train, got 1.*'all'"):
        open_dataset("dexycb", root)
    labels = min(root.rglob("labels_000000.npz"))
    np.savez(labels, seg=np.zeros((480, 640), np.uint8), pose_m=np.ones((1, 51)), joint_2d=np.zeros((1, 21, 2)))
    with pytest.raises(ValueError, match=r"the key 'joint_3d' in .*labels_000000\.npz, got seg, pose_m, joint_2d"):
        open_dataset("dexycb", root, "all")[0]
    labels.write_bytes(labels.read_bytes()[:100])
    with pytest.raises(DamagedFile, match=r"labels_000000\.npz"):
        open_dataset("dexycb", root, "all")[0]


def test_a_pickled_call_is_refused(tmp_path):
    class Call:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    root = write_rhd(tmp_path, SCENES[:1])
    (root / "training/anno_training.pickle").write_bytes(pickle.dumps({0: Call()}))
    with pytest.raises(ValueError, match="no file of arrays needs"):
        open_dataset("rhd", root)
    assert not (tmp_path / "ran").exists()


def test_names_splits_folders_and_empty_subsets(tmp_path):
    with pytest.raises(ValueError, match="did you mean freihand"):
        open_dataset("freihnd", tmp_path)
    with pytest.raises(ValueError, match="training, evaluation, got 'train'"):
        open_dataset("freihand", tmp_path, "train")
    with pytest.raises(FileNotFoundError, match="the folder of freihand"):
        open_dataset("freihand", tmp_path / "nowhere")
    write_ho3d(tmp_path, SCENES)
    (tmp_path / "train.txt").write_text("")
    with pytest.raises(ValueError, match="expected samples in the split train of ho3d"):
        open_dataset("ho3d", tmp_path)


def test_models_of_the_wrong_side_are_asked_for(tmp_path):
    root = write_interhand(tmp_path, [scene(2, (Side.LEFT,))])
    with pytest.raises(ValueError, match=r"left hands too; give MANO_LEFT\.pkl"):
        open_dataset("interhand", root, models={Side.RIGHT: stand_in_models()[Side.RIGHT]})[0]
    with pytest.raises(ValueError, match=r"MANO_RIGHT\.pkl or MANO_LEFT\.pkl"):
        load_mano_folder(tmp_path)


@pytest.fixture
def with_damage(tmp_path):
    """Three samples, of which the second is cut off and the third has no picture."""
    root = write_ho3d(tmp_path, SCENES)
    cut = root / "train/ABF10/rgb/0001.png"
    cut.write_bytes(cut.read_bytes()[:3000])
    (root / "train/ABF10/rgb/0002.png").unlink()
    return open_dataset("ho3d", root)


def test_damaged_samples_are_skipped_counted_and_named(with_damage, caplog):
    with pytest.raises(DamagedFile, match=r"rgb/0001\.png is damaged"):
        with_damage[1]
    dataset = SkippingDamaged(with_damage)
    with caplog.at_level(logging.WARNING):
        sources = [dataset[k].source for k in (0, 1, 2, 1)]
    assert sources == ["train/ABF10/rgb/0000.png"] * 4 and len(dataset) == 3
    assert sorted(dataset.damaged) == [1, 2] and len(caplog.records) == 2
    assert "0001.png" in caplog.text and "0002.png" in caplog.text


def test_a_data_set_of_damaged_files_ends(tmp_path):
    root = write_ho3d(tmp_path, SCENES[:1])
    write_picture(root / "train/ABF10/rgb/0000.png", np.zeros((1, 1, 3), np.uint8))
    (root / "train/ABF10/rgb/0000.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="in a row are damaged"):
        SkippingDamaged(open_dataset("ho3d", root))[0]


@pytest.mark.parametrize("cut", [50, 1500, -3])
def test_truncated_jpegs_are_damaged(tmp_path, cut):
    root = write_freihand(tmp_path, SCENES)
    path = root / "training/rgb/00000000.jpg"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DamagedFile, match=r"rgb/00000000\.jpg is damaged"):
        open_dataset("freihand", root)[0]
