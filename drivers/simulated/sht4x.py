"""A simulated Sensirion SHT4x: commands of one byte, words with checksums, deaf while it measures.

Source: Sensirion, Datasheet SHT4x, sections 4.1 to 4.9.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.checksums import crc8
from drivers.simulated.i2c import Chip, NackError
from drivers.simulated.place import Place

MEASURE_S = {0xFD: 0.0083, 0xF6: 0.0045, 0xE0: 0.0016}
HEAT_AND_MEASURE_S = {0x39: 1.1, 0x32: 0.11, 0x2F: 1.1, 0x24: 0.11, 0x1E: 1.1, 0x15: 0.11}
SERIAL = 0x89
SOFT_RESET = 0x94
RESET_S = 0.001


class SimulatedSht4x(Chip):
    """One SHT4x in air of a given temperature (Cel) and humidity (%RH)."""

    def __init__(
        self, clock: Clock, temperature: Callable[[], float], humidity: Callable[[], float], serial: int = 0x0F00BA42
    ) -> None:
        super().__init__()
        self._clock = clock
        self._temperature = temperature
        self._humidity = humidity
        self._serial = serial
        self._busy_until_s = float("-inf")
        self._answer = b""

    def write(self, data: bytes) -> None:
        """Take one command; none is acknowledged while another is carried out."""
        self._refuse_while_busy()
        command = data[0]
        self._answer = b""
        if command == SERIAL:
            self._answer = self._words(self._serial >> 16, self._serial & 0xFFFF)
        elif command == SOFT_RESET:
            self._busy_for(RESET_S)
        elif command in MEASURE_S or command in HEAT_AND_MEASURE_S:
            self._busy_for(MEASURE_S.get(command) or HEAT_AND_MEASURE_S[command])
            temperature = self.faults.measured("temperature", self._temperature)
            humidity = self.faults.measured("humidity", self._humidity)
            self._answer = self._words(to_raw(temperature, -45.0, 175.0), to_raw(humidity, -6.0, 125.0))
        else:
            raise NackError

    def read(self, count: int) -> bytes:
        """Give the answer to the last command, once."""
        self._refuse_while_busy()
        if not self._answer:
            raise NackError
        answer, self._answer = self._answer, b""
        return answer[:count].ljust(count, b"\xff")

    def _refuse_while_busy(self) -> None:
        if self._clock.now_s() < self._busy_until_s:
            raise NackError

    def _busy_for(self, seconds: float) -> None:
        self._busy_until_s = self._clock.now_s() + seconds

    def _words(self, first: int, second: int) -> bytes:
        wrong = 0x5A if self.faults.wrong_part or self.faults.corrupts() else 0
        words = (first.to_bytes(2), second.to_bytes(2))
        return b"".join(word + bytes([crc8(word) ^ wrong]) for word in words)


def place(place: Place) -> SimulatedSht4x:
    """The model of a configured part."""
    return SimulatedSht4x(place.clock, place.probe("temperature"), place.probe("humidity"))


def to_raw(value: float, zero: float, span: float) -> int:
    """The 16-bit word in which the part gives `value`: 0 stands for `zero`, 65535 for `zero` + `span`."""
    return min(0xFFFF, max(0, round((value - zero) / span * 0xFFFF)))
