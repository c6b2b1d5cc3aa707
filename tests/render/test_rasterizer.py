"""The rasteriser against a per-pixel brute force, and its promises: watertight, occluding, clipped, bounded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.render import rasterizer
from hand_recon_ros.render.rasterizer import rasterize
from hand_recon_ros.types import CameraModel

SIZE = (17, 23)


def rays_meet_faces(vertices, faces, rays):
    """Depth (P, F) at which rays (P, 3) of unit depth from the origin meet faces, inf where not, and weights (P, F, 3).

    Solves the three equations of each ray and triangle in space, without any projection.
    """
    corners = np.moveaxis(vertices[faces], 1, 2)  # (F, 3 axes, 3 corners)
    weights = np.linalg.solve(corners[None], rays[:, None, :, None])[..., 0]  # proportional to barycentric
    total = weights.sum(axis=-1)
    met = (weights >= 0).all(axis=-1) & (total > 0)
    return np.where(met, 1 / np.where(met, total, 1), np.inf), weights / np.where(met, total, 1)[..., None]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 12), zoom=st.sampled_from([4.0, 20.0, 200.0]))
def test_agrees_with_rays_through_random_triangles(seed, count, zoom):
    rng = np.random.default_rng(seed)
    camera = CameraModel(zoom, zoom, 11.3, 8.1, SIZE[1], SIZE[0])
    vertices = rng.uniform([-1, -1, 0.5], [1, 1, 2.0], (3 * count, 3))
    # Pixels that the rasteriser's grid can represent, so that both see the same triangles.
    pixels = np.round(project(camera, vertices).astype(float) * 1024) / 1024
    vertices[:, :2] = (pixels - (camera.cx, camera.cy)) / zoom * vertices[:, 2:]
    faces = np.arange(3 * count).reshape(-1, 3)
    v, u = np.mgrid[: SIZE[0], : SIZE[1]]
    rays = np.stack([(u - camera.cx) / zoom, (v - camera.cy) / zoom, np.ones_like(u)], axis=-1).reshape(-1, 3)

    found = rasterize(pixels, vertices[:, 2], faces, SIZE)
    depths, weights = rays_meet_faces(vertices, faces, rays)

    nearest = depths.min(axis=1)
    sure = (np.abs(weights).min(axis=2) > 1e-6).all(axis=1)  # not on an edge, where rounding of the rays decides
    face = np.where(np.isfinite(nearest), depths.argmin(axis=1), -1)
    np.testing.assert_array_equal(found.face.ravel()[sure], face[sure])
    np.testing.assert_allclose(found.depth.ravel()[sure], nearest[sure], rtol=1e-5)
    hit = sure & (face >= 0)
    np.testing.assert_allclose(
        found.barycentric.reshape(-1, 3)[hit], weights[np.flatnonzero(hit), face[hit]], atol=1e-5
    )


def disc(rng, centre, vertices):
    """A fan of triangles with a jagged rim around an inner vertex, all rounded to quarter pixels to force ties."""
    angles = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    rim = centre + rng.uniform(4, 9, (vertices, 1)) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points = np.round(np.concatenate([[centre], rim]) * 4) / 4
    ring = np.arange(vertices)
    return points, np.stack([0 * ring, 1 + ring, 1 + (ring + 1) % vertices], axis=1)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), vertices=st.integers(3, 9))
def test_faces_that_share_edges_cover_each_pixel_once(seed, vertices):
    rng = np.random.default_rng(seed)
    points, faces = disc(rng, np.array([11.0, 8.0]), vertices)
    alone = sum(
        (rasterize(points, np.ones(len(points)), faces[k : k + 1], SIZE).face >= 0) * 1 for k in range(vertices)
    )
    together = rasterize(points, np.ones(len(points)), faces, SIZE).face >= 0
    assert alone.max() == 1
    np.testing.assert_array_equal(alone == 1, together)
    assert together[8, 11], "the pixel at the shared inner vertex"


def test_pixel_centres_are_whole_numbers_and_the_top_left_rule_holds():
    square = np.array([[2.0, 3.0], [6.0, 3.0], [6.0, 7.0], [2.0, 7.0]])
    found = rasterize(square, np.ones(4), np.array([[0, 1, 2], [0, 2, 3]]), SIZE).face >= 0
    expected = np.zeros(SIZE, bool)
    expected[3:7, 2:6] = True
    np.testing.assert_array_equal(found, expected)


def test_both_windings_are_seen_with_weights_in_the_order_of_the_corners():
    points = np.array([[1.0, 1.0], [14.0, 2.0], [5.0, 15.0]])
    depth = np.array([1.0, 2.0, 3.0])
    one = rasterize(points, depth, np.array([[0, 1, 2]]), SIZE)
    other = rasterize(points, depth, np.array([[2, 1, 0]]), SIZE)
    np.testing.assert_array_equal(one.face, other.face)
    np.testing.assert_allclose(one.barycentric, other.barycentric[..., ::-1], atol=1e-7)
    assert [one.barycentric[y, x].argmax() for x, y in ((2, 2), (12, 3), (5, 13))] == [0, 1, 2]


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_the_nearer_of_two_meshes_hides_the_farther(order):
    triangle = np.array([[1.0, 1.0], [20.0, 1.0], [1.0, 15.0]])
    points, depth = np.concatenate([triangle, triangle]), np.repeat([0.4, 0.9], 3)
    faces = np.array([[0, 1, 2], [3, 4, 5]])[order]
    found = rasterize(points, depth, faces, SIZE)
    hit = found.face >= 0
    assert set(found.face[hit]) == {order.index(0)}
    np.testing.assert_allclose(found.depth[hit], 0.4)
    assert np.isinf(found.depth[~hit]).all()


def test_faces_partly_off_the_image_are_clipped_to_it():
    points = np.array([[-1e5, -1e5], [1e5, -1e5], [0.0, 2e5]])
    assert (rasterize(points, np.ones(3), np.array([[0, 1, 2]]), SIZE).face == 0).all()
    assert (rasterize(points + (3e5, 0), np.ones(3), np.array([[0, 1, 2]]), SIZE).face == -1).all()


@pytest.mark.parametrize("bad", [0.0, -0.3, np.nan, np.inf])
def test_faces_that_reach_behind_the_camera_are_left_out(bad):
    points = np.array([[1.0, 1.0], [20.0, 1.0], [1.0, 15.0], [20.0, 15.0]])
    found = rasterize(points, np.array([1.0, 1.0, 1.0, bad]), np.array([[0, 1, 2], [1, 3, 2]]), SIZE)
    assert set(np.unique(found.face)) == {-1, 0}


def test_pixels_that_are_not_numbers_and_edge_on_faces_are_left_out():
    points = np.array([[1.0, 1.0], [20.0, 1.0], [9.0, 1.0], [np.nan, 2.0]])
    found = rasterize(points, np.ones(4), np.array([[0, 1, 2], [0, 1, 3]]), SIZE)
    assert (found.face == -1).all()
    assert (rasterize(points, np.ones(4), np.zeros((0, 3), int), SIZE).face == -1).all()


def test_working_in_pieces_changes_nothing(monkeypatch):
    hand = load_free_hand()
    camera = CameraModel(150, 150, 50, 40, 100, 80)
    vertices = hand.template - hand.template.mean(axis=0) + (0, 0, 0.3)
    whole = rasterize(project(camera, vertices), vertices[:, 2], hand.faces, (80, 100))
    monkeypatch.setattr(rasterizer, "PAIRS_AT_ONCE", 97)
    pieces = rasterize(project(camera, vertices), vertices[:, 2], hand.faces, (80, 100))
    assert (whole.face >= 0).sum() > 500
    np.testing.assert_array_equal(whole.face, pieces.face)
    np.testing.assert_array_equal(whole.barycentric, pieces.barycentric)
