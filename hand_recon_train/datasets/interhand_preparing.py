"""InterHand2.6M's pre-processing for two-hand networks, as IntagHand and EAA-InterHand do it.

Of pictures with two interacting, fitted hands a 256x256 crop is kept with parameters, camera, and three kinds of maps:
joint heatmaps, which hand a pixel shows, and which point of the hand's surface.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np

from hand_recon_ros.hand_model import HandModel, axis_angle_to_matrix
from hand_recon_ros.hand_model.array_pickle import read_tree
from hand_recon_ros.render.rasterizer import rasterize
from hand_recon_ros.types import ByteImage, FloatArray, Side
from hand_recon_train.datasets.files import DamagedFile, floats, numbers
from hand_recon_train.datasets.interhand import CameraPose, InterHand
from hand_recon_train.datasets.interhand_prepared import MASK_CHANNEL
from hand_recon_train.datasets.mano import HandModels, moved, surface, with_repaired_left
from hand_recon_train.datasets.sample import Doubles, ManoParameters

SIZE, MAP_SIZE = 256, 64
FILLED = 0.8
"""Share of the crop's side that the hands fill."""
DARKEST_MEAN = 10
HEAT_RADIUS = 2.0
JOINTS_A_FILE = 3
VERTEX_COUNT, MAX_COLOUR_BYTES = 778, 1 << 20
PAIR = (Side.LEFT, Side.RIGHT)
Colours: TypeAlias = FloatArray


@dataclass(frozen=True)
class PreparedPair:
    """Files of one sample: the annotation, and pictures by their names with {} for the sample's number, RGB."""

    annotation: Mapping[str, Any]
    pictures: Mapping[str, ByteImage]


@dataclass(frozen=True)
class Outcome:
    """What became of a data set: how many samples were kept, and the damaged files that were skipped."""

    kept: int
    damaged: tuple[str, ...]


Task: TypeAlias = Callable[[int], PreparedPair | str | None]


def prepare_interhand(
    dataset: InterHand, split: str, models: HandModels, out: Path, colours: Colours | None = None, workers: int = 1
) -> Outcome:
    """Write img/, anno/, mask/, dense/ and hms/ below out/split, numbered from 0.

    Args:
        dataset: what to prepare.
        split: the name of its split.
        models: MANO, both sides.
        out: folder; made if it is not there.
        colours: (V, 3) in 0 to 1, a colour for every point of the surface; None takes the place in the rest pose.
        workers: processes.

    Raises:
        ValueError: a model is missing, or the layout is not the published one.
        OSError: the files cannot be written.
    """
    if not set(PAIR) <= models.keys():
        raise ValueError("expected hand models of both sides to prepare InterHand2.6M; give MANO_LEFT and MANO_RIGHT")
    repaired = with_repaired_left(models)
    shades = surface_colours(repaired[Side.RIGHT]) if colours is None else colours
    for folder in ("img", "anno", "mask", "dense", "hms"):
        (out / split / folder).mkdir(parents=True, exist_ok=True)
    kept, damaged = 0, []
    task = partial(_prepared_or_reason, dataset, repaired, shades)
    for result in _mapped(task, range(len(dataset)), workers):
        if isinstance(result, str):
            damaged.append(result)
        elif result is not None:
            _save(out / split, kept, result)
            kept += 1
    return Outcome(kept, tuple(damaged))


def prepared(dataset: InterHand, models: HandModels, colours: Colours, index: int) -> PreparedPair | None:
    """One sample; None when it is not of two interacting, fitted hands, or too dark.

    Raises:
        DamagedFile: the picture cannot be read.
    """
    image_entry, entry = dataset.entries(index)
    if entry.get("hand_type") != "interacting" or not entry.get("hand_type_valid"):
        return None
    fits = dataset.fits(image_entry)
    pair = {side: fit for side, fit in fits.items() if fit is not None}
    if len(pair) < 2:
        return None
    image = dataset.picture(image_entry)
    if image.mean() < DARKEST_MEAN:
        return None
    pose = dataset.camera_pose(image_entry)
    hands = {side: surface(moved(pair[side], pose.rotation, pose.shift, models[side]), models[side]) for side in PAIR}
    warp = _crop([_pixels(pose.matrix, vertices) for vertices, _ in hands.values()])
    matrix = np.vstack([warp, (0, 0, 1)]) @ pose.matrix
    crop = np.asarray(cv2.warpAffine(image, warp, (SIZE, SIZE)), np.uint8)
    annotation = _annotation(image_entry, entry, pair, models, pose, matrix)
    heat = {
        f"hms/{{}}_{k}_{side.name.lower()}": picture
        for side in PAIR
        for k, picture in enumerate(heat_pictures(_pixels(matrix, hands[side][1])))
    }
    mask, dense = surface_maps({side: hands[side][0] for side in PAIR}, models, colours, matrix)
    return PreparedPair(annotation, {"img/{}": crop, "mask/{}": mask, "dense/{}": dense, **heat})


def surface_colours(model: HandModel) -> Colours:
    """A colour (V, 3) in 0 to 1 for every vertex: its place in the rest pose, within the hand's box."""
    low, high = model.template.min(axis=0), model.template.max(axis=0)
    return np.asarray((model.template - low) / (high - low), np.float32)


