"""A simulated ROHM BH1750: commands of one byte, and the last result until the next is there.

Source: ROHM, BH1750FVI datasheet, pages 5 and 10 to 12.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.simulated.i2c import Chip
from drivers.simulated.place import Place

OFF, ON, RESET = 0x00, 0x01, 0x07
TIME_HIGH, TIME_LOW = 0x40, 0x60
TYPICAL_S = {0: 0.120, 1: 0.120, 3: 0.016}
"""By the lower bits of the mode."""


class SimulatedBh1750(Chip):
    """One BH1750 in light of a given illuminance (lx)."""

    def __init__(self, clock: Clock, illuminance: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._illuminance = illuminance
        self._on = False
        self._time = 69
        self._result = self._coming = 0
        self._done_s = float("inf")

    def write(self, data: bytes) -> None:
        """Take one command."""
        command = data[0]
        if command in {OFF, ON}:
            self._on = command == ON
        elif command == RESET and self._on:
            self._result = 0
        elif command & 0xF8 == TIME_HIGH:
            self._time = self._time & 0x1F | (command & 0x07) << 5
        elif command & 0xE0 == TIME_LOW:
            self._time = self._time & 0xE0 | command & 0x1F
        elif command >> 4 in {1, 2} and command & 0x0F in TYPICAL_S:
            self._measure(command & 0x0F)

    def read(self, count: int) -> bytes:
        """Give the last result."""
        if self._clock.now_s() >= self._done_s:
            self._result, self._done_s = self._coming, float("inf")
            self._on = False
        return self._result.to_bytes(2)[:count].ljust(count, b"\xff")

    def _measure(self, mode: int) -> None:
        self._on = True
        lx = self.faults.measured("illuminance", self._illuminance)
        counts = lx * 1.2 * self._time / 69 * (2 if mode == 1 else 1)
        self._coming = min(0xFFFF, max(0, round(counts)))
        self._done_s = self._clock.now_s() + TYPICAL_S[mode] * self._time / 69


def place(place: Place) -> SimulatedBh1750:
    """The model of a configured part."""
    return SimulatedBh1750(place.clock, place.probe("illuminance"))
