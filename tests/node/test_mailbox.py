"""The one-slot mailbox."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from hand_recon_ros.node.mailbox import Mailbox


@given(st.lists(st.booleans()))
def test_the_newest_item_wins_and_replaced_ones_are_counted(puts: list[bool]) -> None:
    mailbox: Mailbox[int] = Mailbox()
    waiting: int | None = None
    dropped = 0
    for number, put in enumerate(puts):
        if put:
            dropped += waiting is not None
            mailbox.put(number)
            waiting = number
        else:
            assert mailbox.get(timeout_s=0) == waiting
            waiting = None
    assert mailbox.dropped == dropped


def test_waiting_ends_with_an_item() -> None:
    mailbox: Mailbox[str] = Mailbox()
    got: list[str | None] = []
    thread = threading.Thread(target=lambda: got.append(mailbox.get(10)))
    thread.start()
    mailbox.put("x")
    thread.join(10)
    assert got == ["x"]


def test_closing_ends_waiting_and_gives_nothing_any_more() -> None:
    mailbox: Mailbox[str] = Mailbox()
    got: list[str | None] = ["unset"]
    thread = threading.Thread(target=lambda: got.append(mailbox.get()))
    thread.start()
    mailbox.close()
    thread.join(10)
    assert got == ["unset", None]
    mailbox.put("late")
    assert mailbox.get() is None
