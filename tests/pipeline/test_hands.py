"""Folders of MANO's files, and the free hand without one."""

import pickle

import numpy as np
import pytest

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks.intake import Region
from hand_recon_ros.pipeline.hands import load_hands
from hand_recon_ros.pipeline.recipes import MeshRecipe, find_recipe, hands_for
from hand_recon_ros.types import Side


def write(folder, name, side):
    """The free hand as a file in MANO's format."""
    hand = load_free_hand(side)
    parents = hand.parents.astype(np.int64)
    parents[0] = 2**32 - 1
    fields = {
        "v_template": hand.template,
        "f": hand.faces.astype(np.uint32),
        "weights": hand.weights,
        "J_regressor": hand.joint_regressor,
        "kintree_table": np.array([parents, range(16)], np.uint32),
        "shapedirs": hand.shape_directions,
        "posedirs": hand.pose_directions,
        "hands_mean": hand.mean_pose,
        "hands_components": hand.pose_components,
    }
    (folder / name).write_bytes(pickle.dumps(fields, 2))


def test_both_files_of_a_folder_are_taken(tmp_path):
    write(tmp_path, "MANO_RIGHT.pkl", Side.RIGHT)
    right, left = load_hands(tmp_path)
    assert (right.name, right.side, left) == ("mano", Side.RIGHT, None)
    write(tmp_path, "MANO_LEFT.pkl", Side.LEFT)
    right, left = load_hands(tmp_path)
    assert (right.side, left.side) == (Side.RIGHT, Side.LEFT)


def test_without_a_folder_it_is_the_free_hand():
    assert load_hands(None) == (load_free_hand(), None)


def test_a_folder_without_a_right_hand_is_refused(tmp_path):
    write(tmp_path, "MANO_LEFT.pkl", Side.LEFT)
    for place in (tmp_path, tmp_path / "MANO_LEFT.pkl"):
        with pytest.raises(ValueError, match=r"expected a folder with MANO_RIGHT\.pkl, got .*; get the files"):
            load_hands(place)


def test_a_left_file_with_a_right_hand_is_refused(tmp_path):
    for name in ("MANO_RIGHT.pkl", "MANO_LEFT.pkl"):
        write(tmp_path, name, Side.RIGHT)
    with pytest.raises(ValueError, match="got the same side as in MANO_RIGHT"):
        load_hands(tmp_path)


def test_weights_that_give_manos_vertices_need_mano(monkeypatch, tmp_path, caplog):
    monkeypatch.setattr("hand_recon_ros.pipeline.recipes.imported_weights", lambda name: tmp_path)
    direct = find_recipe("youtubehand_resnet18")
    with pytest.raises(ValueError, match="expected MANO for youtubehand_resnet18"):
        hands_for(direct, None, random_weights=False)
    assert hands_for(direct, None, random_weights=True)[0].name == "free_hand"
    write(tmp_path, "MANO_RIGHT.pkl", Side.RIGHT)
    assert hands_for(direct, tmp_path, random_weights=False)[0].name == "mano"
    posing = find_recipe("handoccnet")
    assert isinstance(posing, MeshRecipe) and posing.intake.region == Region.HAND
    assert hands_for(posing, None, random_weights=False)[0].name == "free_hand"
    assert "its shapes do not" in caplog.text
