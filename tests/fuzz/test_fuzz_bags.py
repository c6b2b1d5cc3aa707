"""Damaged recordings: a sentence, or what can still be read of them."""

from __future__ import annotations

import resource
from pathlib import Path

import seeds
from mutations import mutants

from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.bus.camera_codec import CAMERA_INFO
from hand_recon_ros.bus.image_codec import IMAGE
from hand_recon_ros.bus.recorder import BagWriter

COUNT = 1_500
GROWTH_KIB = 200 << 10


def recording(folder: Path) -> bytes:
    with BagWriter(folder / "sound.mcap") as writer:
        writer.add_topic("/image", IMAGE)
        writer.add_topic("/camera_info", CAMERA_INFO)
        for stamp, (image, info) in enumerate(zip(seeds.images(), seeds.camera_infos(), strict=False)):
            writer.write("/image", stamp, image)
            writer.write("/camera_info", stamp, info)
    return (folder / "sound.mcap").read_bytes()


def read(path: Path) -> int:
    with open_bag(path) as bag:
        return sum(len(message.cdr) for message in bag.messages())


def test_damaged_recordings_end_in_a_sentence_and_take_no_memory(tmp_path: Path) -> None:
    sound = recording(tmp_path)
    bytes_in_it = read(tmp_path / "sound.mcap")
    path, refused = tmp_path / "damaged.mcap", 0
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for damaged in mutants([sound], COUNT, seed=1):
        path.write_bytes(damaged)
        try:
            assert read(path) <= 2 * bytes_in_it
        except ValueError:
            refused += 1
    assert COUNT // 10 < refused < COUNT
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak_kib < GROWTH_KIB
