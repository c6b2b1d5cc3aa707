"""A mailbox between the receive thread and the worker: a slot for each camera, in which the newest item wins."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Mailbox(Generic[K, T]):
    """Holds the newest item of each key until all that wait are taken together."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._items: dict[K, T] = {}
        self._closed = False

    def put(self, key: K, item: T) -> bool:
        """Leave an item; True when it replaced one that was not taken. Ignored after closing."""
        with self._changed:
            if self._closed:
                return False
            replaced = key in self._items
            self._items[key] = item
            self._changed.notify()
            return replaced

    def get(self, timeout_s: float | None = None) -> dict[K, T]:
        """Wait for items and take them all; none when the mailbox is closed or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed, timeout_s)
            items, self._items = self._items, {}
            return {} if self._closed else items

    def close(self) -> None:
        """Wake up whoever waits; nothing comes out any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
