"""Stand-ins with the contract of LiveHands take the place of mesh networks, so that the truth is known."""

import numpy as np

from hand_recon_ros import CameraModel, Frame, Side
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.hand_model.model import TO_21
from hand_recon_ros.networks import find_intake
from hand_recon_ros.pipeline import HandRig, Settings
from hand_recon_ros.pipeline.box_finder import BoxFinder
from hand_recon_ros.pipeline.mesh_crops import MeshCrops
from hand_recon_ros.pipeline.mesh_placement import MeshPlacement

CAMERA = CameraModel(560.0, 560.0, 319.5, 239.5, 640, 480)
RIGHT = load_free_hand()
MODELS = {Side.RIGHT: RIGHT, Side.LEFT: RIGHT.mirrored()}
JOINTS = np.concatenate([RIGHT.joints_template, RIGHT.template[RIGHT.tip_vertices]])[TO_21]
# The rest pose points to -x with the palm to -y: fingers up (-y), palm to the camera (-z).
TURN = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
FRAME_NS = 66_666_667
ONE_HAND = find_intake("handoccnet")
PAIR = find_intake("eaa_interhand")
PICTURE = find_intake("smhr_multi")


def noise(seed=0, height=480, width=640):
    """A picture that differs everywhere, smooth enough to be mirrored without loss."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 40, width // 40, 3), np.uint8)
    return np.repeat(np.repeat(coarse, 40, axis=0), 40, axis=1)


def truth_of(side, place):
    """Vertices and joints of an upright hand at a place."""
    mirror = np.array([-1, 1, 1]) if side == Side.LEFT else np.ones(3)
    return (RIGHT.template @ TURN.T) * mirror + place, (JOINTS @ TURN.T) * mirror + place


class StandIn:
    """A network of one right hand in a crop; it sees the hand of the truth, since it is told the crop's square.

    Attributes:
        shown: the pictures it was given.
    """

    def __init__(self, intake, answer):
        self.intake, self.answer, self.shown = intake, answer, []

    def __call__(self, images):
        assert images.shape[1:] == (self.intake.size,) * 2 + (3,) and images.dtype == np.uint8
        self.shown.append(images.copy())
        return self.answer(images)


def seven(vertices, joints, pixels, right=None, score=None, posed=True):
    """LiveHands of N regions with H hands each, as arrays."""
    n, h = vertices.shape[:2]
    ones = np.ones((n, h), np.float32)
    pose = np.full((n, h, 16, 3), 0.25, np.float32) if posed else np.full((n, h, 16, 3), np.nan, np.float32)
    betas = np.full((n, h, 10), 0.5 if posed else np.nan, np.float32)
    arrays = (vertices, joints, pixels, ones if score is None else score, ones if right is None else right, pose, betas)
    return tuple(np.asarray(array, np.float32) for array in arrays)


def from_content(images, intake=ONE_HAND, posed=True):
    """An answer that depends on what is in the crop: brighter pixels draw all joints towards them."""
    weight = images.astype(np.float64).sum(axis=3) + 1
    u = (weight.sum(axis=1) * np.arange(intake.size)).sum(axis=1) / weight.sum(axis=(1, 2))
    v = (weight.sum(axis=2) * np.arange(intake.size)).sum(axis=1) / weight.sum(axis=(1, 2))
    middle = np.stack([u, v], axis=1)[:, None]
    joints = np.broadcast_to(JOINTS @ TURN.T, (len(images), 21, 3))
    vertices = np.broadcast_to(RIGHT.template @ TURN.T, (len(images), 778, 3))
    pixels = middle + 900 * (joints[..., :2] - joints[:, 9:10, :2])
    return seven(vertices[:, None], joints[:, None], pixels[:, None], posed=posed)


def box_rig(box, side, network, smoothing=None):
    settings = Settings(max_hands=1, smoothing=smoothing)
    placement = MeshPlacement(MeshCrops(network, network.intake), MODELS, network.intake.size, smoothing)
    return HandRig(BoxFinder(box, side), placement, settings)


def one(rig, picture, camera=CAMERA):
    (hand,) = rig({"": Frame(picture, camera=camera)})[""].hands
    return hand
