"""The random numbers of hand_recon_train.synthetic.sensor, all of a picture at once.

A generator of shifts and exclusive ors is linear over bits: a table says what 2^k steps make of a state, so that each
run of numbers doubles in one go (Haramoto et al., "Efficient Jump Ahead for F2-Linear Random Number Generators", 2008).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

Tensor = torch.Tensor
Array = npt.NDArray[Any]

FACTOR, OFFSET = 0x9E3779B97F4A7C15 - (1 << 64), 0x1234567
"""What makes a state of a seed; 64 bits, signed."""
SPREAD = 37837.0
"""Standard deviation of the sum of four 16-bit numbers."""


def noise(seeds: Tensor, count: int) -> Tensor:
    """Nearly normal numbers (B, count) of seeds (B,), of variance 1."""
    states = _states(seeds, count)
    total = sum(((states >> shift) & 0xFFFF for shift in (0, 16, 32, 48)), start=torch.zeros_like(states))
    return (total - 131070) / SPREAD


def _states(seeds: Tensor, count: int) -> Tensor:
    """States 1 to count (B, count) of the generators."""
    jumps = _jumps(max(1, (count - 1).bit_length()), seeds.device)
    states = _stepped((seeds * FACTOR + OFFSET)[:, None])
    for table in jumps:
        if states.shape[1] < count:
            states = torch.cat([states, _jumped(states[:, : count - states.shape[1]], table)], dim=1)
    return states


def _stepped(state: Tensor) -> Tensor:
    state = state ^ (state << 13)
    state = state ^ ((state >> 7) & ((1 << 57) - 1))  # as of an unsigned number
    return state ^ (state << 17)


def _jumped(states: Tensor, table: Tensor) -> Tensor:
    """The states after the steps of a table (8, 256)."""
    out = table[0][states & 0xFF]
    for byte in range(1, 8):
        out = out ^ table[byte][(states >> (8 * byte)) & 0xFF]
    return out


@lru_cache(maxsize=4)
def _jumps(doublings: int, device: torch.device) -> Tensor:
    """For 1, 2, 4, ... steps (doublings, 8, 256) int64: what they make of each value of each byte of a state."""
    bits = torch.ones(64, dtype=torch.int64) << torch.arange(64)
    column, tables = _stepped(bits), []
    for _ in range(doublings):
        tables.append(_table(column.numpy()))
        column = _jumped(column, torch.from_numpy(tables[-1]))
    return torch.from_numpy(np.stack(tables)).to(device)


def _table(column: Array) -> Array:
    """What is made of each byte's values (8, 256), from what is made of each bit (64,)."""
    chosen = (np.arange(256)[:, None] >> np.arange(8)) & 1
    return np.asarray(np.bitwise_xor.reduce(chosen * column.reshape(8, 1, 8), axis=2))
