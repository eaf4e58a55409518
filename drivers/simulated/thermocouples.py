"""Simulated Maxim MAX31855 and MAX6675: a thermocouple and what a broken one does.

Source: Maxim, MAX31855 datasheet 19-5793, tables 2 to 5; MAX6675 datasheet 19-2235, section "Serial Interface".
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.simulated.faults import ProbeFault
from drivers.simulated.place import Place
from drivers.simulated.spi import SpiChip

Temperature = Callable[[], float]

FLAGS = {ProbeFault.OPEN: 0x10001, ProbeFault.GROUND: 0x10002, ProbeFault.SUPPLY: 0x10004}
CONVERSION_S = 0.22


class SimulatedMax31855(SpiChip):
    """One MAX31855 whose thermocouple and cold junction have temperatures in Cel."""

    modes = frozenset({0})
    clock_hz_max = 5_000_000

    def __init__(self, hot: Temperature, cold: Temperature) -> None:
        super().__init__()
        self._hot = hot
        self._cold = cold

    def transfer(self, sent: bytes) -> bytes:
        """Send the last conversion, whatever comes in."""
        hot = round(self.faults.measured("hot", self._hot) * 4) & 0x3FFF
        cold = round(self.faults.measured("cold", self._cold) * 16) & 0x0FFF
        word = hot << 18 | cold << 4
        if self.faults.probe:
            word = 0x7FFC0000 | cold << 4 | FLAGS[self.faults.probe]
        if self.faults.wrong_part:
            word |= 1 << 17
        return word.to_bytes(4).ljust(len(sent), b"\x00")[: len(sent)]


class SimulatedMax6675(SpiChip):
    """One MAX6675. A transfer stops its conversion, and the one before is what it sends."""

    modes = frozenset({0})
    clock_hz_max = 4_300_000

    def __init__(self, clock: Clock, hot: Temperature) -> None:
        super().__init__()
        self._clock = clock
        self._hot = hot
        self._begun_s = float("-inf")
        self._word = 0

    def transfer(self, sent: bytes) -> bytes:
        """Send the last conversion that ended, and begin another."""
        now_s = self._clock.now_s()
        if now_s - self._begun_s >= CONVERSION_S * (1 - 1e-9):
            hot = round(self.faults.measured("hot", self._hot) * 4)
            self._word = max(0, min(0x0FFF, hot)) << 3 | (0x04 if self.faults.probe is ProbeFault.OPEN else 0)
        self._begun_s = now_s
        word = self._word | (0x02 if self.faults.wrong_part else 0)
        return word.to_bytes(2).ljust(len(sent), b"\x00")[: len(sent)]


def place(place: Place) -> SimulatedMax31855:
    """The model of a configured MAX31855."""
    return SimulatedMax31855(place.probe("temperature"), place.probe("cold_junction"))


def place_max6675(place: Place) -> SimulatedMax6675:
    """The model of a configured MAX6675."""
    return SimulatedMax6675(place.clock, place.probe("temperature"))
