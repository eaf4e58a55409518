"""A simulated Aosong AM2320: asleep until it is called, deaf while it wakes, and always one measurement behind.

Source: Aosong, AM2320 datasheet, section 8.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.checksums import crc16_modbus
from drivers.simulated.i2c import Chip, NackError
from drivers.simulated.place import Place

WAKE_S, AWAKE_S, ANSWER_S = 0.0008, 0.003, 0.0015
READ = 0x03
NO_PART = 0x83

Source = Callable[[], float]


class SimulatedAm2320(Chip):
    """One AM2320 in air of given temperature (Cel) and humidity (%RH)."""

    def __init__(self, clock: Clock, temperature: Source, humidity: Source) -> None:
        super().__init__()
        self._clock = clock
        self._temperature = temperature
        self._humidity = humidity
        self._awake_s = self._asleep_s = float("-inf")
        self._answer = b""
        self._answer_s = 0.0

    def write(self, data: bytes) -> None:
        """Take a request, or wake up."""
        now_s = self._clock.now_s()
        if now_s > self._asleep_s:
            self._awake_s, self._asleep_s = now_s + WAKE_S, now_s + WAKE_S + AWAKE_S
        if now_s < self._awake_s:
            raise NackError
        self._asleep_s = now_s + AWAKE_S
        if len(data) == 3 and data[0] == READ:  # noqa: PLR2004 - function, first register, how many
            self._answer = self._made(data[1], data[2])
            self._answer_s = now_s + ANSWER_S

    def read(self, count: int) -> bytes:
        """Give the answer, once."""
        now_s = self._clock.now_s()
        if now_s > self._asleep_s or now_s < self._answer_s or not self._answer:
            raise NackError
        answer, self._answer = self._answer, b""
        return answer[:count].ljust(count, b"\xff")

    def _made(self, first: int, count: int) -> bytes:
        humidity = round(min(99.9, max(0.0, self.faults.measured("humidity", self._humidity))) * 10)
        cel = round(self.faults.measured("temperature", self._temperature) * 10)
        word = abs(cel) | (0x8000 if cel < 0 else 0)
        registers = (humidity.to_bytes(2) + word.to_bytes(2) + bytes(28))[first : first + count]
        body = bytes((NO_PART if self.faults.wrong_part else READ, count)) + registers
        check = crc16_modbus(body) ^ (0x1234 if self.faults.corrupts() else 0)
        return body + check.to_bytes(2, "little")


def place(place: Place) -> SimulatedAm2320:
    """The model of a configured AM2320."""
    return SimulatedAm2320(place.clock, place.probe("temperature"), place.probe("humidity"))
