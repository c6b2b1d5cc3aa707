"""YouTubeHand: its mesh operations against independent ones, its files, and the network as a whole."""

from __future__ import annotations

import pickle
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.sparse import csc_matrix

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks import untrained_network, youtubehand
from hand_recon_ros.networks.checkpoints import import_checkpoint, load_imported
from hand_recon_ros.networks.conformance.case import read_case
from hand_recon_ros.networks.conformance.seeding import synthetic_hand
from hand_recon_ros.networks.conformance.youtubehand import stored_hierarchy
from hand_recon_ros.networks.half_edges import vertex_rings
from hand_recon_ros.networks.mesh_decimation import decimated, upsampling_matrix
from hand_recon_ros.networks.mesh_hierarchy import SIZES, MeshHierarchy, load_mesh_hierarchy, mesh_hierarchy
from hand_recon_ros.networks.mesh_spirals import mesh_spirals
from hand_recon_ros.networks.published import fill_published
from hand_recon_ros.networks.spiral_convolution import SpiralConvolution, UpsampledSpiralConvolution
from hand_recon_ros.networks.youtubehand import MeshDecoder, YoutubeHand
from hand_recon_ros.types import Side

CASES = Path(__file__).parents[1] / "data" / "conformance"
CASE = read_case(CASES / "youtubehand_resnet18")
LEVELS = range(len(SIZES) - 1)


@lru_cache
def stand_in() -> dict[str, np.ndarray]:
    return CASE.assets()


@lru_cache
def network() -> YoutubeHand:
    network = YoutubeHand("resnet18", stored_hierarchy(stand_in()), synthetic_hand(Side.RIGHT))
    CASE.fill(network)
    return network


def crops(count: int, side: int = 224) -> torch.Tensor:
    random = torch.Generator().manual_seed(3)
    coarse = torch.randint(0, 255, (count, 3, 9, 9), generator=random).float()
    return torch.nn.functional.interpolate(coarse, (side, side), mode="bilinear").permute(0, 2, 3, 1).byte()


def spread(values: torch.Tensor) -> float:
    return float(values.max() - values.min())


def level(k: int) -> tuple[np.ndarray, np.ndarray]:
    return stand_in()[f"vertices_{k}"], stand_in()[f"faces_{k}"].astype(np.int32)


@pytest.mark.parametrize("k", LEVELS)
def test_spirals_are_those_of_the_half_edge_library(k):
    np.testing.assert_array_equal(mesh_spirals(*level(k), 27), stand_in()[f"spirals_{k}"])


def test_a_spiral_of_a_small_mesh_goes_on_with_the_nearest_vertices():
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [5, 5, 0], [9, 9, 0]], float)
    (spiral, *_) = mesh_spirals(vertices, np.array([[0, 1, 2]], np.int32), 4)
    assert spiral.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("seed", range(5))
def test_rings_turn_the_same_way_whatever_the_order_of_faces(seed):
    vertices, faces = level(2)
    shuffled = np.random.default_rng(seed).permutation(faces)
    for first, second in zip(vertex_rings(faces, len(vertices)), vertex_rings(shuffled, len(vertices)), strict=True):
        turn = second.index(first[0])
        rotated = second[turn:] + second[:turn]
        assert rotated == first


def test_overlapping_faces_are_refused():
    with pytest.raises(ValueError, match="oriented manifold"):
        vertex_rings(np.array([[0, 1, 2], [0, 1, 3]], np.int32), 4)


@pytest.mark.parametrize("k", LEVELS)
def test_decimation_keeps_the_vertices_of_the_published_recipe(k):
    kept, faces = decimated(*level(k), SIZES[k + 1])
    np.testing.assert_array_equal(kept, stand_in()[f"down_{k}"])
    assert len(faces) == len(stand_in()[f"faces_{k + 1}"])


@pytest.mark.parametrize("k", LEVELS)
def test_upsampling_is_that_of_the_published_recipe(k):
    ours = upsampling_matrix(level(k)[0], *level(k + 1))
    theirs = stored_hierarchy(stand_in()).upsampling[k]
    differing = np.abs(ours - theirs).max(1) > 1e-4
    assert differing.sum() <= 1, "but for a point on the border between a face and its edge"


