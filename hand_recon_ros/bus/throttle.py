"""Warnings about a stream, without flooding the log."""

from __future__ import annotations

import logging
import time


class ThrottledWarning:
    """Logs a kind of warning at once and then at most every period, saying how many came in between."""

    def __init__(self, logger: logging.Logger, period_s: float = 5.0):
        self._logger = logger
        self._period_s = period_s
        self._last = -float("inf")
        self._silent = 0

    def __call__(self, message: str, error: BaseException | None = None) -> None:
        """Log now, or count."""
        now = time.monotonic()
        if now - self._last < self._period_s:
            self._silent += 1
            return
        more = f" ({self._silent} more before)" if self._silent else ""
        self._logger.warning("%s%s", message, more, exc_info=error)
        self._last, self._silent = now, 0
