"""Records images without end until a signal; usage: recording_process.py OUT.mcap."""

from __future__ import annotations

import sys
from pathlib import Path

from stand_in import picture

from hand_recon_ros.bus.image_codec import IMAGE, encode_image
from hand_recon_ros.bus.recorder import BagWriter
from hand_recon_ros.stopping import stop_on_signals


def main() -> None:
    with stop_on_signals() as stop, BagWriter(Path(sys.argv[1])) as writer:
        writer.add_topic("/image", IMAGE)
        for stamp in range(10**9):
            writer.write("/image", stamp, encode_image(stamp, "camera", picture(1, 240, 320)))
            if stamp == 50:
                print("recording", file=sys.stderr, flush=True)
            if stop.is_set():
                break


if __name__ == "__main__":
    main()
