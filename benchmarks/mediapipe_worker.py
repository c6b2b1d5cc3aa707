"""Times MediaPipe's hand tracking on pictures, one request a line; runs in an environment of its own (NumPy 1).

Reads from standard input: a .npz file with frames (T, H, W, 3) and the number of hands, then one number of rounds a
line. Answers each with a JSON line of milliseconds a frame.
"""

from __future__ import annotations

import json
import sys
import time

import mediapipe as mp
import numpy as np


def main() -> None:
    """Answer requests until standard input ends."""
    path, hands = sys.stdin.readline().split()
    frames = np.load(path)["frames"]
    tracker = mp.solutions.hands.Hands(static_image_mode=False, max_num_hands=int(hands), model_complexity=1)
    found = sum(len(tracker.process(frame).multi_hand_landmarks or ()) for frame in frames)
    print(json.dumps({"hands_a_frame": found / len(frames)}), flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            for frame in frames:
                started = time.perf_counter()
                tracker.process(frame)
                times.append(1e3 * (time.perf_counter() - started))
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()
