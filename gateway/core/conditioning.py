"""What becomes of a value between the part and the reading: calibrated, judged, smoothed. No I/O, no clock.

The part's own range and its fault values are of what it says, before the calibration; the rest goes by what is so.
"""

from __future__ import annotations

from typing import NamedTuple

from gateway.core.calibration import calibrated
from gateway.core.news import judge
from gateway.core.quality_rules import QualityRules
from gateway.core.reading import Quality, Reason, Value
from gateway.core.settings_channel import ChannelSettings
from gateway.core.smoothing import Smoother

NS_PER_S = 1_000_000_000
GAP = 2.5
"""Readings that are further apart than this many intervals have a gap between them: at least one is missing."""
DIGITS = 12
"""Of a value that was calculated: more than any part measures, and without the noise of the arithmetic."""


class Judged(NamedTuple):
    """A value, and how far it can be trusted."""

    value: Value
    quality: Quality
    reason: Reason


class Conditioning:
    """What is made of the values of one channel, by its part's range and its settings."""

    def __init__(self, low: float | None, high: float | None, settings: ChannelSettings) -> None:
        self._low, self._high = low, high
        self._calibrate = settings.calibrate
        self._rules = None if settings.quality is None else QualityRules(settings.quality)
        self._smoother = None if settings.smooth is None else Smoother(settings.smooth)

    def take(self, said: Value, now_ns: int, every_s: float) -> Judged:
        """What comes of what the part said at `now_ns` (boottime), read once in `every_s`."""
        reason = judge(said, self._low, self._high)
        value = said
        if self._calibrate is not None and reason is not Reason.NOT_A_NUMBER and not isinstance(said, bool | str):
            value = rounded(calibrated(said, self._calibrate))
            reason = reason if reason is not Reason.NONE else judge(value, None, None)
        quality = Quality.GOOD if reason is Reason.NONE else Quality.BAD
        if self._rules is not None and reason is Reason.NONE:
            quality, reason = self._rules.judge(said, value, now_ns)
        if self._smoother is not None and not isinstance(value, bool | str):
            if quality is not Quality.GOOD:
                self._smoother.forget()
            else:
                value = rounded(self._smoother.take(value, now_ns, GAP * every_s * NS_PER_S))
        return Judged(value, quality, reason)

    def gap(self) -> None:
        """Readings are missing from here on: what comes later has nothing to do with what was before."""
        if self._smoother is not None:
            self._smoother.forget()
        if self._rules is not None:
            self._rules.gap()


def rounded(value: float) -> float:
    """`value` without the noise of the arithmetic."""
    return float(f"{value:.{DIGITS}g}")
