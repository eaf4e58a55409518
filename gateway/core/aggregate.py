"""Many readings of one channel as one record: mean, extremes, last, count, and the sum over time of a rate.

On the wire (`docs/wire.md`) an aggregate is one record with one number; `samples` says how many readings it stands for.
"""

from __future__ import annotations

import math

import msgspec

from gateway.core.reading import Reading
from gateway.core.segment import NS_PER_MS, Base, members
from gateway.core.settings_channel import Part
from gateway.core.thinning import tidy

NS_PER_S = 1_000_000_000


class Aggregate(msgspec.Struct, frozen=True):
    """What is known of `samples` good numbers; times are CLOCK_BOOTTIME."""

    series: str
    value: float
    """The mean."""
    boottime_ns: int
    """The mean of their times."""
    samples: int
    low: float
    low_ns: int
    high: float
    high_ns: int
    last: float
    integral: float
    """Trapezoids between the readings, and to the last one before, in unit seconds."""
    parts: tuple[Part, ...] = ()
    """Which of these are sent beside mean and count."""


Item = Reading | Aggregate
"""What one record says."""


class Gathering:
    """The readings of one window, added one by one. One that stays `alone` is sent as itself, if that is wanted."""

    def __init__(
        self, parts: tuple[Part, ...], now_ns: int, window_ns: int, before: Reading | None, *, alone: bool = True
    ) -> None:
        self.end_ns = (now_ns // window_ns + 1) * window_ns
        """From this boottime on a reading belongs to the next window."""
        self._window_ns = window_ns
        self.last: Reading | None = before
        self._parts = parts
        self._alone = alone
        self._samples = 0
        self._mean = 0.0
        self._age_ns = 0
        self._integral = 0.0
        self._low = self._high = self._first = before

    def add(self, reading: Reading) -> None:
        """Count one more good number; they come in the order of their times."""
        value = float(reading.value)
        if self.last is not None:
            apart_ns = reading.boottime_ns - self.last.boottime_ns
            if apart_ns <= self._window_ns:  # What was in a longer silence, nobody knows.
                self._integral += (value / 2 + float(self.last.value) / 2) * (apart_ns / NS_PER_S)
        if not self._samples:
            self._first = self._low = self._high = reading
        self._samples += 1
        self._mean += value / self._samples - self._mean / self._samples
        if self._low is None or value < float(self._low.value):
            self._low = reading
        if self._high is None or value > float(self._high.value):
            self._high = reading
        if self._first is not None:
            self._age_ns += reading.boottime_ns - self._first.boottime_ns
        self.last = reading

    def item(self) -> Item | None:
        """All of them as one; one alone is itself, None where there are none."""
        first, low, high, last = self._first, self._low, self._high, self.last
        if not self._samples or first is None or low is None or high is None or last is None:
            return None
        if self._samples == 1 and self._alone and Part.INTEGRAL not in self._parts:
            return last
        least, greatest = float(low.value), float(high.value)
        return Aggregate(
            first.series,
            min(max(tidy(self._mean), least), greatest),
            first.boottime_ns + self._age_ns // self._samples,
            self._samples,
            least,
            low.boottime_ns,
            greatest,
            high.boottime_ns,
            float(last.value),
            self._integral,
            self._parts,
        )


def encode_items(items: tuple[Item, ...], base: Base) -> list[str]:
    """The records of `items` but for their names. What was held back lies before `base`: its time is negative."""
    return [_encode(item, base) for item in items]


def _encode(item: Item, base: Base) -> str:
    start = f'{{"t":{_since(item.boottime_ns, base)},'
    if isinstance(item, Reading):
        return start + members(item.value, item.quality, item.reason)
    text = f'{start}"v":{item.value!r},"samples":{item.samples}'
    if Part.EXTREMES in item.parts:
        text += f',"min":{item.low!r},"max":{item.high!r}'
        text += f',"tmin":{_since(item.low_ns, base)},"tmax":{_since(item.high_ns, base)}'
    if Part.LAST in item.parts:
        text += f',"lastv":{item.last!r}'
    if Part.INTEGRAL in item.parts and math.isfinite(item.integral):
        text += f',"s":{item.integral!r}'
    return text + "}"


def _since(boottime_ns: int, base: Base) -> float:
    return (boottime_ns - base.boottime_ns + NS_PER_MS // 2) // NS_PER_MS / 1000
