"""The random numbers of hand_recon_train.synthetic.sensor, all of a picture at once.

A generator of shifts and exclusive ors is linear over bits: what any number of steps makes of a state is the exclusive
or of what they make of its bytes, which tables say (Haramoto et al., "Efficient Jump Ahead for F2-Linear Random Number
Generators", 2008). Two jumps lead anywhere: to the beginning of a block, and from there into it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import torch

Tensor = torch.Tensor

FACTOR, OFFSET = 0x9E3779B97F4A7C15 - (1 << 64), 0x1234567
"""What makes a state of a seed; 64 bits, signed."""
SPREAD = 37837.0
"""Standard deviation of the sum of four 16-bit numbers."""


def noise(seeds: Tensor, count: int) -> Tensor:
    """Nearly normal numbers (B, count) of seeds (B,), of variance 1."""
    states = _states(seeds, count)
    total = (states & 0xFFFF) - 131070
    for shift in (16, 32, 48):
        total += (states >> shift) & 0xFFFF
    return total / SPREAD


def _states(seeds: Tensor, count: int) -> Tensor:
    """States 1 to count (B, count) of the generators."""
    to_blocks, into_block = _jumps(count, seeds.device)
    return _jumped(_jumped(seeds * FACTOR + OFFSET, to_blocks), into_block).flatten(1)[:, :count]


def _jumped(states: Tensor, tables: Tensor) -> Tensor:
    """What K jumps make of states (...), (..., K); tables: (8, 256, K) of each byte's values."""
    out = tables[0][states & 0xFF]
    for byte in range(1, 8):
        out ^= tables[byte][(states >> (8 * byte)) & 0xFF]
    return out


@lru_cache(maxsize=4)
def _jumps(count: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Tables of the jumps to blocks' beginnings, and from there to each of a block's states, the first one included."""
    block = 1 << math.ceil(math.log2(count) / 2)
    bits = torch.ones(64, dtype=torch.int64) << torch.arange(64)
    within = _walked(_stepped(bits), _stepped, block)
    whole = _tables(within[:, -1:])
    beginnings = _walked(bits, lambda state: _jumped(state, whole)[:, 0], -(-count // block))
    return _tables(beginnings).to(device), _tables(within).to(device)


def _walked(first: Tensor, onwards: Callable[[Tensor], Tensor], count: int) -> Tensor:
    """States (64, count) that follow on first ones (64,)."""
    states = [first]
    while len(states) < count:
        states.append(onwards(states[-1]))
    return torch.stack(states, dim=1)


def _stepped(state: Tensor) -> Tensor:
    state = state ^ (state << 13)
    state = state ^ ((state >> 7) & ((1 << 57) - 1))  # as of an unsigned number
    return state ^ (state << 17)


def _tables(of_bits: Tensor) -> Tensor:
    """What jumps make of the values of each byte (8, 256, K), from what they make of each bit (64, K)."""
    tables = of_bits.new_zeros((8, 256, of_bits.shape[1]))
    for bit, made in enumerate(of_bits.unflatten(0, (8, 8)).unbind(dim=1)):
        tables[:, 1 << bit : 2 << bit] = tables[:, : 1 << bit] ^ made[:, None]
    return tables
