"""A simulated ams TSL2591: asleep at first, deaf to numbers without the command bit, blind above full scale.

Source: ams, TSL2591 datasheet, Register Description.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.simulated.place import Place
from drivers.simulated.registers import RegisterChip
from drivers.tsl2591 import CONTROL, DATA, ENABLE, FULL, GAINS, ID, ID_VALUE, ON, STATUS, VALID, counts_per_lx

COMMAND_BITS, REGISTER_BITS = 0xE0, 0x1F
COMMAND = 0xA0
INFRARED_SHARE = 0.25
"""Of all that the part counts; daylight has about this."""
INTEGRATION_S = 0.100
WRONG_ID = 0xEE


class SimulatedTsl2591(RegisterChip):
    """One TSL2591 in light of a given illuminance (lx)."""

    def __init__(self, clock: Clock, illuminance: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._illuminance = illuminance
        self._done_s = float("inf")

    def write(self, data: bytes) -> None:
        """Set the pointer and registers, if the command bits say that it is one."""
        if data[0] & COMMAND_BITS == COMMAND:
            super().write(bytes([data[0] & REGISTER_BITS]) + data[1:])

    def refresh(self) -> None:
        """Show the identity, and the counts when they are there."""
        self.registers[ID] = WRONG_ID if self.faults.wrong_part else ID_VALUE
        if self._clock.now_s() >= self._done_s:
            self._count()

    def stored(self, register: int, value: int) -> None:
        """Switch on or off, or set the gain; what cannot be written stays as it is."""
        if register == ENABLE:
            self._done_s = self._clock.now_s() + INTEGRATION_S if value & ON == ON else float("inf")
            self.registers[STATUS] = 0
        if register in {ENABLE, CONTROL}:
            super().stored(register, value)

    def _count(self) -> None:
        lx = self.faults.measured("illuminance", self._illuminance)
        per_lx = counts_per_lx(GAINS[self.registers[CONTROL] >> 4 & 3])
        both = lx * per_lx / (1 - INFRARED_SHARE) ** 2
        for number, counts in enumerate((both, both * INFRARED_SHARE)):
            start = DATA + 2 * number
            self.registers[start : start + 2] = min(FULL, round(counts)).to_bytes(2, "little")
        self.registers[STATUS] = VALID
        self._done_s = self._clock.now_s() + INTEGRATION_S


def place(place: Place) -> SimulatedTsl2591:
    """The model of a configured part."""
    return SimulatedTsl2591(place.clock, place.probe("illuminance"))
