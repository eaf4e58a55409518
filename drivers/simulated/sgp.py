"""Simulated Sensirion SGP30 and SGP40: gas sensors that warm up, and want their words with checksums.

Source: Sensirion, Datasheet SGP30, chapter 6; Datasheet SGP40, chapter 4.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from drivers.base import Clock
from drivers.simulated.i2c import NackError
from drivers.simulated.place import Place
from drivers.simulated.sensirion import Answer, WordChip

SERIAL = 0x3682
SERIAL_WORDS = (0x0000, 0x0123, 0x4567)
INITIALISE_30, MEASURE_30, FEATURES_30 = 0x2003, 0x2008, 0x202F
WARM_UP_S = 15.0
MEASURE_40, SELF_TEST_40 = 0x260F, 0x280E
CLEAN_COUNTS = 30_000

Source = Callable[[], float]


class SimulatedSgp30(WordChip):
    """One SGP30 in air with given shares of CO2 and of volatile compounds."""

    def __init__(self, clock: Clock, eco2: Source, tvoc: Source) -> None:
        super().__init__(clock)
        self._eco2 = eco2
        self._tvoc = tvoc
        self._warm_s = float("inf")

    def obey(self, command: int, arguments: tuple[int, ...]) -> Answer:
        """Begin, measure, or tell what it is."""
        if arguments:
            raise NackError
        if command == SERIAL:
            return SERIAL_WORDS, 0.0005
        if command == FEATURES_30:
            return (0x0022,), 0.002
        if command == INITIALISE_30:
            self._warm_s = self._clock.now_s() + WARM_UP_S
            return (), 0.002
        if command != MEASURE_30:
            raise NackError
        if self._clock.now_s() < self._warm_s:
            return (400, 0), 0.010
        eco2 = self.faults.measured("eco2", self._eco2) * 1e6
        tvoc = self.faults.measured("tvoc", self._tvoc) * 1e9
        return (min(60_000, max(400, round(eco2))), min(60_000, max(0, round(tvoc)))), 0.010


class SimulatedSgp40(WordChip):
    """One SGP40 in air with a given share of volatile compounds."""

    def __init__(self, clock: Clock, voc: Source) -> None:
        super().__init__(clock)
        self._voc = voc
        self.broken = False

    def obey(self, command: int, arguments: tuple[int, ...]) -> Answer:
        """Measure, test itself, or tell what it is."""
        if command == MEASURE_40 and len(arguments) == 2:  # noqa: PLR2004 - humidity and temperature
            ppm = max(0.0, self.faults.measured("raw", self._voc)) * 1e6
            return (round(CLEAN_COUNTS - 1000 * math.log1p(ppm)),), 0.025
        if command == SERIAL and not arguments:
            return SERIAL_WORDS, 0.0005
        if command == SELF_TEST_40 and not arguments:
            return (0x4B00 if self.broken else 0xD400,), 0.3
        raise NackError


def place(place: Place) -> SimulatedSgp30:
    """The model of a configured SGP30."""
    return SimulatedSgp30(place.clock, place.probe("eco2"), place.probe("tvoc"))


def place_sgp40(place: Place) -> SimulatedSgp40:
    """The model of a configured SGP40; its signal has no unit in which the world could say it."""
    return SimulatedSgp40(place.clock, place.around("air.voc"))
