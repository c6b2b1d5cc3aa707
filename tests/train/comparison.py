"""Whether samples read back are the truth they were written from."""

import numpy as np

from hand_recon_ros.camera import project

TENTH_MM = 1e-4
TENTH_PX = 0.1


def assert_same_picture(found, image):
    """The same up to JPEG: another order of channels, a mirrored or a shifted picture differ by more."""
    assert found.shape == image.shape and found.dtype == np.uint8
    error = np.abs(found.astype(int) - image).mean()
    assert error < 3, f"pictures differ by {error}"
    for other in (found[..., ::-1], found[:, ::-1], np.roll(found, 1, axis=1), np.roll(found, 1, axis=0)):
        assert np.abs(other.astype(int) - image).mean() > error


def assert_same_points(found, points, limit):
    assert found.shape == points.shape
    assert np.abs(found - points).max() < limit


def assert_same_hand(found, hand, scene, vertices=True, frayed=0.06):
    """Side, joints, pixels, vertices and what they project to, mask; JPEG frays its outline by a share of it."""
    assert found.side == hand.side
    assert_same_points(found.joints, hand.joints, TENTH_MM)
    assert_same_points(found.joints_2d, scene.pixels(hand), TENTH_PX)
    if vertices:
        assert_same_points(found.vertices, hand.vertices, TENTH_MM)
        assert_same_points(project(scene.camera, found.vertices), project(scene.camera, hand.vertices), TENTH_PX)
    if found.mask is not None:
        assert found.mask.shape == hand.mask.shape
        assert (found.mask ^ hand.mask).sum() < frayed * hand.mask.sum()


def assert_same_camera(found, camera):
    values = (found.fx, found.fy, found.cx, found.cy, found.width, found.height)
    expected = (camera.fx, camera.fy, camera.cx, camera.cy, camera.width, camera.height)
    assert np.allclose(values, expected, rtol=1e-6)


def assert_same_parameters(found, hand, models):
    """Skinning the parameters gives the hand."""
    from hand_recon_train.datasets.mano import surface

    vertices, joints = surface(found, models[hand.side])
    assert_same_points(vertices, hand.vertices, TENTH_MM)
    assert_same_points(joints, hand.joints, TENTH_MM)
