"""A simulated Aosong AHT20 or AHT10: busy for 75 ms, and of no use before it is initialised.

Source: Aosong, AHT20 Product manuals, chapter 5; AHT10 Product manual, chapter 5.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.checksums import crc8
from drivers.simulated.i2c import Chip
from drivers.simulated.place import Place

MEASURE_S = 0.075
RESET_S = 0.020
INITIALISE = {0xBE, 0xE1}
FULL = 1 << 20


class SimulatedAht20(Chip):
    """One AHT20 in air of a given temperature (Cel) and humidity (%RH); without a checksum, an AHT10."""

    def __init__(
        self, clock: Clock, temperature: Callable[[], float], humidity: Callable[[], float], *, checksum: bool = True
    ) -> None:
        super().__init__()
        self._clock = clock
        self._temperature = temperature
        self._humidity = humidity
        self._checksum = checksum
        self._busy_until_s = float("-inf")
        self._calibrated = False
        self._bits = 0

    def write(self, data: bytes) -> None:
        """Initialise, measure, or start anew; what it does not know it takes and forgets."""
        if data[0] == 0xBA:  # noqa: PLR2004 - soft reset
            self._calibrated = False
            self._busy_until_s = self._clock.now_s() + RESET_S
        elif data[0] in INITIALISE:
            self._calibrated = not self.faults.wrong_part or self._checksum
        elif data[:3] == b"\xac\x33\x00":
            self._busy_until_s = self._clock.now_s() + MEASURE_S
            humidity = share(self.faults.measured("humidity", self._humidity) / 100)
            temperature = share((self.faults.measured("temperature", self._temperature) + 50) / 200)
            self._bits = humidity << 20 | temperature

    def read(self, count: int) -> bytes:
        """Give the status, and behind it the last measurement."""
        busy = self._clock.now_s() < self._busy_until_s
        frame = bytes([0x10 | 0x80 * busy | 0x08 * self._calibrated]) + self._bits.to_bytes(5)
        if self._checksum:
            wrong = 0x5A if self.faults.wrong_part or (count > len(frame) and self.faults.corrupts()) else 0
            frame += bytes([crc8(frame) ^ wrong])
        return frame[:count].ljust(count, b"\xff")


def share(part: float) -> int:
    """The 20 bits that stand for a share from 0 to 1."""
    return min(FULL - 1, max(0, round(part * FULL)))


def place(place: Place) -> SimulatedAht20:
    """The model of a configured AHT20."""
    return SimulatedAht20(place.clock, place.probe("temperature"), place.probe("humidity"))


def place_aht10(place: Place) -> SimulatedAht20:
    """The model of a configured AHT10."""
    return SimulatedAht20(place.clock, place.probe("temperature"), place.probe("humidity"), checksum=False)
