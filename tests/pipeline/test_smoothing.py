from dataclasses import replace

import numpy as np
import pytest

from hand_recon_ros.pipeline.smoothing import OneEuro, smooth, start_smoothing


def run(settings, states, seconds):
    filtered = [start_smoothing(states[0])]
    for state in states[1:]:
        filtered.append(smooth(settings, filtered[-1], state, seconds))
    return [f.state for f in filtered]


def test_jitter_at_rest_shrinks(random_hands):
    hand, rng = random_hands(1, seed=1), np.random.default_rng(1)
    noisy = [replace(hand, translation=hand.translation + rng.normal(scale=0.002, size=(1, 3))) for _ in range(120)]
    raw = np.concatenate([s.translation for s in noisy])[30:]
    smoothed = np.concatenate([s.translation for s in run(OneEuro(), noisy, 1 / 30)])[30:]
    assert smoothed.std(axis=0).max() < 0.6 * raw.std(axis=0).min()
    assert smoothed.mean(axis=0) == pytest.approx(raw.mean(axis=0), abs=1e-3)


def test_a_fast_hand_is_followed_closely(random_hands):
    hand = random_hands(1, seed=2)
    moving = [replace(hand, translation=hand.translation + (k / 30, 0, 0)) for k in range(60)]  # 1 m/s
    lag = moving[-1].translation - run(OneEuro(), moving, 1 / 30)[-1].translation
    assert 0 <= lag[0, 0] < 0.03


def test_a_turn_ends_where_the_hand_ends(random_hands):
    hand = random_hands(1, seed=3)
    turned = replace(hand, root=random_hands(1, seed=4).root, angles=hand.angles * 0.5)
    last = run(OneEuro(), [hand] + [turned] * 200, 1 / 30)[-1]
    assert last.root == pytest.approx(turned.root, abs=1e-3)
    assert last.angles == pytest.approx(turned.angles, abs=1e-3)
    assert np.linalg.det(last.root) == pytest.approx([1.0])


def test_time_counts_not_frames(random_hands):
    hand, target = random_hands(1, seed=5), random_hands(1, seed=6)
    target = replace(hand, translation=hand.translation + (0.001, 0, 0))
    coarse = run(OneEuro(1.0, 0.0), [hand] + [target] * 15, 1 / 15)[-1].translation
    fine = run(OneEuro(1.0, 0.0), [hand] + [target] * 150, 1 / 150)[-1].translation
    assert coarse == pytest.approx(fine, abs=1e-4)


def test_no_time_no_change(random_hands):
    hand, other = random_hands(1, seed=7), random_hands(1, seed=8)
    still = smooth(OneEuro(), start_smoothing(hand), other, 0.0)
    assert (still.state.translation == hand.translation).all()


def test_settings_without_sense_are_refused():
    with pytest.raises(ValueError, match="positive cut-off"):
        OneEuro(min_cutoff_hz=0)
