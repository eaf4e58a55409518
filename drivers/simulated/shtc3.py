"""A simulated Sensirion SHTC3: deaf to all but the waking command while it sleeps.

Source: Sensirion, Datasheet SHTC3, chapter 5.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.sensirion import to_word
from drivers.simulated.i2c import NackError
from drivers.simulated.place import Place
from drivers.simulated.sensirion import Answer, WordChip

WAKE, SLEEP, READ_ID = 0x3517, 0xB098, 0xEFC8
WAKE_S = 0.00024
MEASURE_S = {0x7866: 0.0108, 0x609C: 0.0007}
IDENTITY = 0x0887


class SimulatedShtc3(WordChip):
    """One SHTC3 in air of a given temperature (Cel) and humidity (%RH); it comes up asleep."""

    def __init__(self, clock: Clock, temperature: Callable[[], float], humidity: Callable[[], float]) -> None:
        super().__init__(clock)
        self._temperature = temperature
        self._humidity = humidity
        self.asleep = True

    def obey(self, command: int, arguments: tuple[int, ...]) -> Answer:
        """Wake, sleep, measure, or tell the identity."""
        if arguments or (self.asleep and command != WAKE):
            raise NackError
        if command in {WAKE, SLEEP}:
            self.asleep = command == SLEEP
            return (), 0.0 if self.asleep else WAKE_S
        if command == READ_ID:
            return (IDENTITY,), 0.0
        if command not in MEASURE_S:
            raise NackError
        temperature = self.faults.measured("temperature", self._temperature)
        humidity = self.faults.measured("humidity", self._humidity)
        return (to_word(temperature, -45.0, 175.0), to_word(humidity, 0.0, 100.0)), MEASURE_S[command]


def place(place: Place) -> SimulatedShtc3:
    """The model of a configured part."""
    return SimulatedShtc3(place.clock, place.probe("temperature"), place.probe("humidity"))
