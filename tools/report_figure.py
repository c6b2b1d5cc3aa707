"""The picture of docs/replay.md: the top of the report of the bundled clip, against its truth.

python -m tools.report_figure [--out docs/images]      needs Chromium
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.bus.cdr import CdrReader, read_header
from hand_recon_ros.bus.compressed_codec import COMPRESSED_IMAGE
from hand_recon_ros.bus.pose_codec import POSE_ARRAY, encode_pose_array
from hand_recon_ros.bus.recorder import BagWriter
from hand_recon_ros.paths import shared_file

SIDES = ("right", "left")
WIDTH, HEIGHT, SHOWN_WIDTH = 1100, 3000, 800


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    out = parser.parse_args().out.resolve()
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("expected a browser to photograph the report with, found none: install Chromium")
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mcap"
        write_clip_with_truth(clip)
        results = Path(folder) / "results"
        references = [option for side in SIDES for option in ("--reference", f"/truth/{side}")]
        subprocess.run(["hand-recon", "replay", clip, "--out", results, "--vertices", *references], check=True)
        photograph(browser, results / "report.html", out / "report.png")


def write_clip_with_truth(path: Path) -> None:
    """The bundled clip with the joints that its hands were drawn from, as docs/replay.md makes it."""
    truth = iter(np.load(shared_file("examples", "two_hands_truth.npz"))["joints"])
    with open_bag(shared_file("examples", "two_hands.mcap")) as clip, BagWriter(path) as writer:
        for topic in clip.topics:
            writer.add_topic(topic.name, topic.ros_type, topic.qos)
        for side in SIDES:
            writer.add_topic(f"/truth/{side}", POSE_ARRAY)
        for message in clip.messages():
            writer.write(message.topic.name, message.stamp_ns, message.cdr)
            if message.topic.ros_type == COMPRESSED_IMAGE:
                stamp_ns, frame_id = read_header(CdrReader(message.cdr))
                for side, joints in zip(SIDES, next(truth), strict=True):
                    poses = np.concatenate([joints, np.tile([0, 0, 0, 1], (21, 1))], axis=1)
                    writer.write(f"/truth/{side}", message.stamp_ns, encode_pose_array(stamp_ns, frame_id, poses))


def photograph(browser: str, page: Path, picture: Path) -> None:
    """The top of a page, WIDTH x HEIGHT, as a PNG of SHOWN_WIDTH."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}"]
    profile, whole = f"--user-data-dir={page.parent / 'browser'}", page.with_suffix(".png")
    subprocess.run([browser, *options, profile, f"--screenshot={whole}", page.as_uri()], check=True)
    with Image.open(whole) as shot:
        smaller = shot.convert("RGB").resize((SHOWN_WIDTH, round(shot.height * SHOWN_WIDTH / shot.width)))
    smaller.quantize(256, dither=Image.Dither.NONE).save(picture, optimize=True)


if __name__ == "__main__":
    main()
