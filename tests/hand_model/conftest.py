import numpy as np
import pytest

from hand_recon_ros.hand_model import axis_angle_to_matrix, free_hand_anatomy, load_free_hand, rotations_from_angles

PARENTS = [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14]


@pytest.fixture(scope="session")
def hand():
    return load_free_hand()


@pytest.fixture(scope="session")
def anatomy():
    return free_hand_anatomy()


@pytest.fixture(scope="session")
def random_rotations(anatomy):
    """Rotations (N, 16, 3, 3) within the limits, the wrist turned anywhere."""

    def draw(count, seed=0):
        rng = np.random.default_rng(seed)
        angles = anatomy.lower + (anatomy.upper - anatomy.lower) * rng.uniform(size=(count, 15, 3))
        wrist = axis_angle_to_matrix(rng.normal(size=(count, 1, 3)))
        return np.concatenate([wrist, rotations_from_angles(anatomy.axes, angles)], axis=1).astype(np.float32)

    return draw


@pytest.fixture
def mano_fields():
    """A dictionary with the names, shapes and types of a MANO file, and nothing of MANO in it."""
    rng = np.random.default_rng(7)
    regressor = np.zeros((16, 778))
    regressor[np.arange(778) % 16, np.arange(778)] = 1
    regressor /= regressor.sum(axis=1, keepdims=True)
    weights = rng.uniform(size=(778, 16)) ** 8
    return {
        "v_template": 0.1 * rng.normal(size=(778, 3)),
        "f": rng.integers(0, 778, (1538, 3)).astype(np.uint32),
        "weights": weights / weights.sum(axis=1, keepdims=True),
        "J_regressor": regressor,
        "kintree_table": np.array([[2**32 - 1, *PARENTS[1:]], range(16)], np.uint32),
        "shapedirs": 0.01 * rng.normal(size=(778, 3, 10)),
        "posedirs": 0.001 * rng.normal(size=(778, 3, 135)),
        "hands_mean": 0.1 * rng.normal(size=45),
        "hands_components": np.linalg.qr(rng.normal(size=(45, 45)))[0],
        "hands_coeffs": rng.normal(size=(20, 45)),
        "bs_style": "lbs",
        "bs_type": "lrotmin",
    }
