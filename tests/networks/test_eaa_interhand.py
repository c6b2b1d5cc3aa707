"""EAA-InterHand in both configurations: attention, graphs and their files, and the networks as a whole."""

from __future__ import annotations

import pickle
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks import untrained_network
from hand_recon_ros.networks.additive_attention import AdditiveAttention
from hand_recon_ros.networks.checkpoints import import_checkpoint, load_imported
from hand_recon_ros.networks.conformance.case import read_case
from hand_recon_ros.networks.conformance.eaa_interhand import stored_graphs
from hand_recon_ros.networks.conformance.seeding import synthetic_hand
from hand_recon_ros.networks.eaa_interhand import GRID, MAP_CHANNELS, PATCH_SIZE, EaaInterHand, MapDecoder
from hand_recon_ros.networks.eaa_release import EaaRelease
from hand_recon_ros.networks.graph_coarsening import adjacency, clustered
from hand_recon_ros.networks.hand_graphs import (
    CLUSTERED_COUNT,
    LEVEL_SIZES,
    VERTEX_COUNT,
    hand_graphs,
    load_hand_graphs,
    scaled_cluster_laplacian,
    scaled_mesh_laplacian,
)
from hand_recon_ros.networks.map_features import centres
from hand_recon_ros.networks.two_hands import TwoHandJoints, TwoHands, project
from hand_recon_ros.types import Side

CASES = Path(__file__).parents[1] / "data" / "conformance"
NETWORKS = {"eaa_interhand": EaaInterHand, "eaa_interhand_release": EaaRelease}
SIDES = ("left", "right")


@lru_cache
def stand_in() -> dict[str, np.ndarray]:
    return read_case(CASES / "eaa_interhand").assets()


def hand_joints() -> TwoHandJoints:
    return TwoHandJoints(synthetic_hand(Side.RIGHT), synthetic_hand(Side.LEFT))


@lru_cache
def network(name: str) -> EaaInterHand | EaaRelease:
    network = NETWORKS[name](stored_graphs(stand_in()), hand_joints())
    read_case(CASES / name).fill(network)
    return network


def crops(count: int) -> torch.Tensor:
    random = torch.Generator().manual_seed(3)
    coarse = torch.randint(0, 255, (count, 3, 9, 9), generator=random).float()
    return torch.nn.functional.interpolate(coarse, (256, 256), mode="bilinear").permute(0, 2, 3, 1).byte()


def spread(values: torch.Tensor) -> float:
    return float(values.max() - values.min())


def stored_matrix(name: str, size: int) -> np.ndarray:
    matrix = np.zeros((size, size))
    matrix[stand_in()[f"{name}_row"], stand_in()[f"{name}_col"]] = stand_in()[f"{name}_val"]
    return matrix


def test_copies_of_tokens_are_as_good_as_tokens():
    torch.manual_seed(0)
    attention, tokens = AdditiveAttention(16, final=True), torch.randn(2, 10, 16)
    torch.testing.assert_close(attention(tokens, copies=2), attention(torch.cat([tokens, tokens], 1))[:, :10])


def test_the_centre_of_a_map_is_where_its_weight_lies():
    maps = torch.zeros(1, 2, 64, 64)
    maps[0, 0, 63, 0] = maps[0, 1, 10, 20] = maps[0, 1, 20, 20] = 5
    expected = torch.tensor([[[-1, 1], [2 * 20 / 63 - 1, 2 * 15 / 63 - 1]]])
    torch.testing.assert_close(centres(maps), expected, atol=1e-5, rtol=0)


def test_a_point_at_the_origin_projects_to_the_shifted_middle():
    hands = TwoHands(torch.tensor([0.0, 0.0, 9.0]).expand(1, 2, 1, 3), torch.tensor([[[1.0, 0, 0], [2.0, 0.5, -0.5]]]))
    assert project(*hands).flatten(1).tolist() == [[128, 128, 192, 64]]


@pytest.mark.parametrize("side", SIDES)
def test_the_laplacian_of_the_mesh_is_that_of_the_published_recipe(side):
    weights = adjacency(stand_in()[f"{side}_faces"], VERTEX_COUNT)
    np.testing.assert_allclose(
        scaled_mesh_laplacian(weights), stored_matrix(f"{side}_mesh_L", VERTEX_COUNT), atol=1e-12
    )


@pytest.mark.parametrize("level", range(5))
@pytest.mark.parametrize("side", SIDES)
def test_laplacians_of_clusterings_are_those_of_the_published_recipe(side, level):
    size = CLUSTERED_COUNT >> level
    weights = stored_matrix(f"{side}_adj_{level}", size)
    np.testing.assert_allclose(scaled_cluster_laplacian(weights), stored_matrix(f"{side}_L_{level}", size), atol=1e-12)


def test_a_clustering_pairs_neighbours_and_keeps_every_edge():
    edges = adjacency(load_free_hand().faces, VERTEX_COUNT)
    clustering = clustered(edges, LEVEL_SIZES[0])
    finest = clustering.weights[0]
    assert [len(weights) for weights in clustering.weights] == [1008, 504, 252, 126, 63]
    np.testing.assert_array_equal(finest[np.ix_(clustering.places, clustering.places)], edges)
    for fine, coarse in zip(clustering.weights, clustering.weights[1:], strict=False):
        np.testing.assert_array_equal(fine.reshape(len(coarse), 2, len(coarse), 2).sum((1, 3)), coarse)
        partners = fine[np.arange(0, len(fine), 2), np.arange(1, len(fine), 2)]
        alone = (fine[::2].sum(1) == 0) | (fine[1::2].sum(1) == 0)
        assert (alone | (partners > 0)).all()


