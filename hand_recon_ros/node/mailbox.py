"""A mailbox with one slot between the receive thread and the worker: the newest item wins."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds the newest item until it is taken; counts the items that were replaced before."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: T | None = None
        self._closed = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Items so far that a newer one replaced."""
        return self._dropped

    def put(self, item: T) -> None:
        """Leave an item in place of one that was not taken; ignored after closing."""
        with self._changed:
            if self._closed:
                return
            self._dropped += self._item is not None
            self._item = item
            self._changed.notify()

    def get(self, timeout_s: float | None = None) -> T | None:
        """Wait for an item and take it; None when the mailbox is closed or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed, timeout_s)
            item, self._item = self._item, None
            return None if self._closed else item

    def close(self) -> None:
        """Wake up whoever waits; nothing comes out any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
