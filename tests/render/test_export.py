"""GLB and OBJ files as another program reads them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from hand_recon_ros.render.export import hand_names, save_glb, save_obj


def in_gltf_axes(hand):
    return hand.vertices * (1, -1, -1)


def test_a_glb_has_a_named_node_of_each_hand_in_metres_y_up(two_hands, tmp_path):
    save_glb(tmp_path / "hands.glb", two_hands)
    scene = trimesh.load(tmp_path / "hands.glb", process=False)
    assert set(scene.graph.nodes_geometry) == {"right_7", "left_hand_1"}
    for name, hand in zip(("right_7", "left_hand_1"), two_hands.hands, strict=True):
        transform, geometry = scene.graph[name]
        mesh = scene.geometry[geometry]
        np.testing.assert_array_equal(transform, np.eye(4))
        np.testing.assert_allclose(mesh.vertices, in_gltf_axes(hand), atol=1e-6)
        np.testing.assert_array_equal(mesh.faces, hand.faces)
        assert mesh.visual.material.doubleSided
    red, _, blue, _ = scene.geometry["right_7"].visual.material.baseColorFactor
    assert red > blue


def test_normals_of_a_glb_are_smooth_and_point_outwards(two_hands, tmp_path):
    save_glb(tmp_path / "hands.glb", two_hands)
    mesh = trimesh.load(tmp_path / "hands.glb", process=False).geometry["right_7"]
    assert b'"NORMAL"' in (tmp_path / "hands.glb").read_bytes(), "stored in the file, not left to the reader"
    own = trimesh.Trimesh(in_gltf_axes(two_hands.hands[0]), two_hands.hands[0].faces, process=False).vertex_normals
    assert np.median((mesh.vertex_normals * own).sum(axis=1)) > 0.99


def test_an_obj_has_an_object_of_each_hand(two_hands, tmp_path):
    save_obj(tmp_path / "hands.obj", two_hands)
    scene = trimesh.load(tmp_path / "hands.obj", split_objects=True, group_material=False, process=False)
    assert set(scene.geometry) == {"right_7", "left_hand_1"}
    text = (tmp_path / "hands.obj").read_text().splitlines()
    vertices = np.array([line.split()[1:] for line in text if line.startswith("v ")], float)
    expected = np.concatenate([in_gltf_axes(hand) for hand in two_hands.hands])
    np.testing.assert_allclose(vertices, expected, atol=1e-6)
    last = [int(corner.split("//")[0]) for corner in text[-1].split()[1:]]
    assert last == (two_hands.hands[1].faces[-1] + 778 + 1).tolist()


def test_names_are_unique(two_hands):
    many = [replace(hand, track_id=0) for hand in two_hands.hands * 2]
    assert len(set(hand_names(many))) == 4


def test_a_frame_without_hands_has_no_mesh_file(two_hands, tmp_path):
    with pytest.raises(ValueError, match="no hand"):
        save_glb(tmp_path / "none.glb", replace(two_hands, hands=()))
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written_leaves_nothing_behind(two_hands, tmp_path, monkeypatch):
    def full(self, data):
        open(self, "wb").close()
        raise OSError(28, "No space left on device")

    (tmp_path / "hands.glb").write_bytes(b"from before")
    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        save_glb(tmp_path / "hands.glb", two_hands)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("hands.glb", b"from before")]
