"""A simulated ScioSense ENS160: asleep at first, and warming up after each start.

Source: ScioSense, ENS160 datasheet SC-001224-DS, chapters 10 and 16.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.ens160 import CLIMATE, ID, ID_WORD, MODE, STANDARD, STATUS
from drivers.simulated.place import Place
from drivers.simulated.registers import RegisterChip

WARM_UP_S, FIRST_S = 180.0, 3600.0
RESET = 0xF0
LIMITS_PPB = (65, 220, 660, 2200)
"""Up to these the index is 1, 2, 3, 4 (UBA)."""

Source = Callable[[], float]


class SimulatedEns160(RegisterChip):
    """One ENS160 in air with given shares of volatile compounds and of CO2; `new` as it is sold."""

    def __init__(self, clock: Clock, tvoc: Source, eco2: Source, *, new: bool = False) -> None:
        super().__init__()
        self._clock = clock
        self._tvoc = tvoc
        self._eco2 = eco2
        self._new = new
        self._began_s = float("inf")
        self.starts = 0

    def refresh(self) -> None:
        """Show identity, status and, once warmed up, what is measured."""
        word = 0x0161 if self.faults.wrong_part else ID_WORD
        self.registers[ID : ID + 2] = word.to_bytes(2, "little")
        running = self.registers[MODE] == STANDARD
        age_s = self._clock.now_s() - self._began_s
        validity = 1 if age_s < WARM_UP_S else 2 if self._new and age_s < FIRST_S else 0
        self.registers[STATUS] = (0x82 | validity << 2) if running else 0
        if running and validity != 1:
            self._measure()

    def stored(self, register: int, value: int) -> None:
        """Change the mode, or take the climate; what cannot be written stays as it is."""
        if register == MODE and value == RESET:
            self.registers[MODE] = 0
        elif register == MODE or CLIMATE <= register < CLIMATE + 4:
            if register == MODE and value == STANDARD != self.registers[MODE]:
                self._began_s = self._clock.now_s()
                self.starts += 1
            super().stored(register, value)

    def _measure(self) -> None:
        ppb = min(65_000, max(0, round(self.faults.measured("tvoc", self._tvoc) * 1e9)))
        ppm = min(65_000, max(400, round(self.faults.measured("eco2", self._eco2) * 1e6)))
        index = 1 + sum(ppb > limit for limit in LIMITS_PPB)
        self.registers[STATUS + 1 : STATUS + 6] = bytes([index]) + ppb.to_bytes(2, "little") + ppm.to_bytes(2, "little")


def place(place: Place) -> SimulatedEns160:
    """The model of a configured ENS160."""
    return SimulatedEns160(place.clock, place.probe("tvoc"), place.probe("eco2"))
