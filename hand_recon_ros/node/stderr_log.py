"""Log lines of a program that is a node without ROS: on standard error, in ROS's form."""

from __future__ import annotations

import logging

LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")


def log_to_stderr(level: str | None) -> None:
    """Log from a level on that `--log-level` takes, by default info.

    Raises:
        ValueError: no such level.
    """
    level = level or "info"
    if level not in LOG_LEVELS:
        raise ValueError(f"expected a log level out of {', '.join(LOG_LEVELS)}, got {level!r}")
    logging.basicConfig(level=level.upper(), format="[%(levelname)s] [%(name)s]: %(message)s")
