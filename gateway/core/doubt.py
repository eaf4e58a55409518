"""When it is said that the readings of a channel are not to be trusted, and when that they are again.

What is wrong now and then would be said with every change; so an end is said only when all has been well for a while.
"""

from __future__ import annotations

from typing import NamedTuple

from gateway.core.reading import Quality, Reading, Reason

NS_PER_S = 1_000_000_000
WELL_S = 60.0
"""All GOOD for this long is an end: at most two events a minute reach the event log, whatever a channel does."""


class Told(NamedTuple):
    """What has to be said."""

    begins: bool
    quality: Quality
    reason: Reason
    readings: int
    """How many were not GOOD since it began."""


class Doubt:
    """Whether the readings of one channel are trusted."""

    def __init__(self) -> None:
        self._told: Told | None = None
        self._wrong_ns = 0
        """When the last one that was not GOOD was taken."""

    def take(self, reading: Reading) -> Told | None:
        """What has to be said when this reading is taken; usually nothing."""
        told = self._told
        if reading.quality is not Quality.GOOD:
            self._wrong_ns = reading.boottime_ns
            if told is None:
                self._told = Told(True, reading.quality, reading.reason, 1)
                return self._told
            self._told = told._replace(readings=told.readings + 1)
        elif told is not None and reading.boottime_ns - self._wrong_ns >= WELL_S * NS_PER_S:
            self._told = None
            return told._replace(begins=False)
        return None
