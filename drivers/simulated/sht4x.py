"""A simulated Sensirion SHT4x: commands of one byte, words with checksums, deaf while it measures.

Source: Sensirion, Datasheet SHT4x, sections 4.1 to 4.9.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.sensirion import to_word
from drivers.simulated.i2c import NackError
from drivers.simulated.place import Place
from drivers.simulated.sensirion import Answer, WordChip

MEASURE_S = {0xFD: 0.0083, 0xF6: 0.0045, 0xE0: 0.0016}
SECONDS = MEASURE_S | {0x39: 1.1, 0x32: 0.11, 0x2F: 1.1, 0x24: 0.11, 0x1E: 1.1, 0x15: 0.11}
SERIAL = 0x89
SOFT_RESET = 0x94
RESET_S = 0.001


class SimulatedSht4x(WordChip):
    """One SHT4x in air of a given temperature (Cel) and humidity (%RH)."""

    command_bytes = 1

    def __init__(
        self, clock: Clock, temperature: Callable[[], float], humidity: Callable[[], float], serial: int = 0x0F00BA42
    ) -> None:
        super().__init__(clock)
        self._temperature = temperature
        self._humidity = humidity
        self._serial = serial

    def obey(self, command: int, arguments: tuple[int, ...]) -> Answer:
        """Measure, tell the serial number, or start anew."""
        if command in SECONDS and not arguments:
            temperature = self.faults.measured("temperature", self._temperature)
            humidity = self.faults.measured("humidity", self._humidity)
            return (to_word(temperature, -45.0, 175.0), to_word(humidity, -6.0, 125.0)), SECONDS[command]
        if command == SERIAL:
            return (self._serial >> 16, self._serial & 0xFFFF), 0.0
        if command == SOFT_RESET:
            return (), RESET_S
        raise NackError


def place(place: Place) -> SimulatedSht4x:
    """The model of a configured part."""
    return SimulatedSht4x(place.clock, place.probe("temperature"), place.probe("humidity"))
