"""What the landmark network and its trunk see of rendered hands, with the truth: shards of arrays on disk.

Each hand is looked at twice: in a crop close to where its true points place it, and in the crop that this look places.
One of the looks, by chance, is at the mirrored picture, as a hand of the other side. Shards that are there are kept, so
that a run can be ended and taken up again at any time.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch

from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import angles_from_rotations, axis_angle_to_matrix, free_hand_anatomy
from hand_recon_ros.networks.hand_sight import HandSight
from hand_recon_ros.pipeline.articulation import Articulation
from hand_recon_ros.pipeline.cropping import crop_regions
from hand_recon_ros.pipeline.landmarks import INPUT_SIZE, Landmarks, in_image
from hand_recon_ros.pipeline.reconstruction import MIRROR, observe
from hand_recon_ros.pipeline.regions import crop_to_image, regions_from_landmarks
from hand_recon_ros.runtime.backends import Run
from hand_recon_ros.types import ByteImage, Side
from hand_recon_train.datasets.sample import HandTruth
from hand_recon_train.lifting.sampling import jittered
from hand_recon_train.sight.trunk import blind_network, compiled, fit_components
from hand_recon_train.synthetic.renderer import Recipe, Rendered, Renderer

Array = npt.NDArray[Any]
logger = logging.getLogger("hand_recon_train.sight")

SEED, SIZE, PICTURES, BATCH = 301, 224, 400, 16
"""Of the stream, pixels of a picture, pictures of a shard, and pictures looked at together."""
COMPONENTS_FILE = "components.pt"
COMPONENTS_FROM = 20, 16
"""Batches of pictures that the finer map's principal components are taken from, and how many pictures each has."""
NEAR_TRUTH, FOLLOWED = (0.05, 0.08, 0.12), (0.02, 0.03, 0.05)
"""Spread of a crop's centre (of its side), side (logarithm) and angle in the first look and in the second."""
LEAST = 0.2
"""Presence under which a look is not kept."""
GAIN, GAMMA, TINT, BLUR = 0.25, 0.3, 0.08, 1.2
"""Spread of a crop's brightness, its contrast and its colours (logarithms), and the most blur, in pixels."""


def look(run: Run, points: Articulation, batch: list[Rendered], rng: np.random.Generator) -> list[dict[str, Array]]:
    """The looks at the hands of a batch of pictures, each with its truth."""
    hands = [(rendered, hand) for rendered in batch for hand in rendered.sample.hands]
    pictures = [rendered.sample.image for rendered, _ in hands]
    true = np.stack([true_points(points, rendered, hand) for rendered, hand in hands]).astype(np.float32)
    mirrored = rng.random(len(hands)) < 0.5
    regions = jittered(rng, regions_from_landmarks(true), NEAR_TRUTH)
    rows = []
    for looks_mirrored in (mirrored, ~mirrored):
        seen, outputs = _seen(run, pictures, regions, looks_mirrored, rng)
        rows += [
            _row(*hands[k], seen.take(slice(k, k + 1)), [output[k] for output in outputs], regions[k], flip, true[k])
            for k, flip in enumerate(looks_mirrored)
            if seen.presence[k] > LEAST
        ]
        regions = jittered(rng, regions_from_landmarks(seen.pixels), FOLLOWED)
    return rows


def true_points(points: Articulation, rendered: Rendered, hand: HandTruth) -> Array:
    """Pixels (21, 2) where the landmark network would put its points, if it made no error."""
    assert hand.vertices is not None and rendered.sample.camera is not None
    return project(rendered.sample.camera, points.regressor @ hand.vertices)


def _seen(
    run: Run, pictures: list[ByteImage], regions: Array, mirrored: Array, rng: np.random.Generator
) -> tuple[Landmarks, tuple[Array, ...]]:
    """Landmarks in the pictures, and the outputs for the crops, which show the mirrored picture where so said."""
    crops = crop_regions(pictures, [region[None] for region in regions], INPUT_SIZE)
    images = np.stack([_varied(crop, rng) for crop in crops.images])
    images[mirrored] = images[mirrored, :, ::-1]
    outputs = run(np.ascontiguousarray(images))
    found, presence, right, world = (output.copy() for output in outputs[:4])
    found[mirrored, :, 0] = INPUT_SIZE - 1 - found[mirrored, :, 0]
    world[mirrored, :, 0] *= -1
    return in_image((found, presence, right, world), crops.to_image, regions[:, 2]), outputs


