"""Work that is captured once as a CUDA graph and replayed, and memory that both sides of the bus write to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hand_recon_ros.device.layout import Layout, width_of

WARM_UP = 3
"""Runs before a capture, in which libraries choose algorithms and take their memory."""
BUCKETS = (1, 2, 4, 8, 16)
"""Batch sizes that graphs are captured for; a batch is filled up to the next of them with empty rows."""


def bucket_for(count: int) -> int:
    """The smallest bucket that holds so many rows, at most the largest."""
    return next((size for size in BUCKETS if size >= count), BUCKETS[-1])


Run = Callable[[], None]
Record = Callable[[Run], Run]


def recorder(device: torch.device) -> Record:
    """What turns a function from fixed tensors to fixed tensors into one that only queues its work.

    On CUDA each becomes a graph; elsewhere it stays as it is. Its tensors must outlive it. All graphs of one recorder
    share the memory for what lies between, so only one thread may run them, and they keep nothing there.
    """
    return partial(_captured, torch.cuda.graph_pool_handle()) if device.type == "cuda" else lambda function: function


def _captured(pool: Any, function: Run) -> Run:
    stream, graph = torch.cuda.Stream(), torch.cuda.CUDAGraph()
    stream.wait_stream(torch.cuda.current_stream())
    with exact(), torch.cuda.stream(stream):
        for _ in range(WARM_UP):
            function()
    torch.cuda.current_stream().wait_stream(stream)
    torch.cuda.synchronize()
    # What other threads do on CUDA meanwhile is no matter of this capture.
    with exact(), torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local"):
        function()
    replay: Run = graph.replay
    return replay


@contextmanager
def exact() -> Iterator[None]:
    """Products and convolutions of float32 in float32, whatever else this process has chosen: not in TF32."""
    chosen = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=False):
            yield
    finally:
        torch.set_float32_matmul_precision(chosen)


class Exchange:
    """Rows of a layout that lie on the host, in pinned memory, and on the device; on a CPU both are the same."""

    def __init__(self, rows: int, layout: Layout, device: torch.device) -> None:
        """Zeros on both sides."""
        shape, pinned = (rows, width_of(layout)), device.type == "cuda"
        staging = torch.zeros(shape, dtype=torch.float32, pin_memory=pinned)
        self.device_rows: Tensor = torch.zeros(shape, dtype=torch.float32, device=device) if pinned else staging
        self.layout = layout
        self._staging = staging
        self._host: npt.NDArray[Any] = staging.numpy().view(layout)[:, 0]

    def send(self, rows: npt.NDArray[Any]) -> None:
        """Queue the copy of at most as many rows as fit; the others become zeros."""
        self._host[: len(rows)] = rows
        self._host[len(rows) :] = np.zeros((), self.layout)
        if self.device_rows is not self._staging:
            self.device_rows.copy_(self._staging, non_blocking=True)

    def fetch(self, count: int) -> npt.NDArray[Any]:
        """A copy of the device's first rows, once all that is queued is done: the one place that waits."""
        if self.device_rows is not self._staging:
            self._staging[:count].copy_(self.device_rows[:count], non_blocking=True)
            torch.cuda.current_stream().synchronize()
        return self._host[:count].copy()
