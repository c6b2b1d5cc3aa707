"""From samples to a network's pictures: pixels, space, parameters and masks stay those of one hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts.truth import scene, stand_in_models

from hand_recon_ros.hand_model.layer import HandLayer
from hand_recon_ros.networks import find_intake
from hand_recon_ros.networks.live import LiveHands
from hand_recon_ros.types import Side
from hand_recon_train.datasets import HandTruth, ManoParameters, PoseKind, Sample
from hand_recon_train.training.augmentation import PLAIN, Augmentation, Spread, recoloured
from hand_recon_train.training.matching import matched
from hand_recon_train.training.preparing import Preparation, tensors
from hand_recon_train.training.sources import EpochOrder, FirstOnes

WILD = Augmentation(
    scale=Spread(0.7, 1.4), turn_deg=Spread(-90, 90), shift=Spread(-20, 20), gain=Spread(0.6, 1.4), mirrored=0.5
)


def sample(seed=0, sides=(Side.RIGHT,)):
    """A rendered picture as a data set gives it."""
    made = scene(seed, sides)
    hands = tuple(
        HandTruth(
            hand.side,
            hand.joints,
            made.pixels(hand),
            vertices=hand.vertices,
            mano=ManoParameters(hand.pose, hand.betas, hand.translation, PoseKind.FULL),
            mask=hand.mask,
        )
        for hand in made.hands
    )
    return Sample(made.image, made.camera, hands, f"scene {seed}")


def prepared(network, given, seed=1, augmentation=WILD):
    return Preparation(find_intake(network), augmentation=augmentation)(given, np.random.default_rng(seed))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([Side.RIGHT, Side.LEFT]))
def test_a_hand_stays_one_hand_through_crop_turn_and_mirror(seed, side):
    given_hand = sample(seed % 3, (side,))
    view = prepared("handoccnet", given_hand, seed)
    hand, before = view.hands[0], given_hand.hands[0]
    assert view.mirrored == (side == Side.LEFT) and hand.right
    vertices, joints = HandLayer(stand_in_models()[Side.RIGHT])(
        torch.from_numpy(hand.pose).reshape(1, 48), torch.from_numpy(hand.betas)[None]
    )
    if side == Side.RIGHT:  # the stand-in's left hand is renumbered for other fingertips
        assert np.abs((vertices[0] - joints[0, 0]).numpy() - (hand.vertices - hand.joints[0])).max() < 1e-4
    assert np.abs((joints[0] - joints[0, 0]).numpy() - (hand.joints - hand.joints[0])).max() < 4e-3
    back = hand.joints_2d @ view.to_image[:, :2].T + view.to_image[:, 2]
    if view.mirrored:
        back[:, 0] = given_hand.image.shape[1] - 1 - back[:, 0]
    assert np.abs(back - before.joints_2d).max() < 1e-2


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**31))
def test_space_turns_with_the_picture(seed):
    """The directions of bones in the picture and in space keep their angle: both are turned by the same."""
    given_hand = sample(0)
    view = prepared("handoccnet", given_hand, seed)
    hand, before = view.hands[0], given_hand.hands[0]
    angle = [complex(*(points[9] - points[0])[:2].tolist()) for points in (hand.joints_2d, before.joints_2d)]
    space = [complex(*(points[9] - points[0])[:2].tolist()) for points in (hand.joints, before.joints)]
    turned, meant = (np.angle(pair[0] / pair[1]) for pair in (angle, space))
    assert abs(np.angle(np.exp(1j * (turned - meant)))) < 1e-3


def test_pictures_show_at_the_new_pixels_what_was_at_the_old_ones():
    given_hand = sample(1)
    view = prepared("handoccnet", given_hand, 3, replace(WILD, gain=Spread(1, 1, mean=1)))
    inside = (view.hands[0].joints_2d > 3).all(1) & (view.hands[0].joints_2d < 252).all(1)
    assert inside.sum() > 10
    for new, old in zip(view.hands[0].joints_2d[inside], given_hand.hands[0].joints_2d[inside], strict=True):
        (x, y), (u, v) = new.round().astype(int), old.round().astype(int)
        patch = given_hand.image[max(v - 2, 0) : v + 3, max(u - 2, 0) : u + 3].reshape(-1, 3).astype(int)
        assert (view.picture[y, x] >= patch.min(0) - 8).all() and (view.picture[y, x] <= patch.max(0) + 8).all()


def test_masks_follow_the_picture():
    view = prepared("handoccnet", sample(2), 5)
    mask = view.hands[0].mask
    assert mask.shape == (256, 256)
    u, v = view.hands[0].joints_2d[9].round().astype(int)
    assert 0.02 < mask.mean() < 0.9 and mask[v - 6 : v + 7, u - 6 : u + 7].mean() > 0.5


def test_pairs_come_left_then_right_and_mirroring_swaps_them():
    given_pair = sample(3, (Side.RIGHT, Side.LEFT))
    straight = prepared("eaa_interhand", given_pair, 0, PLAIN)
    swapped = prepared("eaa_interhand", given_pair, 0, replace(PLAIN, mirrored=1.0))
    for view in (straight, swapped):
        assert [hand.right for hand in view.hands] == [False, True] and view.present == (True, True)
    before = {hand.side: hand for hand in given_pair.hands}
    assert np.allclose(straight.hands[0].joints, before[Side.LEFT].joints, atol=1e-6)
    assert np.allclose(swapped.hands[0].joints, before[Side.RIGHT].joints * [-1, 1, 1], atol=1e-6)
    batch = tensors(swapped, 4)
    assert batch.owner.unique().tolist() == [0, 1, 2] and batch.has_owner and batch.number == 4


def test_what_is_not_known_is_zero_and_flagged():
    bare = sample(0)
    hand = replace(bare.hands[0], vertices=None, mano=None, mask=None, joints=np.full((21, 3), np.nan, np.float32))
    batch = tensors(prepared("handoccnet", replace(bare, hands=(hand,)), 0, PLAIN), 0)
    assert not (batch.has_vertices | batch.has_pose | batch.has_places).any() and not batch.has_joints.any()
    assert batch.has_pixels.all() and not batch.has_owner
    assert all(tensor.isfinite().all() for tensor in batch if tensor.is_floating_point())


def test_pictures_without_hands_and_absent_places_are_prepared():
    empty = replace(sample(0), hands=())
    for network, places in (("handoccnet", 1), ("eaa_interhand", 2), ("smhr_multi", 4)):
        batch = tensors(prepared(network, empty, 0, PLAIN), 0)
        assert batch.present.tolist() == [False] * places and not batch.has_owner


def test_numbers_are_drawn_as_said():
    rng = np.random.default_rng(0)
    normal = [Spread(-2, 2, deviation=1).draw(rng) for _ in range(4000)]
    assert np.abs(normal).max() <= 2 and np.std(normal) == pytest.approx(0.95, abs=0.05)
    rare = [Spread(1, 2, mean=5, likelihood=0.25).draw(rng) for _ in range(4000)]
    assert np.mean(np.array(rare) == 5) == pytest.approx(0.75, abs=0.03)
    picture = np.full((2, 2, 3), 100, np.uint8)
    doubled = recoloured(picture, Augmentation(gain=Spread(3, 3)), rng)
    assert (doubled == 255).all() and recoloured(picture, PLAIN, rng) is picture


def test_every_epoch_has_each_sample_once_in_an_order_of_its_own():
    order = EpochOrder(10, 3, seed=5)
    first = [key for batch in order for key in batch]
    order.set_epoch(1)
    second = [key for batch in order for key in batch]
    assert len({number for _, number in first}) == 9 == len(first)
    assert {epoch for epoch, _ in second} == {1}
    assert [n for _, n in first] != [n for _, n in second]
    assert first == [key for batch in EpochOrder(10, 3, seed=5) for key in batch]


def test_processes_share_a_step_and_runs_go_on_where_they_were():
    alone = list(EpochOrder(16, 4, seed=1))
    shared = [list(EpochOrder(16, 2, seed=1, rank=rank, world=2)) for rank in (0, 1)]
    assert [first + second for first, second in zip(*shared, strict=True)] == alone
    resumed = EpochOrder(16, 4, seed=1, epoch=1, done=3)
    whole = EpochOrder(16, 4, seed=1)
    whole.set_epoch(1)
    assert list(resumed) == list(whole)[3:] and len(resumed) == 4
    resumed.set_epoch(2)
    assert len(list(resumed)) == 4
    with pytest.raises(ValueError, match=r"expected at least 8 samples, 4 for each of 2 processes, got 7"):
        EpochOrder(7, 4, seed=1, world=2)


def test_the_first_samples_of_a_data_set():
    few = FirstOnes([sample(0), sample(1), sample(2)], 2)
    assert len(few) == 2 and few[1].source == "scene 1"
    with pytest.raises(IndexError):
        few[2]


def test_found_hands_come_in_the_order_of_the_true_ones():
    batch = tensors(prepared("smhr_multi", sample(3, (Side.RIGHT, Side.LEFT)), 0, PLAIN), 0)
    batch = type(batch)(*(tensor[None] for tensor in batch))
    order = torch.tensor([2, 1, 3, 0])
    pixels = batch.joints_2d[:, order] + 1.5
    pixels[:, order >= 2] += 500
    nothing = torch.zeros(1, 4, 1)
    live = LiveHands(nothing, nothing, pixels, torch.zeros(1, 4), order[None].float(), nothing, nothing)
    found = matched(live, batch)
    assert found.right[0, :2].tolist() == [0, 1]
    assert (found.pixels[0, :2] - batch.joints_2d[0, :2]).abs().max() < 2
