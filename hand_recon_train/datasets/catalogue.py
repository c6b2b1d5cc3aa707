"""The data sets by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hand_recon_train.datasets import dexycb, freihand, freihand_tsv, ho3d, interhand, interhand_prepared, rhd, smhr
from hand_recon_train.datasets.composites import MultiHandComposites
from hand_recon_train.datasets.handoccnet import DexYcbAnnotated, Ho3dAnnotated
from hand_recon_train.datasets.mano import HandModels
from hand_recon_train.datasets.sample import HandDataset


@dataclass(frozen=True)
class Entry:
    """A data set: what it is, its splits, and how it is opened from folder, split and hand models."""

    summary: str
    splits: tuple[str, ...]
    open: Callable[[Path, str, HandModels | None], HandDataset]


def _composites(root: Path, split: str, models: HandModels | None) -> HandDataset:
    return MultiHandComposites(smhr.SmhrHands(root, split, models))


def _rendered(root: Path, split: str, models: HandModels | None) -> HandDataset:
    from hand_recon_train.synthetic.shards import RenderedShards  # needs the training extra

    return RenderedShards(root)


CATALOGUE: dict[str, Entry] = {
    "freihand": Entry("FreiHAND, raw folders", freihand.SPLITS, freihand.FreiHand),
    "freihand-tsv": Entry("FreiHAND, METRO's tables", freihand_tsv.SPLITS, freihand_tsv.FreiHandTables),
    "interhand": Entry("InterHand2.6M v1.0, 5 fps, H+M", interhand.SPLITS, interhand.InterHand),
    "interhand-prepared": Entry(
        "InterHand2.6M, crops of two hands that `prepare` wrote",
        interhand_prepared.SPLITS,
        interhand_prepared.PreparedInterHand,
    ),
    "ho3d": Entry("HO-3D v2, raw folders", ho3d.SPLITS, ho3d.Ho3d),
    "ho3d-handoccnet": Entry("HO-3D v2, HandOccNet's annotation files", Ho3dAnnotated.SPLITS, Ho3dAnnotated),
    "dexycb": Entry("DexYCB, raw folders", dexycb.SPLITS, dexycb.DexYcb),
    "dexycb-handoccnet": Entry("DexYCB, HandOccNet's annotation files", DexYcbAnnotated.SPLITS, DexYcbAnnotated),
    "rhd": Entry("RHD (Rendered Hand Pose)", rhd.SPLITS, rhd.Rhd),
    "smhr": Entry("single hands as SMHR packs them", smhr.SPLITS, smhr.SmhrHands),
    "rendered": Entry("hands that `synth` rendered", ("train",), _rendered),
    "smhr-multi": Entry("several hands, composed of SMHR's single ones", smhr.SPLITS, _composites),
}


def open_dataset(name: str, root: Path, split: str | None = None, models: HandModels | None = None) -> HandDataset:
    """A data set of the catalogue.

    Args:
        name: a key of CATALOGUE.
        root: the folder it was unpacked to.
        split: one of its splits; None is the first.
        models: the user's MANO, for vertices and for poses that are ready for skinning.

    Raises:
        ValueError: no such data set or split, or an empty one, or not the published layout.
        FileNotFoundError: a file of the layout is not there.
    """
    if name not in CATALOGUE:
        nearest = difflib.get_close_matches(name, CATALOGUE, 1)
        hint = f"; did you mean {nearest[0]}?" if nearest else ""
        raise ValueError(f"expected one of {', '.join(CATALOGUE)}, got {name!r}{hint}")
    entry = CATALOGUE[name]
    chosen = split or entry.splits[0]
    if chosen not in entry.splits:
        raise ValueError(f"expected a split of {name}, {', '.join(entry.splits)}, got {chosen!r}")
    if not root.is_dir():
        raise FileNotFoundError(f"expected the folder of {name}, {root} is not there or no folder")
    dataset = entry.open(root, chosen, models)
    if not len(dataset):
        raise ValueError(f"expected samples in the split {chosen} of {name} in {root}, found none; unpack it again")
    return dataset