def test_upsampled_vertices_lie_on_the_fine_mesh():
    hand = load_free_hand()
    kept, faces = decimated(hand.template.astype(float), hand.faces, SIZES[1])
    restored = (
        upsampling_matrix(hand.template.astype(float), hand.template[kept].astype(float), faces) @ hand.template[kept]
    )
    distances = np.linalg.norm(restored - hand.template, axis=1)
    assert np.median(distances) < 1e-3
    np.testing.assert_allclose(distances[kept], 0, atol=1e-6)


@pytest.mark.parametrize(
    ("fine", "coarse", "inputs", "outputs", "mixes"), [(98, 49, 256, 8, True), (778, 389, 8, 4, False)]
)
def test_an_upsampled_spiral_convolution_is_a_linear_layer_on_gathered_neighbours(fine, coarse, inputs, outputs, mixes):
    k = SIZES.index(fine)
    hierarchy = stored_hierarchy(stand_in())
    layer = UpsampledSpiralConvolution(inputs, outputs, hierarchy.spirals[k], hierarchy.upsampling[k])
    x = torch.randn(2, coarse, inputs, generator=torch.Generator().manual_seed(0))
    larger = torch.from_numpy(hierarchy.upsampling[k]) @ x
    gathered = larger[:, hierarchy.spirals[k].astype(np.int64)].flatten(2)
    expected = torch.nn.functional.linear(gathered, layer.weight, layer.bias)
    assert layer.mixes == mixes
    torch.testing.assert_close(layer(x), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("largest", "levels"), [(2**26, 3), (0, 4)])
def test_the_decoders_start_is_folded_unless_that_takes_too_much_memory(monkeypatch, largest, levels):
    monkeypatch.setattr(youtubehand, "LARGEST_START", largest)
    decoder = MeshDecoder(8, (2, 3, 4, 5), stored_hierarchy(stand_in()))
    features = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))
    expected = decoder(features)
    decoder.fold()
    assert len(decoder.levels) == levels
    torch.testing.assert_close(decoder(features), expected)


def test_a_spiral_convolution_is_a_linear_layer_on_gathered_neighbours():
    spirals = stored_hierarchy(stand_in()).spirals[2]
    layer = SpiralConvolution(7, 3, spirals)
    x = torch.randn(2, len(spirals), 7, generator=torch.Generator().manual_seed(0))
    gathered = x[:, spirals.astype(np.int64)].flatten(2)
    expected = torch.nn.functional.linear(gathered, layer.weight, layer.bias)
    torch.testing.assert_close(layer(x), expected, atol=1e-5, rtol=1e-5)


def published_pickle(path: Path, **changes: object) -> Path:
    """The stand-in hierarchy in the form of the published transform.pkl."""
    hierarchy = stored_hierarchy(stand_in())
    content = {
        "vertices": [level(k)[0] for k in range(5)],
        "face": [level(k)[1].astype(np.uint32) for k in range(5)],
        "up_transform": [csc_matrix(matrix) for matrix in hierarchy.upsampling],
    }
    path.write_bytes(pickle.dumps(content | changes, protocol=2))
    return path


