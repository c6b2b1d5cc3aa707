"""Published hand data sets, each in its exact layout, as one type of sample."""

from hand_recon_train.datasets.catalogue import CATALOGUE, open_dataset
from hand_recon_train.datasets.damage import SkippingDamaged
from hand_recon_train.datasets.files import DamagedFile
from hand_recon_train.datasets.mano import HandModels, load_mano_folder
from hand_recon_train.datasets.sample import HandDataset, HandTruth, ManoParameters, PoseKind, Sample

__all__ = [
    "CATALOGUE",
    "DamagedFile",
    "HandDataset",
    "HandModels",
    "HandTruth",
    "ManoParameters",
    "PoseKind",
    "Sample",
    "SkippingDamaged",
    "load_mano_folder",
    "open_dataset",
]
