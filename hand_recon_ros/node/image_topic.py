"""Which topic of a recording holds the pictures."""

from __future__ import annotations

from hand_recon_ros.bus.bag_reader import BagReader, BagTopic
from hand_recon_ros.bus.compressed_codec import COMPRESSED_IMAGE
from hand_recon_ros.bus.image_codec import IMAGE

COMPRESSED_SUFFIX = "/compressed"


def colour_image_topic(bag: BagReader, wanted: str | None = None) -> BagTopic:
    """The topic asked for, or the only one with colour images (raw rather than compressed when it has both).

    Raises:
        ValueError: the recording has no such topic, or several; the sentence lists them.
    """
    images = [t for t in bag.topics if t.ros_type in (IMAGE, COMPRESSED_IMAGE) and t.count]
    listed = ", ".join(sorted(t.name for t in images)) or "none"
    if wanted is not None:
        names = (wanted, wanted + COMPRESSED_SUFFIX)
        found = [t for name in names for t in images if t.name == name]
        if not found:
            raise ValueError(f"expected images on {wanted}, the recording has image topics: {listed}")
        return found[0]
    colour = [t for t in images if "depth" not in t.name.lower()]
    raw = {t.name for t in colour if t.ros_type == IMAGE}
    choices = [t for t in colour if t.name in raw or t.name.removesuffix(COMPRESSED_SUFFIX) not in raw]
    if not choices:
        raise ValueError(f"expected colour images in the recording, its image topics are: {listed}")
    if len(choices) != 1:
        raise ValueError(f"expected one image topic in the recording, it has: {listed}; name the one to use")
    return choices[0]
