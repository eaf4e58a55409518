"""A simulated Sensirion SHT3x: commands of two bytes, words with checksums, deaf while it measures.

Source: Sensirion, Datasheet SHT3x-DIS, chapter 4.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.sensirion import to_word
from drivers.simulated.i2c import NackError
from drivers.simulated.place import Place
from drivers.simulated.sensirion import Answer, WordChip

MEASURE_S = {0x2400: 0.0125, 0x240B: 0.0045, 0x2416: 0.0025}
"""Typical times, which are shorter than the longest."""
SERIAL, SOFT_RESET, STATUS, CLEAR_STATUS = 0x3780, 0x30A2, 0xF32D, 0x3041
RESET_S = 0.0015
STATUS_AFTER_RESET = 0x8010


class SimulatedSht3x(WordChip):
    """One SHT3x in air of a given temperature (Cel) and humidity (%RH)."""

    def __init__(self, clock: Clock, temperature: Callable[[], float], humidity: Callable[[], float]) -> None:
        super().__init__(clock)
        self._temperature = temperature
        self._humidity = humidity
        self._status = STATUS_AFTER_RESET

    def obey(self, command: int, arguments: tuple[int, ...]) -> Answer:
        """Measure, tell serial number and status, or start anew."""
        if arguments:
            raise NackError
        if command in MEASURE_S:
            temperature = self.faults.measured("temperature", self._temperature)
            humidity = self.faults.measured("humidity", self._humidity)
            return (to_word(temperature, -45.0, 175.0), to_word(humidity, 0.0, 100.0)), MEASURE_S[command]
        if command == SERIAL:
            return (0x0A31, 0x77C2), 0.0
        if command == STATUS:
            return (self._status,), 0.0
        if command not in {SOFT_RESET, CLEAR_STATUS}:
            raise NackError
        self._status = STATUS_AFTER_RESET if command == SOFT_RESET else 0
        return (), RESET_S if command == SOFT_RESET else 0.0


def place(place: Place) -> SimulatedSht3x:
    """The model of a configured part."""
    return SimulatedSht3x(place.clock, place.probe("temperature"), place.probe("humidity"))