def test_the_published_file_gives_the_hierarchy(tmp_path):
    hierarchy, expected = (
        load_mesh_hierarchy(published_pickle(tmp_path / "transform.pkl")),
        stored_hierarchy(stand_in()),
    )
    for ours, theirs in zip(
        (*hierarchy.spirals, *hierarchy.upsampling), (*expected.spirals, *expected.upsampling), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_a_file_without_a_level_is_refused(tmp_path):
    path = published_pickle(tmp_path / "transform.pkl", up_transform=[csc_matrix(np.eye(3))])
    with pytest.raises(ValueError, match=r"level 1 of up_transform in .*transform\.pkl"):
        load_mesh_hierarchy(path)


def test_a_file_of_another_mesh_is_refused(tmp_path):
    matrices = [csc_matrix(np.eye(3))] * 4
    with pytest.raises(ValueError, match=r"shapes \[\(778, 389\).*got \[\(3, 3\).*use the template files"):
        load_mesh_hierarchy(published_pickle(tmp_path / "transform.pkl", up_transform=matrices))


def test_matrices_that_are_not_finite_are_refused():
    hierarchy = stored_hierarchy(stand_in())
    broken = tuple(np.full_like(matrix, np.nan) for matrix in hierarchy.upsampling)
    with pytest.raises(ValueError, match="expected finite matrices"):
        MeshHierarchy(broken, hierarchy.spirals)


def test_a_hand_model_gives_a_hierarchy():
    assert [len(spirals) for spirals in mesh_hierarchy(load_free_hand()).spirals] == list(SIZES[:-1])


def test_the_registry_builds_it_on_the_mesh_of_a_hand_model():
    hand = load_free_hand()
    network = untrained_network("youtubehand_resnet18", hand_model=hand)
    expected = torch.from_numpy(mesh_hierarchy(hand).spirals[0][:, 1].astype(np.int64))
    torch.testing.assert_close(network.decoder.coordinates.rows[:, 1] // 27, expected)


def test_a_checkpoint_of_another_encoder_is_refused():
    tensors = {"en_layer.layer1.0.conv3.weight": torch.zeros(256, 64, 1, 1)}
    with pytest.raises(ValueError, match=r"missing .*use weights made for this network"):
        fill_published(network(), tensors)


def test_an_imported_checkpoint_brings_its_mesh(tmp_path):
    torch.save(CASE.weights(), tmp_path / "state_dict.bin")
    mesh = published_pickle(tmp_path / "transform.pkl")
    path = import_checkpoint("youtubehand_resnet18", tmp_path / "state_dict.bin", tmp_path, mesh)
    imported = untrained_network("youtubehand_resnet18", hand_model=load_free_hand())
    load_imported(imported, path)
    with torch.inference_mode():
        for ours, theirs in zip(imported(crops(1)), network()(crops(1)), strict=True):
            torch.testing.assert_close(ours, theirs)


def test_weights_of_ones_own_training_hold_their_mesh(tmp_path):
    trained = untrained_network("youtubehand_resnet18", load_free_hand())
    torch.save({"epoch": 1, "model_state_dict": trained.state_dict()}, tmp_path / "own.pth")
    path = import_checkpoint("youtubehand_resnet18", tmp_path / "own.pth", tmp_path)
    imported = untrained_network("youtubehand_resnet18", load_free_hand())
    load_imported(imported, path)
    for key, tensor in trained.state_dict().items():
        torch.testing.assert_close(imported.state_dict()[key], tensor, rtol=0, atol=0)


@pytest.mark.parametrize("place", [-1, 778 * 27])
def test_a_mesh_that_points_outside_is_refused(tmp_path, place):
    state = untrained_network("youtubehand_resnet18", load_free_hand()).state_dict()
    state["decoder.coordinates.rows"][5, 3] = place
    torch.save(state, tmp_path / "own.pth")
    with pytest.raises(ValueError, match=r"places below 21006 in decoder\.coordinates\.rows"):
        import_checkpoint("youtubehand_resnet18", tmp_path / "own.pth", tmp_path)


def test_a_checkpoint_without_its_mesh_is_refused(tmp_path):
    torch.save(CASE.weights(), tmp_path / "state_dict.bin")
    with pytest.raises(ValueError, match=r"expected the published transform\.pkl with the weights .*got none"):
        import_checkpoint("youtubehand_resnet18", tmp_path / "state_dict.bin", tmp_path)


def test_a_batch_equals_its_single_images():
    images = crops(3)
    with torch.inference_mode():
        together = network()(images)
        for k in range(3):
            for whole, single in zip(together, network()(images[k : k + 1]), strict=True):
                torch.testing.assert_close(single[0], whole[k], atol=1e-5 * spread(whole), rtol=0)


def test_half_precision_stays_near_single():
    images = crops(1)
    half = YoutubeHand("resnet18", stored_hierarchy(stand_in()), synthetic_hand(Side.RIGHT))
    CASE.fill(half)
    with torch.inference_mode():
        for coarse, fine in zip(half.bfloat16()(images), network()(images), strict=True):
            assert coarse.dtype == torch.bfloat16
            assert (coarse.float() - fine).abs().max() < 0.05 * spread(fine)
