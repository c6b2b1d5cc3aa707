"""The compiled z-buffer, cameras and sensors."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.render.rasterizer import rasterize
from hand_recon_ros.types import CameraModel, Side
from hand_recon_train.synthetic.backdrops import Backdrops, draw_painting, find_backgrounds
from hand_recon_train.synthetic.painting import paint
from hand_recon_train.synthetic.poses import NAMED_POSES
from hand_recon_train.synthetic.scene import pose_hand
from hand_recon_train.synthetic.sensor import STILL, Sensor, draw_sensor, exposed, from_jpeg, to_jpeg
from hand_recon_train.synthetic.solids import box, cylinder, sphere, turned
from hand_recon_train.synthetic.surfaces import normals_of
from hand_recon_train.synthetic.views import View, draw_view, pixels_of, sheared
from hand_recon_train.synthetic.zbuffer import NOTHING, rasterise

CAMERA = CameraModel(200, 205, 61.0, 66.0, 128, 128)
UP = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def test_z_buffer_agrees_with_the_other_rasteriser():
    hand = pose_hand(Side.RIGHT, UP, np.array([0, 0.08, 0.4]), NAMED_POSES["victory"])
    faces = load_free_hand().faces
    pixels = project(CAMERA, hand.vertices)
    theirs = rasterize(pixels, hand.vertices[:, 2], faces, (128, 128))
    face, nearness = rasterise(pixels, 1 / hand.vertices[:, 2], faces, (128, 128))
    both = (face >= 0) & (theirs.face >= 0)
    assert ((face >= 0) == (theirs.face >= 0)).mean() > 0.999  # they differ at edges, and inside the open wrist
    assert (face == theirs.face)[both].mean() > 0.995
    same = both & (face == theirs.face)
    assert np.allclose(1 / nearness[same], theirs.depth[same], atol=3e-4)


def test_faces_behind_the_camera_and_turned_away_are_not_seen():
    points = np.array([[2.0, 2], [2, 20], [20, 2]])
    near, flipped = np.ones(3), np.array([[0, 2, 1]], np.int32)
    front = np.array([[0, 1, 2]], np.int32)
    assert (rasterise(points, near, front, (24, 24))[0] == 0).sum() == 190  # 19 * 20 / 2 centres, edges included
    assert (rasterise(points, near, flipped, (24, 24))[0] == NOTHING).all()
    assert (rasterise(points, near, flipped, (24, 24), facing=-1)[0] == 0).sum() == 190
    assert (rasterise(points, np.array([1, np.nan, 1]), front, (24, 24))[0] == NOTHING).all()


@pytest.mark.parametrize("mesh", [box((1, 2, 3)), cylinder(1, 3), sphere(1), turned([(1, 0), (2, 1), (0.5, 3)])])
def test_solids_face_outwards(mesh):
    vertices, faces = mesh
    corners = vertices[faces]
    volume = (corners[:, 0] * np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    assert volume > 0
    outward = vertices - vertices.mean(axis=0)
    assert ((normals_of(vertices, faces) * outward).sum(axis=1) > -1e-9).all()


def test_projection_is_the_package_s():
    points = np.random.default_rng(0).uniform([-0.2, -0.2, 0.4], [0.2, 0.2, 0.8], (50, 3))
    for distortion in ((), (0.1, -0.03, 0.001, -0.002, 0.0)):
        camera = CameraModel(200, 205, 61.0, 66.0, 128, 128, distortion)
        pixels, nearness = pixels_of(camera, points)
        assert np.abs(pixels - project(camera, points)).max() < 1e-3
        assert np.allclose(nearness, 1 / points[:, 2])
    assert np.isnan(pixels_of(CAMERA, np.array([[0, 0, 0.01], [0, 0, -1]]))[1]).all()


def test_views_show_what_they_should():
    rng, points = np.random.default_rng(1), np.random.default_rng(0).uniform(-0.09, 0.09, (21, 3))
    inside = []
    for _ in range(200):
        view = draw_view(rng, points, 224, np.zeros(2))
        placed = points + view.place
        assert placed[:, 2].min() > 0.1
        pixels = project(view.camera, placed)
        inside.append(((pixels > 0) & (pixels < 223)).all(axis=1).mean())
    assert np.mean(inside) > 0.85


def test_a_rolling_shutter_shears_the_picture_about_its_middle_row():
    view = View(CAMERA, np.zeros(3), np.array([6.0, 0]))
    middle = (CAMERA.height - 1) / 2
    rows = np.array([middle, middle + 64, middle - 64])
    points = np.column_stack([np.zeros(3), (rows - CAMERA.cy) / CAMERA.fy * 0.5, np.full(3, 0.5)])
    moved = project(CAMERA, sheared(view, points)) - project(CAMERA, points)
    assert moved[:, 0] == pytest.approx([0, 3, -3], abs=1e-3)
    assert moved[:, 1] == pytest.approx(0, abs=1e-3)


def test_movement_blurs_about_the_truth():
    picture = np.zeros((41, 41, 3), np.float32)
    picture[20, 20] = 250.0 * 9
    blurred = exposed(picture, Sensor(np.array([6.0, 3.0]), 0, 0, 0, 0, 98, False, 0)).astype(float)[..., 0]
    rows, columns = np.mgrid[:41, :41]
    assert (blurred * rows).sum() / blurred.sum() == pytest.approx(20, abs=0.2)
    assert (blurred * columns).sum() / blurred.sum() == pytest.approx(20, abs=0.2)
    assert (blurred > 0).any(axis=0).sum() >= 7


def test_noise_has_its_strength_and_its_seed():
    grey = np.full((100, 100, 3), 128, np.float32)
    noisy = [exposed(grey, Sensor(np.zeros(2), 0, 0, 5, 0, 98, False, seed)).astype(float) for seed in (1, 1, 2)]
    assert noisy[0].std() == pytest.approx(5, rel=0.05)
    assert noisy[0].mean() == pytest.approx(128, abs=0.2)
    assert np.array_equal(noisy[0], noisy[1]) and not np.array_equal(noisy[0], noisy[2])
    assert abs(np.corrcoef(noisy[0][:, :-1].ravel(), noisy[0][:, 1:].ravel())[0, 1]) < 0.03


def test_a_still_sensor_changes_nothing():
    picture = paint(draw_painting(np.random.default_rng(0), 64))
    assert np.abs(exposed(picture, STILL) - picture).max() <= 0.5


def test_jpeg_there_and_back():
    image = cv2.GaussianBlur(exposed(paint(draw_painting(np.random.default_rng(1), 96)), STILL), (0, 0), 2)
    assert np.abs(from_jpeg(to_jpeg(image, STILL)).astype(int) - image).mean() < 2
    with pytest.raises(ValueError, match="expected a JPEG"):
        from_jpeg(b"nothing")


def test_sensors_are_within_reason():
    rng = np.random.default_rng(2)
    for sensor in (draw_sensor(rng, 224) for _ in range(200)):
        assert np.hypot(*sensor.movement) <= 0.035 * 224 + 1e-6
        assert 45 <= sensor.quality <= 98 and 0 <= sensor.read_noise <= 8


def test_backdrops_come_from_the_folder(tmp_path):
    folder = tmp_path / "pictures" / "deep"
    folder.mkdir(parents=True)
    cv2.imwrite(str(folder / "red.png"), np.full((90, 700, 3), (0, 0, 250), np.uint8))
    (folder / "notes.txt").write_text("no picture")
    found = find_backgrounds(tmp_path)
    assert [path.name for path in found] == ["red.png"]
    drawn = [paint(Backdrops(found).draw(np.random.default_rng(k), 48)) for k in range(20)]
    red = [picture for picture in drawn if picture[..., 1:].max() < 1]
    assert len(red) > 10 and all(picture.shape == (48, 48, 3) for picture in drawn)


def test_a_damaged_background_and_an_empty_folder_are_named(tmp_path):
    with pytest.raises(ValueError, match="found none"):
        find_backgrounds(tmp_path)
    for content in (b"", b"\x89PNG broken"):
        (tmp_path / "broken.png").write_bytes(content)
        with pytest.raises(ValueError, match=r"broken\.png"):
            [Backdrops(find_backgrounds(tmp_path)).draw(np.random.default_rng(k), 48) for k in range(20)]