def test_a_mesh_that_does_not_cluster_as_needed_is_refused():
    with pytest.raises(ValueError, match="pairs up to 63 clusters"):
        clustered(np.zeros((20, 20)), LEVEL_SIZES[0])


def published_pickles(folder: Path, **changes: object) -> Path:
    """The stand-in graphs in the form of the published files."""
    for side in SIDES:
        graph = {
            "mesh_faces": stand_in()[f"{side}_faces"].astype(np.uint32),
            "graph_mask": torch.ones(CLUSTERED_COUNT),
            "coarsen_graphs_L": [csr_matrix(stored_matrix(f"{side}_L_{k}", CLUSTERED_COUNT >> k)) for k in range(5)],
            "graph_perm": stand_in()[f"{side}_graph_perm"].tolist(),
            "graph_perm_reverse": stand_in()[f"{side}_graph_perm_reverse"],
        }
        mesh = {"mesh_L": csr_matrix(stored_matrix(f"{side}_mesh_L", VERTEX_COUNT))}
        (folder / f"graph_{side}.pkl").write_bytes(pickle.dumps(graph | changes, protocol=2))
        (folder / f"mesh_{side}.pkl").write_bytes(pickle.dumps(mesh, protocol=4))
    return folder


def test_the_published_files_give_the_graphs(tmp_path):
    graphs, expected = load_hand_graphs(published_pickles(tmp_path)), stored_graphs(stand_in())
    for ours, theirs in ((graphs.left, expected.left), (graphs.right, expected.right)):
        for a, b in zip((*ours.coarse, ours.mesh), (*theirs.coarse, theirs.mesh), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-7)
        np.testing.assert_array_equal(ours.vertex_clusters, theirs.vertex_clusters)


def test_files_without_a_matrix_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"expected coarsen_graphs_L\.4 in .*graph_left\.pkl, which lacks it"):
        load_hand_graphs(published_pickles(tmp_path, coarsen_graphs_L=[]))


def test_files_of_another_mesh_are_refused(tmp_path):
    matrices = [csr_matrix(np.eye(1024 >> k)) for k in range(5)]
    with pytest.raises(ValueError, match=r"got \[\(64, 64\).*use the graph files published with this network"):
        load_hand_graphs(published_pickles(tmp_path, coarsen_graphs_L=matrices))


def test_a_file_that_runs_code_is_refused(tmp_path):
    published_pickles(tmp_path)
    (tmp_path / "graph_left.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(ValueError, match=r"os\.system, which no file of arrays needs"):
        load_hand_graphs(tmp_path)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_registry_builds_it_on_the_mesh_of_a_hand_model(name):
    hand = load_free_hand()
    network = untrained_network(name, hand_model=hand)
    expected = torch.from_numpy(hand_graphs(hand).right.coarse[0])
    torch.testing.assert_close(network.decoder.dual_gcn.layers[0].graph_right.laplacian, expected)


def test_an_imported_checkpoint_brings_its_graphs(tmp_path):
    state = {f"module.{key}": tensor for key, tensor in read_case(CASES / "eaa_interhand").weights().items()}
    torch.save(state, tmp_path / "weights.pth")
    path = import_checkpoint("eaa_interhand", tmp_path / "weights.pth", tmp_path, published_pickles(tmp_path))
    imported = untrained_network("eaa_interhand", hand_model=load_free_hand())
    load_imported(imported, path)
    with torch.inference_mode():
        ours, theirs = imported(crops(1)).vertices, network("eaa_interhand")(crops(1)).vertices
    torch.testing.assert_close(ours, theirs, atol=1e-5 * spread(theirs), rtol=0)


def test_weights_of_the_other_configuration_are_refused(tmp_path):
    torch.save(read_case(CASES / "eaa_interhand_release").weights(), tmp_path / "interhand.pth")
    with pytest.raises(ValueError, match=r"no checkpoint of eaa_interhand but one of eaa_interhand_release: .*missing"):
        import_checkpoint("eaa_interhand", tmp_path / "interhand.pth", tmp_path, published_pickles(tmp_path))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_batch_equals_its_single_images(name):
    images = crops(2)
    with torch.inference_mode():
        together = network(name)(images)
        for k in range(2):
            for whole, single in zip(together, network(name)(images[k : k + 1]), strict=True):
                torch.testing.assert_close(single[0], whole[k], atol=2e-5 * spread(whole), rtol=0)


def test_dropout_acts_in_training_only():
    graphs, planes = stored_graphs(stand_in()), torch.randn(1, 50, 64, 64, generator=torch.Generator().manual_seed(0))
    decoder = EaaInterHand(graphs, hand_joints(), dropout=0.5).decoder
    assert not torch.equal(decoder(planes).vertices, decoder(planes).vertices)
    torch.testing.assert_close(decoder.eval()(planes).vertices, decoder(planes).vertices)


@pytest.mark.parametrize("seed", range(3))
def test_before_training_pictures_are_told_apart(seed):
    """With PyTorch's own weights all have the same meshes to a fiftieth, and training makes that no better."""
    torch.manual_seed(seed)
    decoder = MapDecoder(stored_graphs(stand_in()), 0.0)
    patches = torch.rand(4, sum(MAP_CHANNELS), GRID, GRID)
    with torch.no_grad():
        vertices = decoder(patches.repeat_interleave(PATCH_SIZE, 2).repeat_interleave(PATCH_SIZE, 3)).vertices
    assert vertices.std(0).mean() > 0.1 * vertices.std()
