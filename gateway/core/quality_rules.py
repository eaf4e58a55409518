"""What a reading has to keep to be GOOD, by the rules of its channel. No I/O, no clock."""

from __future__ import annotations

import math

from gateway.core.change_rate import change_rate
from gateway.core.news import judge
from gateway.core.reading import Quality, Reason, Value
from gateway.core.settings_quality import QualitySettings, RangeSettings

NS_PER_S = 1_000_000_000
SAME = 1e-9
"""Relative: so much may a number differ from a fault value that was written in decimal."""
GOOD = (Quality.GOOD, Reason.NONE)
_ANYWHERE = RangeSettings()


class QualityRules:
    """The rules of one channel, and what they have to remember of it."""

    def __init__(self, settings: QualitySettings) -> None:
        self._settings = settings
        self._range = settings.range_ or _ANYWHERE
        self._rate = change_rate(settings.rate)
        self._good: tuple[float, int] | None = None
        """The last GOOD number and when it was: what comes next is measured from there."""
        self._same: tuple[Value, int] | None = None
        """What the part says, and since when it says nothing else."""

    def judge(self, said: Value, value: Value, now_ns: int) -> tuple[Quality, Reason]:
        """The quality of a finite `value`, of which its part `said` something else before the calibration.

        BAD goes before UNCERTAIN. `now_ns` is boottime.
        """
        is_stuck = self._is_stuck(said, now_ns)
        if not isinstance(said, bool | str) and any(
            math.isclose(said, one, rel_tol=SAME, abs_tol=SAME) for one in self._settings.fault_values
        ):
            return Quality.BAD, Reason.FAULT_VALUE
        reason = judge(value, self._range.low, self._range.high)
        if reason is not Reason.NONE:
            return Quality.BAD, reason
        if self._is_too_fast(value, now_ns):
            return Quality.UNCERTAIN, Reason.RATE
        return (Quality.UNCERTAIN, Reason.STUCK) if is_stuck else GOOD

    def gap(self) -> None:
        """Readings are missing from here on: nobody knows whether it changed meanwhile."""
        self._same = None

    def _is_stuck(self, said: Value, now_ns: int) -> bool:
        if self._same is None or self._same[0] != said:
            self._same = (said, now_ns)
        limit_s = self._settings.stuck_s
        return limit_s is not None and now_ns - self._same[1] >= limit_s * NS_PER_S

    def _is_too_fast(self, value: Value, now_ns: int) -> bool:
        """Whether it cannot have come here from the last GOOD value. The longer ago that was, the further it can."""
        if self._rate is None or isinstance(value, bool | str):
            return False
        if self._good is not None:
            amount, span_s = self._rate
            last, last_ns = self._good
            spans = max(1.0, (now_ns - last_ns) / (span_s * NS_PER_S))
            if abs(value - last) > amount * spans * (1 + SAME):
                return True
        self._good = (value, now_ns)
        return False
