"""Every network of the zoo in the pipeline, with random weights: numbers without sense, but of the right form."""

from functools import partial

import numpy as np
import pytest

from hand_recon_ros import CameraModel, HandPipeline, ScaleSource, Side
from hand_recon_ros.networks import mesh_network_names
from hand_recon_ros.networks.hand_boxes import crop_to_image, cropped, square_box
from hand_recon_ros.networks.intake import Region
from hand_recon_ros.pipeline import loading
from hand_recon_ros.pipeline.box_finder import box_pipeline
from hand_recon_ros.pipeline.recipes import MeshRecipe, check_model, find_recipe, model_recipes
from hand_recon_ros.runtime import load_engine
from hand_recon_train.synthetic.poses import NAMED_POSES
from hand_recon_train.synthetic.scene import Look, pose_hand, render_hands

CAMERA = CameraModel(560.0, 560.0, 319.5, 239.5, 640, 480)
UPRIGHT = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
LOOK = Look(np.array([0.8, 0.6, 0.48]), np.array([0.2, 0.3, 0.5]), np.array([-0.4, -0.7, -0.6]))
FRAME_NS = 66_666_667
WHOLE_PICTURE = ("smhr_multi",)
SMALL = ("handoccnet", "youtubehand_resnet18", "eaa_interhand_release", "smhr_single", "smhr_multi")
EVERY = [name if name in SMALL else pytest.param(name, marks=pytest.mark.slow) for name in mesh_network_names()]


def picture():
    ramp = np.broadcast_to(np.linspace(120, 190, 640)[None, :, None], (480, 640, 3)).astype(np.uint8)
    places = ((Side.RIGHT, -0.1), (Side.LEFT, 0.1))
    hands = [pose_hand(s, UPRIGHT, np.array([x, 0.08, 0.5]), NAMED_POSES["relaxed"]) for s, x in places]
    return render_hands(hands, [LOOK] * 2, CAMERA, ramp)


@pytest.fixture(scope="module")
def loaded():
    """The small networks that were loaded."""
    return {}


@pytest.fixture
def eagerly(monkeypatch, loaded):
    """Networks of the zoo run as they are built: an export of each would take a minute."""

    def load(network, device, threads, precision, **options):
        if network in loaded:
            return loaded[network]
        engine = load_engine(network, device, 1, precision, "torch" if options else "auto", **options)
        if network in SMALL:
            loaded[network] = engine
        return engine

    monkeypatch.setattr(loading, "load_engine", load)


@pytest.mark.parametrize("name", EVERY)
def test_every_network_gives_hands_before_the_camera(eagerly, name):
    pipeline = HandPipeline.create(
        name,
        device="cpu",
        threads=1,
        tracking=True,
        min_score=1e-6 if name in WHOLE_PICTURE else 0.5,
        random_weights=True,
    )
    numbers = []
    for step in range(2):
        frame = pipeline(picture(), camera=CAMERA, stamp_ns=FRAME_NS * step)
        assert frame.hands
        if name not in WHOLE_PICTURE:
            assert {hand.side for hand in frame.hands} == {Side.LEFT, Side.RIGHT}
        for hand in frame.hands:
            assert hand.vertices.shape == (778, 3) and hand.vertices.dtype == np.float32
            assert np.isfinite(hand.vertices).all() and hand.vertices[:, 2].min() > 0.04
            assert np.isfinite(hand.joints).all() and np.isfinite(hand.joints_2d).all()
            assert (hand.faces == pipeline.models[hand.side].faces).all()
            assert (hand.model, hand.scale_source) == ("free_hand", ScaleSource.METRIC)
            assert (hand.pose is None) == (hand.betas is None) == name.startswith(("youtubehand", "eaa"))
            assert hand.wrist.rotation @ hand.wrist.rotation.T == pytest.approx(np.eye(3), abs=1e-4)
        numbers.append([hand.track_id for hand in frame.hands])
    assert numbers[0] == numbers[1]
    if find_recipe(name).intake.region == Region.PAIR:
        assert len(frame.hands) == 2


