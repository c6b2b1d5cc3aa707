"""InterHand2.6M's pre-processing for two-hand networks, as IntagHand and EAA-InterHand do it.

Of pictures with two interacting, fitted hands a 256x256 crop is kept with parameters, camera, and three kinds of maps:
joint heatmaps, which hand a pixel shows, and which point of the hand's surface.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np

from hand_recon_ros.atomic import written_whole
from hand_recon_ros.hand_model import HandModel, axis_angle_to_matrix
from hand_recon_ros.types import ByteImage, FloatArray, Side
from hand_recon_train.datasets.files import DamagedFile, floats
from hand_recon_train.datasets.interhand import CameraPose, InterHand
from hand_recon_train.datasets.interhand_maps import (
    PAIR,
    SIZE,
    Colours,
    heat_pictures,
    pixels_through,
    surface_colours,
    surface_maps,
)
from hand_recon_train.datasets.journal import Journal, opened_journal
from hand_recon_train.datasets.mano import HandModels, moved, surface, with_repaired_left
from hand_recon_train.datasets.sample import Doubles, ManoParameters

FILLED = 0.8
"""Share of the crop's side that the hands fill."""
DARKEST_MEAN = 10
JOURNAL, KEPT = "journal.jsonl", True


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
    """Write img/, anno/, mask/, dense/ and hms/ below out/split, numbered from 0; go on where a killed run was.

    Args:
        dataset: what to prepare.
        split: the name of its split.
        models: MANO, both sides.
        out: folder; made if it is not there.
        colours: (V, 3) in 0 to 1, a colour for every point of the surface; None takes the place in the rest pose.
        workers: processes.

    Raises:
        ValueError: a model is missing, the layout is not the published one, or the folder is of another job.
        OSError: the files cannot be written.
    """
    if not set(PAIR) <= models.keys():
        raise ValueError("expected hand models of both sides to prepare InterHand2.6M; give MANO_LEFT and MANO_RIGHT")
    repaired = with_repaired_left(models)
    shades = surface_colours(repaired[Side.RIGHT]) if colours is None else colours
    folder = out / split
    for part in ("img", "anno", "mask", "dense", "hms"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    job = {"samples": len(dataset), "models": _names(models), "colours": zlib.crc32(shades.tobytes())}
    with opened_journal(folder / JOURNAL, job) as journal:
        _prepare_rest(partial(_prepared_or_reason, dataset, repaired, shades), len(dataset), journal, folder, workers)
    damaged = [result for result in journal.results if isinstance(result, str)]
    return Outcome(journal.results.count(KEPT), tuple(damaged))


def _prepare_rest(task: Task, count: int, journal: Journal, folder: Path, workers: int) -> None:
    """Do what is not done; the journal holds KEPT, None for what is left out, or what is damaged, for each sample."""
    kept = journal.results.count(KEPT)
    for result in _mapped(task, range(len(journal.results), count), workers):
        if isinstance(result, PreparedPair):
            _save(folder, kept, result)
            kept += 1
        journal.add(KEPT if isinstance(result, PreparedPair) else result)


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
    warp = _crop([pixels_through(pose.matrix, vertices) for vertices, _ in hands.values()])
    matrix = np.vstack([warp, (0, 0, 1)]) @ pose.matrix
    crop = np.asarray(cv2.warpAffine(image, warp, (SIZE, SIZE)), np.uint8)
    annotation = _annotation(image_entry, entry, pair, models, pose, matrix)
    heat = {
        f"hms/{{}}_{k}_{side.name.lower()}": picture
        for side in PAIR
        for k, picture in enumerate(heat_pictures(pixels_through(matrix, hands[side][1])))
    }
    mask, dense = surface_maps({side: hands[side][0] for side in PAIR}, models, colours, matrix)
    return PreparedPair(annotation, {"img/{}": crop, "mask/{}": mask, "dense/{}": dense, **heat})


def _crop(hands: list[FloatArray]) -> Doubles:
    """The affine map (2, 3) from the picture to the crop around the pixels of both hands."""
    pixels = np.concatenate(hands).astype(np.float64)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    scale = SIZE * FILLED / (high - low).max()
    return np.column_stack([np.eye(2) * scale, SIZE / 2 - scale * (low + high) / 2])


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
    for name, picture in pair.pictures.items():
        _, jpeg = cv2.imencode(".jpg", picture[..., ::-1])
        (folder / f"{name.format(number)}.jpg").write_bytes(jpeg.tobytes())
    # Last, because readers count annotations.
    with written_whole(folder / "anno" / f"{number}.pkl") as partial_file:
        partial_file.write_bytes(pickle.dumps(pair.annotation, protocol=4))


def _names(models: HandModels) -> list[str]:
    return [models[side].name for side in PAIR]
