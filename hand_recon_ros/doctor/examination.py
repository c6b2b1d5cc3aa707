"""Everything that is looked at, in the order in which people ask for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

from hand_recon_ros.doctor import machine, models, ros
from hand_recon_ros.doctor.finding import Finding, Level


def examine(environment: Mapping[str, str] = os.environ) -> list[Finding]:
    """Look at everything; an examination that fails is a finding too."""
    examinations: tuple[tuple[str, Callable[[], Iterable[Finding]]], ...] = (
        ("system", machine.system),
        ("packages", machine.packages),
        ("GPU", machine.gpu),
        ("webcams", machine.webcams),
        ("models", models.models),
        ("cache", models.cache),
        ("ROS 2", lambda: ros.installation(environment)),
        ("discovery", lambda: ros.discovery(environment)),
        ("network", ros.receive_buffer),
    )
    return [finding for subject, look in examinations for finding in _findings(subject, look)]


def _findings(subject: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    try:
        return list(look())
    except Exception as error:  # a report about what is broken must not break on it
        return [Finding(subject, Level.BAD, f"could not be examined: {error!r}")]
