"""A simulated HX711: ten conversions in a second, shifted out bit by bit, and switched off by a clock that stays high.

Source: AVIA Semiconductor, HX711 datasheet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from drivers.base import Clock
from drivers.simulated.faults import Faults
from drivers.simulated.pulses import EdgeSource

GAINS = {25: 128, 26: 32, 27: 64}
"""Pulses of the clock -> gain of the next conversion."""
BITS = 24
LOWEST, HIGHEST = -0x800000, 0x7FFFFF
CONVERSION_S, SETTLING_S, OFF_S = 0.1, 0.4, 60e-6


class SimulatedHx711(EdgeSource):
    """One HX711; what is on its data pin.

    Args:
        counts: what the part counts at `gain`.
        gain: that for which `counts` holds.
        faults: `absent`; `stuck`; `corrupt_every`, so many conversions are wild.
    """

    def __init__(self, counts: Callable[[], float], gain: int, clock: Clock, faults: Faults) -> None:
        self._counts = counts
        self._counts_gain = gain
        self._clock = clock
        self._faults = faults
        self._rose_s: float | None = None
        self._start(clock.now_s())

    def _start(self, now_s: float) -> None:
        self._gain, self._pulses = 128, 0
        self._word: int | None = None
        self._ready_s = now_s + SETTLING_S

    def clock(self, level: bool) -> None:
        """Take the level of the clock pin."""
        now_s = self._clock.now_s()
        if not level:
            if self._rose_s is not None and now_s - self._rose_s > OFF_S:
                self._start(now_s)
            self._rose_s = None
        elif self._rose_s is None:
            self._rose_s = now_s
            self._shift(now_s)

    def _shift(self, now_s: float) -> None:
        self._settle(now_s)
        if now_s < self._ready_s and self._pulses == 0:
            return
        self._pulses += 1
        if self._pulses in GAINS:
            self._gain, self._ready_s = GAINS[self._pulses], now_s + CONVERSION_S

    def _settle(self, now_s: float) -> None:
        """Have the conversion that is ready; none begins while a word is shifted out."""
        if now_s < self._ready_s or (self._pulses and self._pulses not in GAINS):
            return
        if self._word is None or self._pulses:
            self._pulses, self._word = 0, self._converted()

    def _converted(self) -> int:
        counts = self._faults.measured("counts", self._counts) * self._gain / self._counts_gain
        if self._faults.corrupts():
            counts = HIGHEST
        return max(LOWEST, min(HIGHEST, round(counts))) & 0xFFFFFF

    def edges(self) -> Iterator[tuple[float, bool]]:
        """The level of the data pin: low when a conversion is ready, then its bits, then high."""
        now_s = self._clock.now_s()
        self._settle(now_s)
        if self._faults.absent:
            yield now_s, True
        elif self._pulses == 0:
            yield now_s, now_s < self._ready_s
        else:
            yield now_s, self._pulses > BITS or bool((self._word or 0) >> (BITS - self._pulses) & 1)
