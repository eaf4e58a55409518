"""A simulated Sensirion SPS30: it measures once in a second from the moment when it is told to.

Source: Sensirion, Datasheet SPS30 version 1.0, section 6.3.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from drivers.base import Clock
from drivers.simulated.i2c import NackError
from drivers.simulated.place import Place
from drivers.simulated.sensirion import Answer, WordChip

START, STOP, READY, READ = 0x0010, 0x0104, 0x0202, 0x0300
CLEAN, PRODUCT, VERSION, STATUS = 0x5607, 0xD002, 0xD100, 0xD206
NEVER = float("inf")
PERIOD_S, CLEAN_S = 1.0, 10.0
ANSWER_S = 0.002
UG_PER_KG = 1e9

Source = Callable[[], float]


class SimulatedSps30(WordChip):
    """One SPS30 in air with masses of dust in kg/m3, idle until it is started."""

    def __init__(self, clock: Clock, pm1: Source, pm2_5: Source, pm10: Source) -> None:
        super().__init__(clock)
        self._sources = {"pm1": pm1, "pm2_5": pm2_5, "pm4": lambda: (pm2_5() + pm10()) / 2, "pm10": pm10}
        self._next_s = NEVER
        self.version = 0x0202
        self.status = 0
        self.cleaned = 0

    def obey(self, command: int, arguments: tuple[int, ...]) -> Answer:
        """Start, stop, tell, or clean the fan."""
        measuring = self._next_s != NEVER
        if command == START and arguments == (0x0300,) and not measuring:
            self._next_s = self._clock.now_s() + PERIOD_S
            return (), 0.01
        if command == STOP and measuring:
            self._next_s = NEVER
            return (), 0.01
        if command == CLEAN and measuring:
            self.cleaned += 1
            self._next_s = self._clock.now_s() + CLEAN_S
            return (), ANSWER_S
        return self._told(command), ANSWER_S

    def _told(self, command: int) -> tuple[int, ...]:
        if command == READY:
            return (int(self._clock.now_s() >= self._next_s),)
        if command == READ and self._next_s != NEVER:
            self._next_s += PERIOD_S * max(0.0, (self._clock.now_s() - self._next_s) // PERIOD_S + 1)
            masses = [self.faults.measured(name, source) * UG_PER_KG for name, source in self._sources.items()]
            return _floats(*masses, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5)
        if command == PRODUCT:
            return tuple(struct.unpack(">4H", b"00080000"))
        if command == VERSION:
            return (self.version,)
        if command == STATUS and self.version >= 0x0202:  # noqa: PLR2004 - the firmware that has it
            return self.status >> 16, self.status & 0xFFFF
        raise NackError


def _floats(*values: float) -> tuple[int, ...]:
    return struct.unpack(f">{2 * len(values)}H", struct.pack(f">{len(values)}f", *values))


def place(place: Place) -> SimulatedSps30:
    """The model for a configured device."""
    return SimulatedSps30(place.clock, place.probe("pm1"), place.probe("pm2_5"), place.probe("pm10"))
