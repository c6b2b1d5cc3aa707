"""Damaged messages: valid ones with flipped bits, lying lengths, cut or stretched, and with numbers that are none."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable, Iterator, Sequence

LENGTHS = (0, 1, 3, 0x7FFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 16384, 16385, 8000)
DOUBLES = (math.nan, math.inf, -math.inf, 0.0, -0.0, 1e308, 5e-324, -1.0)
FIELDS = 96
"""Most fields lie in the first bytes, before the pixels."""


def mutants(valid: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Messages with one to three damages each, the same ones for the same seed."""
    dice = random.Random(seed)
    for _ in range(count):
        message = bytearray(dice.choice(valid))
        for _ in range(dice.choice((1, 1, 2, 3))):
            dice.choice(DAMAGES)(message, dice)
        yield bytes(message)


def _place(message: bytearray, dice: random.Random, size: int = 1) -> int:
    """A position with room for some bytes, four-byte aligned for more than one."""
    end = len(message) if dice.random() < 0.3 else min(FIELDS, len(message))
    position = dice.randrange(max(1, end - size + 1))
    return position - position % 4 if size > 1 else position


def _flip(message: bytearray, dice: random.Random) -> None:
    if message:
        message[_place(message, dice)] ^= 1 << dice.randrange(8)


def _byte(message: bytearray, dice: random.Random) -> None:
    if message:
        message[_place(message, dice)] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))


def _length(message: bytearray, dice: random.Random) -> None:
    _overwrite(message, dice, struct.pack("<I", dice.choice((*LENGTHS, len(message), dice.getrandbits(32)))))


def _number(message: bytearray, dice: random.Random) -> None:
    _overwrite(message, dice, struct.pack("<d", dice.choice(DOUBLES)))


def _single(message: bytearray, dice: random.Random) -> None:
    _overwrite(message, dice, struct.pack("<f", dice.choice((math.nan, math.inf, 0.0, -1.0))))


def _overwrite(message: bytearray, dice: random.Random, block: bytes) -> None:
    place = _place(message, dice, len(block))
    if place + len(block) <= len(message):
        message[place : place + len(block)] = block


def _cut(message: bytearray, dice: random.Random) -> None:
    del message[dice.randrange(len(message) + 1) :]


def _stretch(message: bytearray, dice: random.Random) -> None:
    message += dice.randbytes(dice.choice((1, 4, 64)))


def _drop(message: bytearray, dice: random.Random) -> None:
    place = _place(message, dice)
    del message[place : place + dice.choice((1, 4, 8))]


def _insert(message: bytearray, dice: random.Random) -> None:
    place = _place(message, dice)
    message[place:place] = dice.randbytes(dice.choice((1, 4, 8)))


def _turn(message: bytearray, dice: random.Random) -> None:
    """The other byte order, or an encapsulation of another kind."""
    if len(message) > 1:
        message[1] = dice.choice((0, 1, 2, 7))


DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    *(_flip, _byte, _byte, _length, _length, _length, _number, _single, _cut, _stretch, _drop, _insert, _turn),
)
