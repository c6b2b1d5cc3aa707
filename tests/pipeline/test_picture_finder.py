"""Networks that find hands in whole pictures themselves: which hands count, and whose tracks they go on with."""

from dataclasses import replace

import numpy as np
import pytest
from mesh_stand_ins import CAMERA, FRAME_NS, JOINTS, MODELS, PICTURE, StandIn, noise, seven, truth_of

from hand_recon_ros import Frame, Side
from hand_recon_ros.pipeline import HandRig, OneEuro, Settings
from hand_recon_ros.pipeline.mesh_placement import MeshPlacement
from hand_recon_ros.pipeline.picture_finder import PictureFinder, meshes_found
from hand_recon_ros.pipeline.tracking import matching_tracks, new_track


def picture_answer(places, scores):
    """A network of whole pictures: hands of both sides at places (pixels of its picture)."""

    def answer(images):
        n, h = len(images), len(places)
        sides = [Side.RIGHT if k % 2 == 0 else Side.LEFT for k in range(h)]
        shapes = [truth_of(side, np.zeros(3)) for side in sides]
        vertices, joints = (np.stack([shape[k] for shape in shapes]) for k in (0, 1))
        pixels = 400 * (joints[..., :2] - joints[:, 9:10, :2]) + np.array(places)[:, None]
        right = np.array([0.9 if side == Side.RIGHT else 0.1 for side in sides])
        every = (vertices, joints, pixels, right, np.array(scores))
        vertices, joints, pixels, right, scores_ = (np.broadcast_to(a, (n, *a.shape)) for a in every)
        return seven(vertices, joints, pixels, right, scores_)

    return answer


def picture_rig(answer, **options):
    settings = Settings(**({"tracking": True} | options))
    network = StandIn(PICTURE, answer)
    placement = MeshPlacement(meshes_found, MODELS, PICTURE.size, settings.smoothing)
    return HandRig(PictureFinder(network, PICTURE, settings), placement, settings), network


def test_a_network_of_whole_pictures_finds_its_own_hands():
    rig, network = picture_rig(picture_answer([(100, 250), (300, 250), (200, 300)], [0.9, 0.8, 0.2]))
    frame = rig({"": Frame(noise(), camera=CAMERA)})[""]
    assert [hand.side for hand in frame.hands] == [Side.RIGHT, Side.LEFT], "the third is hardly a hand"
    assert [hand.score for hand in frame.hands] == pytest.approx([0.9, 0.8])
    # Black rows are added above a wide picture: 640 pixels become 384.
    first = frame.hands[0].joints_2d[9]
    assert first == pytest.approx([(100 + 0.5) * 640 / 384 - 0.5, (250 + 0.5) * 640 / 384 - 0.5 - 160], abs=0.02)
    assert (network.shown[0][0, :90] == 0).all()


def test_whole_pictures_keep_their_tracks_by_place():
    answers = [
        picture_answer([(100, 250), (300, 250)], [0.9, 0.8]),
        picture_answer([(110, 255), (290, 250)], [0.7, 0.8]),
        picture_answer([(110, 100), (290, 250)], [0.7, 0.8]),
    ]
    rig, network = picture_rig(answers[0])
    numbers = []
    for step, answer in enumerate(answers):
        network.answer = answer
        hands = rig({"": Frame(noise(), FRAME_NS * step, camera=CAMERA)})[""].hands
        numbers.append({hand.side: hand.track_id for hand in hands})
    assert numbers[0] == numbers[1] == {Side.RIGHT: 1, Side.LEFT: 2}
    assert numbers[2] == {Side.RIGHT: 3, Side.LEFT: 2}, "the right hand is somewhere else: another one"


def test_one_finding_a_hand_and_no_more_than_asked_for():
    rig, _ = picture_rig(picture_answer([(100, 250), (300, 250), (102, 251)], [0.9, 0.8, 0.7]), max_hands=4)
    assert len(rig({"": Frame(noise())})[""].hands) == 2
    rig, _ = picture_rig(picture_answer([(100, 250), (300, 250)], [0.7, 0.9]), max_hands=1)
    (hand,) = rig({"": Frame(noise())})[""].hands
    assert hand.side == Side.LEFT


def test_smoothing_quiets_meshes_and_keeps_their_form():
    rng = np.random.default_rng(0)
    rig, network = picture_rig(None, smoothing=OneEuro(), max_hands=1)
    rough, _ = picture_rig(None, max_hands=1)
    rough._finder = replace(rough._finder, engine=network)
    spread = {}
    for name, used in (("smooth", rig), ("rough", rough)):
        rng = np.random.default_rng(0)
        joints = []
        for step in range(30):
            network.answer = picture_answer([rng.normal((200, 250), 1.0)], [0.9])
            (hand,) = used({"": Frame(noise(), FRAME_NS * step, camera=CAMERA)})[""].hands
            joints.append(hand.joints)
            assert np.linalg.norm(hand.joints[9] - hand.joints[0]) == pytest.approx(
                np.linalg.norm(JOINTS[9] - JOINTS[0]), rel=1e-3
            )
        spread[name] = np.std(joints[10:], axis=0).mean()
    assert spread["smooth"] < 0.6 * spread["rough"]


def test_hands_go_on_with_the_nearest_track():
    tracks = tuple(
        new_track(k, JOINTS[:, :2].astype(np.float32) * 1000 + offset, 0.9) for k, offset in enumerate((0, 300))
    )
    moved = np.stack([tracks[1].pixels + 20, tracks[0].pixels + 10, tracks[0].pixels + 30, tracks[0].pixels + 900])
    assert matching_tracks(moved, tracks).tolist() == [1, 0, 4, 5]
    assert matching_tracks(moved, ()).tolist() == [0, 1, 2, 3]
