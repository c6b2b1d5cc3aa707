"""What the page shows and offers of a reconstructed picture: an overlay, tables, and files to keep."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hand_recon_ros.atomic import written_whole
from hand_recon_ros.render.export import hand_names, save_glb, save_obj
from hand_recon_ros.render.overlay import draw_overlay
from hand_recon_ros.render.picture import save_png
from hand_recon_ros.render.scaled import fitted
from hand_recon_ros.results import frame_record
from hand_recon_ros.types import ByteImage, HandFrame, Joint

SHOWN_PX = 1600
"""Longest side of the overlay: what a screen shows, whatever the picture has."""
VIEWER_FOV = 0.8
"""Radians, Babylon.js's default."""
HAND_COLUMNS = ("hand", "side is sure", "is a hand", "distance, m", "scale", "hand model")
JOINT_COLUMNS = ("hand", "joint", "x, mm", "y, mm", "z, mm", "u, px", "v, px")


@dataclass(frozen=True)
class ResultFiles:
    """Files of one picture; a mesh file needs a hand."""

    overlay: Path
    json: Path
    glb: Path | None = None
    obj: Path | None = None


def save_results(folder: Path, name: str, rgb: ByteImage, frame: HandFrame) -> ResultFiles:
    """Write what can be kept of a picture of this name into a folder.

    Raises:
        OSError: a file cannot be written.
    """
    stem = Path(name).stem
    files = ResultFiles(folder / f"{stem}_overlay.png", folder / f"{stem}.json")
    save_png(files.overlay, draw_shown(rgb, frame))
    with written_whole(files.json) as partial:
        record = frame_record(frame, name)
        partial.write_text(json.dumps(record, allow_nan=False, indent=1) + "\n", encoding="ascii")
    if not frame.hands:
        return files
    files = replace(files, glb=folder / f"{stem}.glb", obj=folder / f"{stem}.obj")
    assert files.glb and files.obj
    save_glb(files.glb, frame)
    save_obj(files.obj, frame)
    return files


def draw_shown(rgb: ByteImage, frame: HandFrame, longest: int = SHOWN_PX) -> ByteImage:
    """The overlay of a picture, at most `longest` pixels wide and high."""
    return draw_overlay(*fitted(rgb, frame, min(longest, max(rgb.shape[:2]))))


def viewing_distance(frame: HandFrame) -> float:
    """Metres from the middle of all meshes at which a viewer of VIEWER_FOV sees them whole; 1 without hands."""
    if not frame.hands:
        return 1.0
    vertices = np.concatenate([hand.vertices for hand in frame.hands])
    width, height, depth = np.ptp(vertices, axis=0).tolist()
    return float(1.1 * max(width, height) / 2 / math.tan(VIEWER_FOV / 2) + depth / 2)


def hand_rows(frame: HandFrame) -> list[list[str]]:
    """A row of HAND_COLUMNS for each hand."""
    return [
        [
            name,
            f"{hand.side_score:.0%}",
            f"{hand.score:.0%}",
            f"{hand.wrist.position[2]:.3f}",
            hand.scale_source.name.lower(),
            hand.model,
        ]
        for name, hand in zip(hand_names(frame.hands), frame.hands, strict=True)
    ]


def joint_rows(frame: HandFrame) -> list[list[str]]:
    """A row of JOINT_COLUMNS for each joint of each hand; millimetres in the camera optical frame."""
    rows = []
    for name, hand in zip(hand_names(frame.hands), frame.hands, strict=True):
        for joint in Joint:
            place = [f"{value:.1f}" for value in (1e3 * hand.joints[joint]).tolist()]
            pixel = [f"{value:.1f}" for value in hand.joints_2d[joint].tolist()]
            rows.append([name, joint.name.lower().replace("_", " "), *place, *pixel])
    return rows


def summary(frame: HandFrame, remark: str = "") -> str:
    """What was found and how long it took, in a sentence or two."""
    timing, count = frame.timing, len(frame.hands)
    found = {0: "No hand found", 1: "1 hand"}.get(count, f"{count} hands")
    times = (
        f"{found} in {timing.total_ms:.0f} ms: detect {timing.detect_ms:.0f}, "
        f"reconstruct {timing.reconstruct_ms:.0f}, place {timing.postprocess_ms:.0f}."
    )
    hint = "" if count else " A hand must cover about a tenth of the picture's longer side."
    return f"{times}{hint} {remark}".strip()