def _varied(crop: ByteImage, rng: np.random.Generator) -> ByteImage:
    """A crop in other light and of another lens, half of them left as they are."""
    if rng.random() < 0.5:
        return crop
    gain = np.exp(rng.normal(0, GAIN) + rng.normal(0, TINT, 3))
    levels = np.linspace(0, 1, 256)[:, None] ** np.exp(rng.normal(0, GAMMA)) * gain
    table = (255 * levels).clip(0, 255).astype(np.uint8)
    varied = cv2.LUT(crop, table[None])
    blur = rng.uniform(0, BLUR)
    return np.asarray(cv2.GaussianBlur(varied, (0, 0), blur) if blur > 0.4 else varied, np.uint8)


def _row(
    rendered: Rendered,
    hand: HandTruth,
    seen: Landmarks,
    outputs: list[Array],
    region: Array,
    mirrored: bool,
    true: Array,
) -> dict[str, Array]:
    """A look: the maps, the network's outputs in the crop, what a lifter sees, and the truth, as of a right hand."""
    sample, mirror = rendered.sample, MIRROR if hand.side == Side.LEFT else np.ones(3)
    assert sample.camera is not None and hand.mano is not None
    observed = observe(seen, [hand.side], sample.camera)
    rotations = axis_angle_to_matrix(hand.mano.pose.reshape(16, 3).astype(np.float64)) * np.outer(mirror, mirror)
    to_image = crop_to_image(region[None], INPUT_SIZE)[0]
    in_crop = np.linalg.solve(to_image[:, :2], (true - to_image[:, 2]).T).T
    if mirrored:
        in_crop[:, 0] = INPUT_SIZE - 1 - in_crop[:, 0]
    points, presence, right, _, coarse, fine = outputs
    return {
        "coarse": coarse.astype(np.float16),
        "fine": fine.astype(np.float16),
        "points": points.astype(np.float32),
        "presence": np.float32(presence),
        "right": np.float32(right),
        "is_right": np.bool_((hand.side == Side.RIGHT) != mirrored),
        "mirrored": np.bool_(mirrored),
        "rays": observed.rays[0].astype(np.float32),
        "relative": observed.relative[0].astype(np.float16),
        "true_points": in_crop.astype(np.float32),
        "root": rotations[0].astype(np.float32),
        "angles": angles_from_rotations(free_hand_anatomy().axes.astype(np.float64), rotations[1:]).astype(np.float32),
    }


def prepared(folder: Path) -> HandSight:
    """The network whose maps are looked at; its components are found at first and then kept in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    network, kept = blind_network(), folder / COMPONENTS_FILE
    if kept.exists():
        network.reduce.load_state_dict(torch.load(kept, weights_only=True))
    else:
        fit_components(network, _some_crops())
        torch.save(network.reduce.state_dict(), kept)
    return network


def _some_crops() -> Array:
    """Crops of rendered hands, as they are placed by the truth."""
    renderer, batches, size = Renderer(Recipe(SEED + 1, SIZE)), *COMPONENTS_FROM
    crops = []
    for index in range(batches * size):
        sample = renderer(index).sample
        regions = regions_from_landmarks(np.stack([hand.joints_2d for hand in sample.hands]))
        crops.append(crop_regions([sample.image], [regions], INPUT_SIZE).images)
    return np.concatenate(crops)


def look_at_shards(network: HandSight, points: Articulation, folder: Path, seed: int, count: int) -> list[Path]:
    """The first shards of a seed; those that the folder lacks are made."""
    cv2.setNumThreads(1)
    paths = [folder / f"{seed}-{number:04d}.npz" for number in range(count)]
    missing = [number for number, path in enumerate(paths) if not path.exists()]
    if missing:
        run, renderer = compiled(network, folder / "maps.onnx"), Renderer(Recipe(seed, SIZE))
        for number in missing:
            _write(paths[number], _shard(run, points, renderer, number))
    return paths


def _shard(run: Run, points: Articulation, renderer: Renderer, number: int) -> list[dict[str, Array]]:
    rows = []
    for start in range(number * PICTURES, (number + 1) * PICTURES, BATCH):
        batch = [renderer(index) for index in range(start, start + BATCH)]
        rows += look(run, points, batch, np.random.default_rng((renderer.recipe.seed, 1, start)))
    return rows


def _write(path: Path, rows: list[dict[str, Array]]) -> None:
    """Under another name first, so that a shard is either whole or not there."""
    part = path.with_suffix(".part")
    arrays: dict[str, Any] = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    with part.open("wb") as file:
        np.savez(file, **arrays)
    part.rename(path)
    logger.info("%s: %d looks", path.name, len(rows))
