"""What a shadow is told of readings: the latest value of each channel, and rarely. Pure.

Every report costs a version and a message of each way, and every reading is in the telemetry anyway. So a shadow says
what a device measured some minutes ago at worst, and at once only what it says for the first time and, soon, that a
channel cannot be read or can be again.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.core.news import NS_PER_S, moved
from gateway.core.reading import Quality, Reading

QUALITY_EVERY_S = 10.0
"""Between two reports that a channel can or cannot be read: a part that flaps does not fill the link."""


class RareReports:
    """The readings of one device on their way to its shadow.

    `deadbands` gives, by series, how far a number has to move to be worth a report; 0 where it is not named.
    """

    def __init__(self, every_s: float, deadbands: Mapping[str, float]) -> None:
        self._every_ns = round(every_s * NS_PER_S)
        self._quality_every_ns = round(min(every_s, QUALITY_EVERY_S) * NS_PER_S)
        self._deadbands = deadbands
        self._told: dict[str, Reading] = {}
        self._waiting: dict[str, Reading] = {}
        self._told_ns = 0

    def take(self, reading: Reading) -> list[Reading]:
        """A new reading. Returns what has to be reported now: the newest of every channel that has something new."""
        if self._is_news(reading):
            self._waiting[reading.series] = reading
        else:  # It came back to what was told.
            self._waiting.pop(reading.series, None)
        if not self._waiting or reading.boottime_ns - self._told_ns < self._wait_ns():
            return []
        due = list(self._waiting.values())
        self._told |= self._waiting
        self._waiting.clear()
        self._told_ns = reading.boottime_ns
        return due

    def _is_news(self, reading: Reading) -> bool:
        told = self._told.get(reading.series)
        if told is None or _is_bad(told) is not _is_bad(reading):
            return True
        return not _is_bad(reading) and moved(told.value, reading.value, self._deadbands.get(reading.series, 0.0))

    def _wait_ns(self) -> int:
        if any(series not in self._told for series in self._waiting):
            return 0
        if any(_is_bad(self._told[series]) is not _is_bad(one) for series, one in self._waiting.items()):
            return self._quality_every_ns
        return self._every_ns


def _is_bad(reading: Reading) -> bool:
    return reading.quality is Quality.BAD
