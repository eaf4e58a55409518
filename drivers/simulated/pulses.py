"""What gives edges by itself, at times of its own: a meter's contact. Loads no hardware library."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

from drivers.base import Clock
from drivers.simulated.faults import Faults

PULSES_MAX = 10_000
"""In one look; those before them are lost, as to a gateway that hangs."""
ACTIVE_SHARE = 0.1
"""Of the time from one pulse to the next that a pulse lasts, but at most `ACTIVE_S_MAX`."""
ACTIVE_S_MAX = 0.03
"""The shortest pulse of an S0 meter (IEC 62053-31)."""


class EdgeSource(ABC):
    """Something on a pin whose edges have times of their own."""

    @abstractmethod
    def edges(self) -> Iterator[tuple[float, bool]]:
        """What has happened since the last look, in order: when (seconds of the clock), and whether it is high now."""


class Pulses(EdgeSource):
    """A contact that closes once for every `step` of a quantity that only grows.

    Args:
        quantity: how much there was of it so far.
        step: what one pulse is.
        active_low: a pulse is low.
    """

    def __init__(
        self, quantity: Callable[[], float], step: float, clock: Clock, faults: Faults, *, active_low: bool
    ) -> None:
        self._quantity = quantity
        self._step = step
        self._clock = clock
        self._faults = faults
        self._active_low = active_low
        self._done = math.floor(self._measured() / step)
        self._seen_s = clock.now_s()

    def _measured(self) -> float:
        value: Any = self._faults.measured("pulses", self._quantity)
        return float(value)

    def edges(self) -> Iterator[tuple[float, bool]]:
        """The pulses that are due, evenly over the time since the last look, or that there are none."""
        since_s, before = self._seen_s, self._done
        self._seen_s, self._done = self._clock.now_s(), math.floor(self._measured() / self._step)
        count = self._done - before
        each_s = (self._seen_s - since_s) / max(1, count)
        for number in range(max(0, count - PULSES_MAX), count):
            ends_s = since_s + (number + 1) * each_s
            yield ends_s - min(ACTIVE_SHARE * each_s, ACTIVE_S_MAX), not self._active_low
            yield ends_s, self._active_low
        if count <= 0:
            yield self._seen_s, self._active_low