@pytest.mark.parametrize("name", ["handoccnet", "youtubehand_resnet18", "smhr_single"])
def test_a_mirrored_picture_gives_the_mirrored_hand(eagerly, name):
    shown, crop = picture(), find_recipe(name).intake
    x, y, w, h = 140, 130, 120, 190
    # The box's middle lies half a crop pixel past the crop's, in the mirrored picture too.
    shift = (h - 1) * crop.crop_scale / crop.size
    right = box_pipeline(name, (x, y, w, h), Side.RIGHT, "cpu", random_weights=True)
    left = box_pipeline(name, (639 - x - (w - 1) + shift, y, w, h), Side.LEFT, "cpu", random_weights=True)
    (one,) = right(shown, camera=CAMERA).hands
    (other,) = left(np.ascontiguousarray(shown[:, ::-1]), camera=CAMERA).hands
    # Where weights without sense put a hand hangs on fractions of pixels; its form does not.
    form, mirrored = ((hand.vertices - hand.joints[0]) for hand in (one, other))
    assert mirrored * (-1, 1, 1) == pytest.approx(form, abs=0.02 * float(np.ptp(form)))
    assert np.array([639, 0]) + other.joints_2d * (-1, 1) == pytest.approx(one.joints_2d, abs=0.5)
    if one.pose is not None:
        assert other.pose * (1, -1, -1) == pytest.approx(one.pose, abs=0.02)
    assert (other.faces == one.faces[:, ::-1]).all()


def test_a_box_is_cropped_as_published(eagerly):
    pipeline = box_pipeline("handoccnet", (140, 130, 120, 190), Side.RIGHT, "cpu", random_weights=True)
    crops = pipeline._rig._reconstructor.meshes
    shown = []
    network = crops.engine
    object.__setattr__(crops, "engine", lambda images: shown.append(images) or network(images))
    pipeline(picture(), camera=CAMERA)
    square = square_box(np.array([140, 130, 120, 190]), 640, 480, 1.25)
    published = cropped(picture(), crop_to_image(square, 256), 256).picture
    assert np.abs(shown[0][0].astype(int) - published).max() <= 2


@pytest.mark.slow
def test_a_model_is_loaded_by_name_and_says_what_runs():
    pipeline = HandPipeline.create("youtubehand_resnet18", device="cpu", threads=1, random_weights=True)
    described = pipeline._rig.description
    assert described["model"] == "youtubehand_resnet18" and described["hand"] == "free_hand"
    assert "cpu" in described["youtubehand_resnet18"] and "random weights" in described["youtubehand_resnet18"]
    assert "sha256" in described["palm_detector"]
    assert len(pipeline(picture(), camera=CAMERA).hands) == 2


@pytest.fixture
def nothing_imported(monkeypatch, tmp_path):
    monkeypatch.setenv("HAND_RECON_MODELS", str(tmp_path))


@pytest.mark.parametrize("name", mesh_network_names())
def test_without_a_checkpoint_the_sentence_says_how_to_import_one(nothing_imported, name):
    for load in (check_model, partial(HandPipeline.create, device="cpu")):
        with pytest.raises(FileNotFoundError, match=f"hand-recon models import {name} FILE"):
            load(name)
    check_model(name, random_weights=True)


def test_every_model_has_a_line_and_says_whether_it_needs_mano(nothing_imported):
    recipes = model_recipes()
    assert [recipe.name for recipe in recipes if isinstance(recipe, MeshRecipe)] == list(mesh_network_names())
    for recipe in recipes:
        assert recipe.summary and recipe.networks
        assert ("needs MANO" in recipe.summary) == recipe.name.startswith(("youtubehand", "eaa"))
        assert find_recipe(recipe.name) == recipe
