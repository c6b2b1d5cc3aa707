"""Shading and layers: normals, attributes, occlusion, smooth outlines, bounds."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from hand_recon_ros.render import layers
from hand_recon_ros.render.layers import Mesh, draw_meshes, lay_over
from hand_recon_ros.render.rasterizer import rasterize
from hand_recon_ros.render.shading import interpolate, shade, vertex_normals
from hand_recon_ros.types import CameraModel

CAMERA = CameraModel(100.0, 100.0, 31.5, 23.5, 64, 48)


def ball(centre, radius, colour):
    sphere = trimesh.creation.icosphere(subdivisions=3, radius=radius)
    return Mesh(sphere.vertices + centre, np.asarray(sphere.faces), colour)


def test_normals_of_a_ball_point_away_from_its_centre():
    mesh = ball((0.3, -0.2, 1.0), 0.1, (1, 1, 1))
    away = (mesh.vertices - (0.3, -0.2, 1.0)) / 0.1
    assert (vertex_normals(mesh.vertices, mesh.faces) * away).sum(axis=1).min() > 0.999


def test_a_vertex_without_faces_has_no_normal():
    normals = vertex_normals(np.eye(4, 3), np.array([[0, 1, 2]]))
    np.testing.assert_array_equal(normals[3], 0)


def test_attributes_that_are_linear_in_space_stay_so_in_perspective():
    vertices = np.array([[-1.0, -1.0, 1.0], [2.0, -1.0, 3.0], [-1.0, 2.0, 2.0]])
    pixels = vertices[:, :2] / vertices[:, 2:] * 10 + (10, 10)
    seen = rasterize(pixels, vertices[:, 2], np.array([[0, 1, 2]]), (24, 24))
    points = interpolate(seen, np.array([[0, 1, 2]]), vertices)
    y, x = np.nonzero(seen.face >= 0)
    np.testing.assert_allclose(points[:, :2] / points[:, 2:] * 10 + (10, 10), np.stack([x, y], axis=1), atol=1e-3)


def test_light_falls_from_above_left_and_the_inside_is_dim():
    colours, points = np.full((3, 3), 0.5), np.tile([0.0, 0.0, 1.0], (3, 1))
    normals = np.array([[-0.5, -0.7, -0.5], [0.5, 0.7, -0.5], [-0.5, -0.7, -0.5]])
    lit = shade(colours, normals, points, np.array([False, False, True])).mean(axis=1)
    assert lit[0] > lit[1] > lit[2] > 0


def test_the_nearer_ball_hides_the_farther_in_any_order():
    near, far = ball((0, 0, 0.8), 0.1, (1, 0, 0)), ball((0, 0, 1.2), 0.1, (0, 0, 1))
    for meshes in ([near, far], [far, near]):
        layer = draw_meshes(meshes, CAMERA)
        middle = layer.colour[23 - layer.top, 31 - layer.left]
        assert middle[0] > 100 > middle[2]
        assert layer.owner[23 - layer.top, 31 - layer.left] == (0 if meshes[0] is near else 1)
        assert layer.owner[0, 0] == -1


def test_a_layer_covers_the_projected_area_with_smooth_outlines():
    layer = draw_meshes([ball((0, 0, 1.0), 0.15, (1, 1, 1))], CAMERA, detail=4)
    outline = np.arcsin(0.15)  # half the angle of the ball's outline
    assert layer.coverage.sum() == pytest.approx(np.pi * (100 * np.tan(outline)) ** 2, rel=0.01)
    assert ((layer.coverage > 0) & (layer.coverage < 1)).any()
    assert layer.coverage.shape < (33, 33)


def test_a_layer_of_many_pixels_has_fewer_samples_and_the_same_outline(monkeypatch):
    mesh = ball((0, 0, 1.0), 0.15, (1, 1, 1))
    whole = draw_meshes([mesh], CAMERA, detail=2)
    monkeypatch.setattr(layers, "MAX_SAMPLES", 600)
    coarse = draw_meshes([mesh], CAMERA, detail=2)
    assert coarse.coverage.shape == whole.coverage.shape and coarse[3:] == whole[3:]
    assert coarse.coverage.sum() == pytest.approx(whole.coverage.sum(), rel=0.03)
    assert np.abs(coarse.coverage - whole.coverage).mean() < 0.05


def test_layers_are_clipped_to_the_picture_and_blended_by_opacity():
    picture = np.full((48, 64, 3), 100, np.uint8)
    lay_over(picture, draw_meshes([ball((-0.3, -0.25, 1.0), 0.12, (1, 1, 1))], CAMERA), opacity=0.5)
    assert picture[0, 0, 0] > 110
    assert (picture[30:, 40:] == 100).all()


@pytest.mark.parametrize("centre", [(0, 0, -1.0), (5.0, 0, 1.0), (np.nan, 0, 1.0)])
def test_what_the_camera_cannot_see_leaves_the_picture_alone(centre):
    picture = np.full((48, 64, 3), 100, np.uint8)
    lay_over(picture, draw_meshes([ball(centre, 0.1, (1, 1, 1))], CAMERA))
    lay_over(picture, draw_meshes([], CAMERA))
    assert (picture == 100).all()


def test_a_mesh_around_the_camera_is_drawn_where_it_lies_in_front():
    layer = draw_meshes([ball((0, 0, 0.0), 1.0, (1, 1, 1))], CAMERA)
    assert layer.coverage.min() == 1
