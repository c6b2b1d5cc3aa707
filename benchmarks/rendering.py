"""How fast training hands are rendered: by compiled loops on processors, and on a GPU where there is one.

    python -m benchmarks.rendering [--count 1200] [--size 224] [--processes 1 2] [--workers 15] [--batch 128]

Processors: pictures a second from drawing to the files of a shard, by clock and by processor time, with the processes
started and the loops compiled before the clock runs; then where a picture's processor time goes. GPU: the same of
`DeviceStream`, pictures and truth on the device, JPEG's losses included, and the milliseconds of each stage of a batch.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import islice
from multiprocessing import get_context
from types import ModuleType
from typing import Any
from unittest.mock import patch

import cv2

from hand_recon_train.synthetic import drawing, renderer
from hand_recon_train.synthetic.drawing import Drawing, Recipe
from hand_recon_train.synthetic.records import to_files
from hand_recon_train.synthetic.renderer import Renderer

AT_ONCE, WARM, STAGED = 16, 24, 300
DRAWN = ("draw_hand", "draw_partner", "draw_held", "draw_wear", "draw_skin_colour", "draw_view", "merged")
"""Parts of drawing that are timed one by one."""
RENDERED = ("known_about", "pixels_of", "rasterise", "shadow_map", "openness", "paint", "shadow_on_wall", "shade",
            "exposed", "seen_hands", "to_jpeg")  # fmt: skip
ON_DEVICE = ("pixels_of", "planes_of", "rasterise", "shadow_maps", "openness", "find_places", "surface_at", "paint",
             "shadow_on_wall", "shade", "resolve", "labels_of", "exposed", "_visible")  # fmt: skip


def main() -> None:
    """Print the tables."""
    arguments = _arguments()
    recipe = Recipe(seed=0, size=arguments.size)
    print(f"{'processes':>9} {'pictures/s':>11} {'ms of processor a picture':>26}")
    for processes in arguments.processes:
        clock, processor = time_processes(recipe, arguments.count, processes)
        print(f"{processes:9d} {arguments.count / clock:11.0f} {1e3 * processor / arguments.count:26.2f}")
    show("processor time a picture, ms", stages_of_loops(recipe))
    show("of that, what the drawing for a device takes, ms", drawing_for_device(recipe, arguments.batch))
    from hand_recon_ros.runtime.device import cuda_device_count

    if not cuda_device_count():
        print("no CUDA device here: its rows were not run")
        return
    rate = time_stream(recipe, arguments.count, arguments.batch, arguments.workers)
    print(f"CUDA, {arguments.workers} drawing processes, batches of {arguments.batch}: {rate:.0f} pictures/s")
    show(f"stages of a batch of {arguments.batch}, ms", stages_of_device(recipe, arguments.batch))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1200, help="pictures that are timed")
    parser.add_argument("--size", type=int, default=224, help="pixels")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2], help="that render by compiled loops")
    parser.add_argument("--workers", type=int, default=15, help="processes that draw for the GPU")
    parser.add_argument("--batch", type=int, default=128, help="pictures that the GPU renders at once")
    return parser.parse_args()


def show(title: str, times: dict[str, float]) -> None:
    """Print times in milliseconds, the longest first, and their sum."""
    print(f"\n{title}")
    for name, milliseconds in sorted(times.items(), key=lambda item: -item[1]):
        print(f"  {name:18s} {milliseconds:7.3f}")
    print(f"  {'all':18s} {sum(times.values()):7.3f}")


_renderer: list[Renderer] = []


def _start(recipe: Recipe) -> None:
    cv2.setNumThreads(1)
    _renderer[:] = [Renderer(recipe)]


def _render(indices: range) -> float:
    """Render samples to files; seconds of processor time."""
    begun = time.process_time()
    for index in indices:
        to_files(_renderer[0](index))
    return time.process_time() - begun


def time_processes(recipe: Recipe, count: int, processes: int) -> tuple[float, float]:
    """Seconds by the clock and of processor time that processes take for the first samples of a recipe."""
    with get_context("spawn").Pool(processes, _start, (recipe,)) as pool:
        pool.map(_render, [range(WARM)] * processes, chunksize=1)
        begun = time.perf_counter()
        spent = pool.map(_render, [range(k, min(k + AT_ONCE, count)) for k in range(0, count, AT_ONCE)], chunksize=1)
        return time.perf_counter() - begun, sum(spent)


class Stages:
    """Time spent in functions, without what they spend in each other."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Take the time from a clock in seconds."""
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._now, self._inner = now, [0.0]

    def timed(self, name: str, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """What a function gives, its time noted."""
        begun = self._now()
        self._inner.append(0.0)
        try:
            return function(*arguments, **options)
        finally:
            spent = self._now() - begun
            self.seconds[name] += spent - self._inner.pop()
            self._inner[-1] += spent

    @contextmanager
    def of(self, module: ModuleType, names: tuple[str, ...]) -> Iterator[None]:
        """Time functions that a module calls by these names."""
        with ExitStack() as patches:
            for name in names:
                patches.enter_context(patch.object(module, name, partial(self.timed, name, getattr(module, name))))
            yield

    def each(self, count: int) -> dict[str, float]:
        """Milliseconds each of so many."""
        return {name: 1e3 * seconds / count for name, seconds in self.seconds.items()}


def stages_of_loops(recipe: Recipe) -> dict[str, float]:
    """Milliseconds of processor time a picture by compiled loops, by stage."""
    cv2.setNumThreads(1)
    render, stages = Renderer(recipe), Stages(time.thread_time)
    _start(recipe)
    _render(range(WARM))
    with stages.of(drawing, DRAWN), stages.of(renderer, RENDERED):
        for index in range(STAGED):
            stages.timed("files", to_files, stages.timed("all else", render, index))
    return stages.each(STAGED)


def drawing_for_device(recipe: Recipe, batch: int) -> dict[str, float]:
    """Milliseconds of processor time a picture until it is on the way to a device."""
    from hand_recon_train.synthetic.device.batch import pack
    from hand_recon_train.synthetic.device.batching import batch_of

    draw, stages = Drawing(recipe), Stages(time.thread_time)
    for first in range(0, STAGED, batch):
        shots = [stages.timed("drawing", draw, index) for index in range(first, first + batch)]
        stages.timed("packing", lambda part: pack(batch_of(part)), shots)
    return stages.each(-(-STAGED // batch) * batch)


def time_stream(recipe: Recipe, count: int, batch: int, workers: int) -> float:
    """Pictures a second of a stream on CUDA, after its processes have begun."""
    import torch

    from hand_recon_train.synthetic.device.stream import DeviceStream

    stream = iter(DeviceStream(recipe, torch.device("cuda"), batch, workers))
    batches = -(-max(count, 100 * batch) // batch)
    for _ in islice(stream, 4 * workers):  # those that were drawn while nothing was asked for
        torch.cuda.synchronize()
    begun = time.perf_counter()
    for _ in islice(stream, batches):
        torch.cuda.synchronize()
    return batches * batch / (time.perf_counter() - begun)


def stages_of_device(recipe: Recipe, batch: int, rounds: int = 10) -> dict[str, float]:
    """Milliseconds of each stage of a batch on CUDA, each waited for."""
    import torch

    from hand_recon_train.synthetic.device import renderer as on_device
    from hand_recon_train.synthetic.device.batch import pack, unpack
    from hand_recon_train.synthetic.device.batching import batch_of

    def now() -> float:
        torch.cuda.synchronize()
        return time.perf_counter()

    cuda, draw, stages = torch.device("cuda"), Drawing(recipe), Stages(now)
    parcel, render = (
        pack(batch_of([draw(index) for index in range(batch)])).pin_memory(),
        on_device.DeviceRenderer(cuda),
    )
    render(unpack(parcel, cuda))
    with stages.of(on_device, ON_DEVICE):
        for _ in range(rounds):
            pictures = stages.timed("all else", render, stages.timed("upload", unpack, parcel, cuda))
            stages.timed("jpeg", on_device.compressed, pictures, unpack(parcel, cuda))
    return stages.each(rounds)


if __name__ == "__main__":
    main()
