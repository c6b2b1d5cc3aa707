"""One sample of a shard as files: the picture, its masks, numbers as arrays, and the rest as JSON.

`KEY.jpg` is the picture, `KEY.mask.png` labels pixels by hand from 1, `KEY.npz` has an array over the hands for each
name in ARRAYS, `KEY.json` camera, sides and content. Units and frames are those of `Sample`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from hand_recon_ros.types import CameraModel, Side
from hand_recon_train.datasets.files import DamagedFile
from hand_recon_train.datasets.sample import HandTruth, ManoParameters, PoseKind, Sample
from hand_recon_train.synthetic.renderer import Rendered
from hand_recon_train.synthetic.sensor import from_jpeg

ENDINGS = ("jpg", "json", "mask.png", "npz")
ARRAYS = ("joints", "joints_2d", "visible", "vertices", "box", "pose", "betas", "translation")


def to_files(rendered: Rendered) -> dict[str, bytes]:
    """The files of a sample by ending; the same sample gives the same bytes."""
    camera, hands = rendered.camera, rendered.hands
    labels = np.zeros((camera.height, camera.width), np.uint8)
    for number, hand in enumerate(hands):
        labels[hand.mask] = number + 1
    about = {
        "source": rendered.source,
        "content": rendered.content,
        "sides": [hand.side.name.lower() for hand in hands],
        "camera": {**{k: getattr(camera, k) for k in _CAMERA}, "distortion": list(camera.distortion)},
    }
    packed = io.BytesIO()
    arrays: dict[str, Any] = {name: np.stack([_array(hand, name) for hand in hands]) for name in ARRAYS}
    np.savez(packed, **arrays)
    return {
        "jpg": rendered.jpeg,
        "json": json.dumps(about).encode(),
        "mask.png": cv2.imencode(".png", labels)[1].tobytes(),
        "npz": packed.getvalue(),
    }


_CAMERA = ("fx", "fy", "cx", "cy", "width", "height", "distortion_model")


def _array(hand: HandTruth, name: str) -> Any:
    return getattr(hand.mano if name in {"pose", "betas", "translation"} else hand, name)


def from_files(files: Mapping[str, bytes], where: str) -> Sample:
    """The sample of such files.

    Raises:
        DamagedFile: one is not there or not what it should be; names `where`.
    """
    missing = [ending for ending in ENDINGS if ending not in files]
    if missing:
        raise DamagedFile(f"expected {', '.join(ENDINGS)} for {where}, {', '.join(missing)} is not there")
    try:
        return _sample(files)
    except (ValueError, KeyError, TypeError, cv2.error, OSError) as error:
        raise DamagedFile(f"expected a rendered sample in {where}, cannot read it: {error}; write it again") from error


def _sample(files: Mapping[str, bytes]) -> Sample:
    about = json.loads(files["json"])
    camera = CameraModel(**{**about["camera"], "distortion": tuple(about["camera"]["distortion"])})
    labels = cv2.imdecode(np.frombuffer(files["mask.png"], np.uint8), cv2.IMREAD_GRAYSCALE)
    with np.load(io.BytesIO(files["npz"]), allow_pickle=False) as packed:
        arrays = {name: packed[name] for name in ARRAYS}
    hands = tuple(
        HandTruth(
            side=Side[side.upper()],
            **{name: arrays[name][k] for name in ARRAYS[:5]},
            mano=ManoParameters(**{name: arrays[name][k] for name in ARRAYS[5:]}, kind=PoseKind.FULL),
            mask=np.asarray(labels == k + 1),
        )
        for k, side in enumerate(about["sides"])
    )
    return Sample(from_jpeg(files["jpg"]), camera, hands, about["source"])
