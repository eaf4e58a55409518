"""A simulated HTU21D: it does not acknowledge a read until it has measured.

Source: TE Connectivity, HTU21D(F) datasheet, pages 10 to 15.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.checksums import crc8
from drivers.simulated.i2c import Chip, NackError
from drivers.simulated.place import Place

TEMPERATURE, HUMIDITY, RESET, READ_USER, WRITE_USER = 0xF3, 0xF5, 0xFE, 0xE7, 0xE6
SECONDS = {TEMPERATURE: 0.044, HUMIDITY: 0.014}
USER_AFTER_RESET = 0x02
HUMIDITY_STATUS = 0x02


class SimulatedHtu21d(Chip):
    """One HTU21D in air of a given temperature (Cel) and humidity (%RH)."""

    def __init__(self, clock: Clock, temperature: Callable[[], float], humidity: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._temperature = temperature
        self._humidity = humidity
        self._user = USER_AFTER_RESET
        self._answer = b""
        self._busy_until_s = float("-inf")

    def write(self, data: bytes) -> None:
        """Take one command."""
        command = data[0]
        self._answer = b""
        if command in SECONDS:
            self._busy_until_s = self._clock.now_s() + SECONDS[command]
            self._answer = self._measured(command)
        elif command == RESET:
            self._user = USER_AFTER_RESET
            self._busy_until_s = self._clock.now_s() + 0.015
        elif command == READ_USER:
            self._answer = bytes([0x00 if self.faults.wrong_part else self._user])
        elif command == WRITE_USER and len(data) > 1:
            self._user = data[1]
        else:
            raise NackError

    def read(self, count: int) -> bytes:
        """Give the answer to the last command, once."""
        if self._clock.now_s() < self._busy_until_s or not self._answer:
            raise NackError
        answer, self._answer = self._answer, b""
        return answer[:count].ljust(count, b"\xff")

    def _measured(self, command: int) -> bytes:
        if command == TEMPERATURE:
            share, status = (self.faults.measured("temperature", self._temperature) + 46.85) / 175.72, 0
        else:
            share, status = (self.faults.measured("humidity", self._humidity) + 6) / 125, HUMIDITY_STATUS
        word = min(0xFFFC, max(0, round(share * 65536 / 4) * 4)) | status
        wrong = 0x5A if self.faults.corrupts() else 0
        return word.to_bytes(2) + bytes([crc8(word.to_bytes(2), start=0) ^ wrong])


def place(place: Place) -> SimulatedHtu21d:
    """The model of a configured part."""
    return SimulatedHtu21d(place.clock, place.probe("temperature"), place.probe("humidity"))
