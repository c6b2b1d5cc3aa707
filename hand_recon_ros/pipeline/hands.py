"""The hand models that mesh networks give meaning to: the user's MANO files, or the free hand."""

from __future__ import annotations

from pathlib import Path

from hand_recon_ros.hand_model import HandModel, load_free_hand, load_mano
from hand_recon_ros.types import Side

RIGHT_FILE, LEFT_FILE = "MANO_RIGHT.pkl", "MANO_LEFT.pkl"


def load_hands(mano: Path | None) -> tuple[HandModel, HandModel | None]:
    """The right and the left hand model of a folder with MANO's files, or the free hand without one.

    The left one is None where the folder has none, and of the free hand: networks then take what they were trained
    with, which is the mirrored right one for most.

    Raises:
        ValueError: not a folder, no right hand in it, or a file that is damaged or holds the other hand.
        OSError: a file cannot be read.
    """
    if mano is None:
        return load_free_hand(), None
    if not (mano / RIGHT_FILE).is_file():
        raise ValueError(
            f"expected a folder with {RIGHT_FILE}, got {mano}; get the files from https://mano.is.tue.mpg.de and name "
            "the folder that they are in"
        )
    right, left = load_mano(mano / RIGHT_FILE, Side.RIGHT), mano / LEFT_FILE
    return right, _opposite(load_mano(left, Side.LEFT), right, left) if left.is_file() else None


def _opposite(left: HandModel, right: HandModel, path: Path) -> HandModel:
    """The left hand, whose fingers must point to the other side of x than the right one's."""
    reaches = [hand.joints_template[1:, 0].mean() - hand.joints_template[0, 0] for hand in (left, right)]
    if reaches[0] * reaches[1] > 0:
        raise ValueError(f"expected a left hand in {path}, got the same side as in {RIGHT_FILE}; get the file again")
    return left