def read_colours(path: Path) -> Colours:
    """Vertex colours (778, 3) from a pickled array, such as v_color.pkl.

    Raises:
        ValueError: no such array.
    """
    return floats(numbers(read_tree(path, MAX_COLOUR_BYTES), (VERTEX_COUNT, 3), "colours", str(path)))


def surface_maps(
    vertices: Mapping[Side, FloatArray], models: HandModels, colours: Colours, matrix: Doubles
) -> tuple[ByteImage, ByteImage]:
    """Which hand a pixel shows (256, 256, 3), and the colour of the point it shows (256, 256, 3); hands hide others."""
    count = len(vertices[Side.LEFT])
    points = np.concatenate([vertices[side] for side in PAIR])
    faces = np.concatenate([models[side].faces + count * k for k, side in enumerate(PAIR)])
    seen = rasterize(_pixels(matrix, points), points[:, 2], faces, (SIZE, SIZE))
    corners = faces[seen.face] % count
    shown = seen.face >= 0
    dense = (colours[corners] * seen.barycentric[..., None]).sum(axis=2) * shown[..., None]
    mask = np.zeros((SIZE, SIZE, 3), np.uint8)
    first_of_right = len(models[Side.LEFT].faces)
    mask[shown & (seen.face < first_of_right), MASK_CHANNEL[Side.LEFT]] = 255
    mask[seen.face >= first_of_right, MASK_CHANNEL[Side.RIGHT]] = 255
    return mask, (255 * dense).round().clip(0, 255).astype(np.uint8)


def heat_pictures(joints: FloatArray) -> list[ByteImage]:
    """Seven pictures (64, 64, 3) of a peak at each of 21 joints given in the crop's pixels; none where one is outside.

    Files hold a picture's channels in OpenCV's order, so the first of three joints is blue.
    """
    grid = np.arange(MAP_SIZE)
    heat = np.zeros((len(joints), MAP_SIZE, MAP_SIZE))
    for joint, (u, v) in enumerate(joints * MAP_SIZE / SIZE):
        if 0 <= u < MAP_SIZE and 0 <= v < MAP_SIZE:
            squared = (grid - u) ** 2 + (grid[:, None] - v) ** 2
            heat[joint] = np.exp(-squared / (2 * HEAT_RADIUS**2))
    pictures = (255 * heat).round().astype(np.uint8).reshape(-1, JOINTS_A_FILE, MAP_SIZE, MAP_SIZE)
    return [np.ascontiguousarray(picture[::-1].transpose(1, 2, 0)) for picture in pictures]


def _crop(hands: list[FloatArray]) -> Doubles:
    """The affine map (2, 3) from the picture to the crop around the pixels of both hands."""
    pixels = np.concatenate(hands).astype(np.float64)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    scale = SIZE * FILLED / (high - low).max()
    return np.column_stack([np.eye(2) * scale, SIZE / 2 - scale * (low + high) / 2])


def _pixels(matrix: Doubles, points: FloatArray) -> FloatArray:
    homogeneous = points @ matrix.T
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:], np.float32)


def _annotation(
    image_entry: Any,
    entry: Any,
    fits: Mapping[Side, ManoParameters],
    models: HandModels,
    pose: CameraPose,
    matrix: Doubles,
) -> dict[str, Any]:
    """What anno/ holds of a sample: parameters in the world, the pose as coefficients; the camera after the crop."""
    return {
        "inter_idx": image_entry.get("id"),
        "image": image_entry,
        "annotation": entry,
        "mano_params": {side.name.lower(): _stored(fits[side], models[side]) for side in PAIR},
        "camera": {"R": floats(pose.rotation), "t": floats(pose.shift), "camera": floats(matrix)},
    }


def _stored(fit: ManoParameters, model: HandModel) -> dict[str, FloatArray]:
    coefficients = np.linalg.solve(model.pose_components.T.astype(np.float64), fit.pose[3:])
    assert fit.translation is not None
    return {
        "R": floats(axis_angle_to_matrix(fit.pose[None, :3])),
        "pose": floats(coefficients[None]),
        "shape": floats(fit.betas[None]),
        "trans": floats(fit.translation[None]),
    }


def _prepared_or_reason(
    dataset: InterHand, models: HandModels, colours: Colours, index: int
) -> PreparedPair | str | None:
    try:
        return prepared(dataset, models, colours, index)
    except DamagedFile as error:
        return str(error)


def _mapped(task: Task, indices: range, workers: int) -> Iterator[PreparedPair | str | None]:
    """What the task makes of each index, in order, by one process or several."""
    if workers == 1:
        yield from map(task, indices)
        return
    with get_context("spawn").Pool(workers, _remember, (task,)) as pool:
        yield from pool.imap(_remembered, indices, chunksize=8)


_tasks: list[Task] = []
"""The task of this worker process: the data set is large, and sent once, not with every index."""


def _remember(task: Task) -> None:
    cv2.setNumThreads(1)
    _tasks.append(task)


def _remembered(index: int) -> PreparedPair | str | None:
    return _tasks[-1](index)


def _save(folder: Path, number: int, pair: PreparedPair) -> None:
    (folder / "anno" / f"{number}.pkl").write_bytes(pickle.dumps(pair.annotation, protocol=4))
    for name, picture in pair.pictures.items():
        _, jpeg = cv2.imencode(".jpg", picture[..., ::-1])
        (folder / f"{name.format(number)}.jpg").write_bytes(jpeg.tobytes())
