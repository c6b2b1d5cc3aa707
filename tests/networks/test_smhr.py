"""SMHR beyond its conformance cases: peaks, heads read at them, places, shading, batches, checkpoints, export."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks import find_network, untrained_network
from hand_recon_ros.networks.checkpoints import import_checkpoint, load_imported
from hand_recon_ros.networks.conformance.case import read_case
from hand_recon_ros.networks.conformance.seeding import seeded_image, synthetic_hand
from hand_recon_ros.networks.shading import Shading, incident_faces
from hand_recon_ros.networks.smhr import (
    MEAN_DEPTH,
    DetectedHands,
    Smhr,
    left_as_trained,
    place,
    project,
    smhr_multi,
    smhr_single,
)
from hand_recon_ros.networks.smhr_heads import Head, find_peaks, patches_at
from hand_recon_ros.networks.smhr_maps import CHANNELS, PatchUpsampling
from hand_recon_ros.types import Side

CASES = Path(__file__).parents[1] / "data" / "conformance"
SETTINGS = {"smhr_single": smhr_single, "smhr_multi": smhr_multi}


@lru_cache
def network(name: str) -> Smhr:
    network = SETTINGS[name](synthetic_hand(Side.RIGHT))
    read_case(CASES / name).fill(network)
    return network


@lru_cache
def pictures(name: str, count: int) -> Tensor:
    size = find_network(name).input_size
    planes = seeded_image("pictures", count, size, size)
    return torch.from_numpy(np.round(255 * planes).astype(np.uint8)).permute(0, 2, 3, 1).contiguous()


def spread(values: Tensor) -> float:
    return max(float(values.max() - values.min()), 1e-3)


def map_with(**cells: float) -> Tensor:
    """A probability map (1, 1, 16, 16) that is low but at cells `x_y`."""
    heatmap = torch.full((1, 1, 16, 16), 0.01)
    for cell, value in cells.items():
        column, row = map(int, cell.removeprefix("at_").split("_"))
        heatmap[0, 0, row, column] = value
    return heatmap


def test_patch_upsampling_is_a_transposed_convolution():
    layer, x = PatchUpsampling(6, 5, 4), torch.randn(2, 6, 3, 7)
    torch.nn.init.normal_(layer.bias)
    expected = functional.conv_transpose2d(x, layer.weight, layer.bias, stride=4)
    torch.testing.assert_close(layer(x), expected)


def test_peaks_are_the_best_cells_that_no_near_one_exceeds():
    heatmap = map_with(at_3_9=0.9, at_5_9=0.8, at_6_9=0.7, at_14_2=0.6)
    peaks = find_peaks(heatmap, heatmap, 2)
    assert peaks.cells.tolist() == [[[3, 9], [14, 2]]]
    assert peaks.scores[0].tolist() == pytest.approx([0.9, 0.6])


def test_peaks_keep_their_number_where_there_are_no_hands():
    peaks = find_peaks(map_with(at_3_9=0.9), map_with(), 4)
    assert peaks.scores.shape == (1, 4)
    assert peaks.scores[0, 0] == pytest.approx(0.9)
    assert (peaks.scores[0, 1:] <= 0.01).all()


def test_a_head_gives_at_a_cell_what_it_gives_everywhere_also_at_the_border():
    head, features = Head(5), torch.randn(2, CHANNELS, 8, 8)
    columns, rows = torch.tensor([[0, 7, 3], [7, 0, 4]]), torch.tensor([[0, 7, 5], [2, 4, 0]])
    everywhere = head(features)
    expected = torch.stack([everywhere[k, :, rows[k], columns[k]].T for k in range(2)])
    torch.testing.assert_close(head.at(patches_at(features, columns, rows)), expected)


def test_a_hand_s_origin_projects_beside_its_cell():
    offsets = torch.tensor([[3.0, -2.0, 0.1], [0.0, 0.0, 0.0]])
    translation = place(offsets, torch.tensor([[10, 50], [48, 48]]), 384)
    torch.testing.assert_close(project(translation, 384), torch.tensor([[43.0, 198.0], [192.0, 192.0]]))
    torch.testing.assert_close(translation[:, 2], offsets[:, 2] + MEAN_DEPTH)


def test_few_faces_are_counted_again_until_there_are_eight():
    faces = np.array([[0, 1, 2], [2, 1, 3], [3, 0, 2]])
    listed = incident_faces(faces, 4)
    assert listed[0].tolist() == [0, 2] * 4
    assert listed[2].tolist() == [1, 0, 2] * 2 + [1, 0]


def test_normals_are_those_of_the_faces_around():
    hand = load_free_hand()
    vertices = torch.from_numpy(hand.template)
    normals = Shading(hand.faces, 778).normals(vertices)
    torch.testing.assert_close(normals.norm(dim=-1), torch.ones(778), atol=1e-3, rtol=0)
    corners = hand.template[hand.faces]
    around = np.zeros((778, 3))
    for corner in range(3):
        np.add.at(around, hand.faces[:, corner], np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    # Not equal: faces that count twice pull a normal towards them.
    cosines = (normals.numpy() * around).sum(1) / np.linalg.norm(around, axis=1)
    assert np.median(cosines) > 0.98
    assert cosines.min() > 0.5


def test_even_light_gives_every_vertex_its_albedo():
    hand, light = load_free_hand(), torch.zeros(3, 9)
    light[:, 0] = 1 / 0.8862269
    albedo = torch.rand(778, 3, generator=torch.Generator().manual_seed(0))
    colours = Shading(hand.faces, 778)(torch.from_numpy(hand.template), albedo, light)
    torch.testing.assert_close(colours, albedo)


def test_light_from_one_side_falls_on_what_faces_it():
    hand, light = load_free_hand(), torch.zeros(3, 9)
    light[:, 2] = 1
    shading, vertices = Shading(hand.faces, 778), torch.from_numpy(hand.template)
    assert torch.equal(shading.light_at(vertices, light)[:, 0] > 0, shading.normals(vertices)[:, 2] > 0)


def test_the_left_hand_s_shapes_are_those_that_were_trained():
    right = load_free_hand()
    left = left_as_trained(right)
    assert left.side == Side.LEFT
    np.testing.assert_array_equal(left.template, right.mirrored().template)
    np.testing.assert_array_equal(left.shape_directions, right.shape_directions)


@pytest.mark.parametrize("name", SETTINGS)
def test_hand_models_that_do_not_fit_are_refused(name):
    right, left = load_free_hand(), load_free_hand(Side.LEFT)
    for hand, message in ((None, "got none"), (left, r"a right hand.*got a left one")):
        with pytest.raises(ValueError, match=message):
            untrained_network(name, hand_model=hand)
    with pytest.raises(ValueError, match="778 vertices, got 777"):
        untrained_network(name, hand_model=replace(right, template=right.template[:-1]))
    with pytest.raises(ValueError, match=r"a left hand.*got a right one"):
        smhr_multi(right, right)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_batch_equals_its_single_pictures(name):
    images = pictures(name, 3)
    with torch.inference_mode():
        together = network(name)(images)
        for k in range(3):
            for whole, single in zip(together, network(name)(images[k : k + 1]), strict=True):
                torch.testing.assert_close(single[0], whole[k], atol=5e-5 * spread(whole), rtol=0)


def test_the_side_picks_the_hand():
    multi, images = network("smhr_multi"), pictures("smhr_multi", 2)
    with torch.inference_mode():
        hands = multi(images)
        right = hands.sides[..., 1] >= hands.sides[..., 0]
        layers = {True: multi.right_hand, False: multi.left_hand}
        assert set(right.flatten().tolist()) == {True, False}
        for b, k in np.ndindex(right.shape):
            vertices, _ = layers[bool(right[b, k])](hands.pose[b, k][None], hands.betas[b, k][None])
            torch.testing.assert_close(vertices[0] + hands.translation[b, k], hands.vertices[b, k])


def test_untrained_it_sees_no_hand_and_would_put_one_flat_at_its_cell():
    torch.manual_seed(0)
    with torch.inference_mode():
        hands = untrained_network("smhr_multi", hand_model=load_free_hand())(pictures("smhr_multi", 1))
    assert (hands.scores < 0.1).all()
    torch.testing.assert_close(hands.translation[..., 2], torch.full((1, 4), MEAN_DEPTH), atol=0.05, rtol=0)
    assert hands.pose.abs().max() < 0.1


@pytest.mark.parametrize("name", SETTINGS)
def test_half_precision_keeps_the_hand_model_in_float32(name):
    half = SETTINGS[name](synthetic_hand(Side.RIGHT)).eval()
    half.load_state_dict(network(name).state_dict())
    with torch.inference_mode():
        hands: DetectedHands = half.bfloat16()(pictures(name, 1))
    assert {output.dtype for output in hands} == {torch.float32}
    assert all(torch.isfinite(output).all() for output in hands)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_published_checkpoint_with_all_that_it_carries_is_imported(name, tmp_path):
    state = {f"module.{key}": tensor for key, tensor in read_case(CASES / name).weights().items()}
    torch.save({"epoch": 3, "state_dict": state, "optimizer": {"lr": 1e-4}}, tmp_path / "pho.pth")
    path = import_checkpoint(name, tmp_path / "pho.pth", tmp_path)
    imported = untrained_network(name, hand_model=synthetic_hand(Side.RIGHT))
    load_imported(imported, path)
    for key, tensor in network(name).state_dict().items():
        torch.testing.assert_close(imported.state_dict()[key], tensor, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("change", "generation"),
    [
        ({"p3.weight": torch.zeros(256, 512, 3, 3)}, "of the code of 2022"),
        ({"p3.weight": torch.zeros(256, 512, 3, 3), "mean_theta": torch.zeros(2, 122, 28, 28)}, "of the code of 2022"),
        ({"texture": None, "light": None}, "of the first training stage, without texture and light"),
    ],
)
def test_checkpoints_of_other_generations_are_named(tmp_path, change, generation):
    shapes = {key: shape for key, (shape, _) in read_case(CASES / "smhr_single").manifest().items()}
    state = {key: torch.zeros(1).expand(math.prod(shape)).view(shape) for key, shape in shapes.items()} | change
    state = {key: tensor for key, tensor in state.items() if change.get(key.partition(".")[0], tensor) is not None}
    torch.save({"state_dict": state}, tmp_path / "simplified.pth")
    with pytest.raises(ValueError, match=f"holds no checkpoint of smhr_single but one {generation}"):
        import_checkpoint("smhr_single", tmp_path / "simplified.pth", tmp_path)
    assert not (tmp_path / "smhr_single.safetensors").exists()
