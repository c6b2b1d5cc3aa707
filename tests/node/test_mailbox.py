"""The mailbox with a slot for each camera."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from hand_recon_ros.node.mailbox import Mailbox


@given(st.lists(st.sampled_from(["left", "right", None])))
def test_the_newest_item_of_each_camera_wins_and_replacing_is_told(actions: list[str | None]) -> None:
    mailbox: Mailbox[str, int] = Mailbox()
    waiting: dict[str, int] = {}
    for number, camera in enumerate(actions):
        if camera is None:
            assert mailbox.get(timeout_s=0) == waiting
            waiting = {}
        else:
            assert mailbox.put(camera, number) == (camera in waiting)
            waiting[camera] = number


def test_waiting_ends_with_an_item() -> None:
    mailbox: Mailbox[str, str] = Mailbox()
    got: list[dict[str, str]] = []
    thread = threading.Thread(target=lambda: got.append(mailbox.get(10)))
    thread.start()
    mailbox.put("left", "x")
    thread.join(10)
    assert got == [{"left": "x"}]


def test_closing_ends_waiting_and_gives_nothing_any_more() -> None:
    mailbox: Mailbox[str, str] = Mailbox()
    got: list[dict[str, str]] = []
    thread = threading.Thread(target=lambda: got.append(mailbox.get()))
    thread.start()
    mailbox.close()
    thread.join(10)
    assert got == [{}]
    assert not mailbox.put("left", "late")
    assert mailbox.get() == {}
