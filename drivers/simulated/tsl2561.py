"""A simulated ams TSL2561: off at first, deaf to numbers without the command bit, blind at full scale.

Source: ams, TSL2561 datasheet TAOS059, register set.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.simulated.place import Place
from drivers.simulated.registers import RegisterChip
from drivers.tsl2561 import CONTROL, DATA, ID, ON, TIMING, Way, illuminance

REGISTER_BITS = 0x0F
WRONG_ID = 0xEE
TIMES = {0: (0.0137, 5047), 1: (0.101, 37_177), 2: (0.402, 65_535)}
"""By the lower bits of the timing register: seconds, and the largest count."""
MANY = 1_000_000
"""Counts, to find what one lx gives."""


class SimulatedTsl2561(RegisterChip):
    """One TSL2561 in light of a given illuminance (lx), of which a share is infrared."""

    def __init__(
        self, clock: Clock, illuminance: Callable[[], float], *, infrared: float = 0.3, identity: int = 0x50
    ) -> None:
        super().__init__()
        self._clock = clock
        self._illuminance = illuminance
        self._infrared = infrared
        self._identity = identity
        self._done_s = float("inf")
        self.registers[TIMING] = 0x02

    def write(self, data: bytes) -> None:
        """Set the pointer and registers, if the command bit says that it is one."""
        if data[0] & 0x80:
            super().write(bytes([data[0] & REGISTER_BITS]) + data[1:])

    def refresh(self) -> None:
        """Show the identity, and the counts when they are there."""
        self.registers[ID] = WRONG_ID if self.faults.wrong_part else self._identity
        if self._clock.now_s() >= self._done_s:
            self._count()

    def stored(self, register: int, value: int) -> None:
        """Switch on or off, or set the timing; what cannot be written stays as it is."""
        if register not in {CONTROL, TIMING}:
            return
        super().stored(register, value)
        on = self.registers[CONTROL] & ON == ON
        self._done_s = self._clock.now_s() + TIMES[self.registers[TIMING] & 3][0] if on else float("inf")

    def _count(self) -> None:
        lx = self.faults.measured("illuminance", self._illuminance)
        time_s, full = TIMES[self.registers[TIMING] & 3]
        way = Way(0, time_s, 16 if self.registers[TIMING] & 0x10 else 1, full)
        per_lx = MANY / illuminance(MANY, round(MANY * self._infrared), way, self._identity >> 4)
        for number, counts in enumerate((lx * per_lx, lx * per_lx * self._infrared)):
            start = DATA + 2 * number
            self.registers[start : start + 2] = min(full, max(0, round(counts))).to_bytes(2, "little")
        self._done_s = self._clock.now_s() + time_s


def place(place: Place) -> SimulatedTsl2561:
    """The model of a configured part."""
    return SimulatedTsl2561(place.clock, place.probe("illuminance"))
