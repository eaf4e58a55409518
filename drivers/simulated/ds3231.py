"""A simulated Maxim DS3231: a flag that is up after the power came, and a temperature every 64 seconds.

Source: Maxim Integrated, DS3231 data sheet 19-5170, figure 1 and "Temperature Registers".
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.ds3231 import REGISTERS, STATUS, STOPPED, TEMPERATURE
from drivers.simulated.place import Place
from drivers.simulated.registers import RegisterChip

PERIOD_S = 64.0
AFTER_POWER = bytes.fromhex("00 00 00 01 01 01 00")


class SimulatedDs3231(RegisterChip):
    """One DS3231 at a given temperature (Cel), whose clock was never set."""

    register_count = REGISTERS

    def __init__(self, clock: Clock, temperature: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._temperature = temperature
        self._next_s = float("-inf")
        self.registers[0:7] = AFTER_POWER
        self.registers[STATUS] = STOPPED | 0x08

    def refresh(self) -> None:
        """Measure, if it is time to."""
        if self.faults.wrong_part:
            self.registers[0:7] = b"\xff" * 7
        if self._clock.now_s() >= self._next_s:
            self._next_s = self._clock.now_s() + PERIOD_S
            quarters = round(self.faults.measured("temperature", self._temperature) * 4)
            self.registers[TEMPERATURE : TEMPERATURE + 2] = (quarters << 6 & 0xFFFF).to_bytes(2)

    def stored(self, register: int, value: int) -> None:
        """Keep what is written; the flag of a stop can be lowered and not raised."""
        if register == STATUS:
            value &= self.registers[STATUS] | ~STOPPED
        if register < TEMPERATURE:
            super().stored(register, value)


def place(place: Place) -> SimulatedDs3231:
    """The model of a configured part."""
    return SimulatedDs3231(place.clock, place.probe("temperature"))
