"""Pictures to try the page with: frames of the bundled clip, which were rendered for this package."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.bus.compressed_codec import decode_compressed_image
from hand_recon_ros.node.image_topic import colour_image_topic
from hand_recon_ros.paths import shared_file

STEP, COUNT = 20, 4


def write_examples(folder: Path) -> list[Path]:
    """Write every twentieth frame of the clip, as recorded, into a folder, and list the files.

    Raises:
        OSError: the clip is missing, or a file cannot be written.
        ValueError: the clip is damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    with open_bag(shared_file("examples", "two_hands.mcap")) as bag:
        for message in islice(bag.messages([colour_image_topic(bag)]), 0, STEP * COUNT, STEP):
            files.append(folder / f"two_hands_{len(files) + 1}.jpg")
            files[-1].write_bytes(decode_compressed_image(message.cdr).data.tobytes())
    return files
