"""Times MediaPipe's hand tracking on pictures, one request a line; runs in an environment of its own (NumPy 1).

Reads from standard input: a .npy file of frames (T, H, W, 3), the number of hands and the model's complexity, then one
line a round. Answers the first with hands found a frame, every other with each frame's milliseconds, by the clock and
of the processor.
"""

from __future__ import annotations

import json
import sys
import time

import mediapipe as mp
import numpy as np


def main() -> None:
    """Answer requests until standard input ends."""
    path, hands, complexity = json.loads(sys.stdin.readline())
    frames = np.load(path)
    tracker = mp.solutions.hands.Hands(static_image_mode=False, max_num_hands=hands, model_complexity=complexity)
    found = sum(len(tracker.process(frame).multi_hand_landmarks or ()) for frame in frames)
    print(json.dumps(found / len(frames)), flush=True)
    for _ in sys.stdin:
        times = []
        for frame in frames:
            wall, cpu = time.perf_counter(), time.process_time()
            tracker.process(frame)
            times.append((1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - cpu)))
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()
