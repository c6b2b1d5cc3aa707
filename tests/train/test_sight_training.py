"""Making the head that sees: looks at rendered hands, their shards, and the regression."""

import numpy as np
import pytest
import torch

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks.hand_sight import FEATURES, SIGHT
from hand_recon_ros.pipeline.lifting import lift, load_lifter
from hand_recon_ros.pipeline.recipes import find_recipe, load_articulation
from hand_recon_train.sight.looking import look
from hand_recon_train.sight.records import Looks, learnt_from, observed, read_shards
from hand_recon_train.sight.regression import TURN_SHARE, fit_head
from hand_recon_train.sight.trunk import Maps, blind_network
from hand_recon_train.synthetic.renderer import Recipe, Renderer

RECIPE = find_recipe("sighted_full")
POINTS = load_articulation(load_free_hand(), RECIPE)


@pytest.fixture(scope="module")
def shard(tmp_path_factory):
    maps, renderer = Maps(blind_network()), Renderer(Recipe(seed=5, size=160))

    @torch.inference_mode()
    def run(images):
        return tuple(output.numpy() for output in maps(torch.from_numpy(images)))

    rows = look(run, POINTS, [renderer(index) for index in range(6)], np.random.default_rng(0))
    path = tmp_path_factory.mktemp("looks") / "5-0000.npz"
    np.savez(path, **{name: np.stack([row[name] for row in rows]) for name in rows[0]})
    return path


def test_looks_show_hands_of_both_sides_where_their_points_are(shard):
    looks = read_shards([shard])
    assert looks["features"].shape[1] == FEATURES and set(looks["mirrored"]) == {False, True}
    off = np.linalg.norm(looks["points"][..., :2] - looks["true_points"], axis=2).mean(axis=1)
    assert np.median(off) < 15, "mirrored looks too: both are in pixels of the crop that the network saw"


def test_what_the_lifter_lacks_brings_it_to_the_truth(shard):
    looks, lifter = read_shards([shard]), load_lifter(RECIPE.lifter)
    seen, error = observed(looks), learnt_from(POINTS, lifter, looks).error
    small = np.linalg.norm(error[:, :3], axis=1) < 0.3
    told = lift(lifter, POINTS, type(seen)(seen.rays, seen.relative, error))
    assert small.any() and told.root[small] == pytest.approx(looks["root"][small], abs=0.01)
    joint, axis = POINTS.free.T
    true = looks["angles"][:, joint, axis].clip(POINTS.lower[joint, axis], POINTS.upper[joint, axis])
    # What the lifter wants beyond the limits is cut off only after the sight is added.
    assert np.median(np.abs(told.angles[:, joint, axis] - true)) < 1e-3


def test_the_regression_finds_what_the_features_tell():
    chance, count = np.random.default_rng(1), 400
    features = chance.normal(size=(count, FEATURES)).astype(np.float16)
    is_right = chance.random(count) < 0.5
    error = 0.1 * chance.normal(size=(count, SIGHT))
    error[:, 0] = error[:, 3] = 0.3 * np.tanh(features[:, 7])
    features[:, :400] = features[:, 7:8]  # enough of it to stand against the ridge
    features[:, 4000] = np.where(is_right, 3, -3)
    head = fit_head(Looks(features, np.zeros(count), is_right, error))
    sight = head.sight(torch.from_numpy(features).float()).unflatten(1, (2, SIGHT)).numpy()
    own = sight[np.arange(count), np.where(is_right, 0, 1)]
    assert np.corrcoef(own[:, 3], error[:, 3])[0, 1] > 0.9
    assert own[:, 0] == pytest.approx(TURN_SHARE * own[:, 3], abs=1e-3)
    side = head.side(torch.from_numpy(features).float()).squeeze(1).numpy()
    assert ((side > 0) == is_right).mean() > 0.95
