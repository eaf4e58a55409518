"""A value that is made of the last few, of which none is missing."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from gateway.core.settings_quality import SmoothSettings


class Smoother:
    """The last readings of one channel; the first ones are smoothed by the few that there are."""

    def __init__(self, settings: SmoothSettings) -> None:
        self._middle = settings.median is not None
        self._window: deque[float] = deque(maxlen=settings.median or settings.mean or 1)
        self._last_ns = 0

    def take(self, value: float, now_ns: int, gap_ns: float) -> float:
        """`value` at `now_ns` (boottime) smoothed; what is further apart than `gap_ns` is not blended."""
        if now_ns - self._last_ns > gap_ns:
            self._window.clear()
        self._last_ns = now_ns
        self._window.append(value)
        return median(self._window) if self._middle else mean(self._window)

    def forget(self) -> None:
        """Let the next reading stand alone."""
        self._window.clear()


def median(values: Sequence[float]) -> float:
    """The middle one of some finite numbers; of an even count the mean of the two in the middle."""
    ordered = sorted(values)
    at = len(ordered) // 2
    return ordered[at] if len(ordered) % 2 else mean(ordered[at - 1 : at + 1])


def mean(values: Sequence[float]) -> float:
    """The mean of some finite numbers: never beyond the least and the greatest of them, whatever is rounded."""
    halves = math.fsum(one / len(values) / 2 for one in values)  # The largest numbers have no sum.
    return min(max(halves * 2, min(values)), max(values))
