"""A simulated ams AS3935 under a storm that comes, passes and comes again.

Source: ams, AS3935 datasheet DS000385, chapter 8.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.as3935 import (
    CALIBRATE,
    CALIBRATED,
    DEFAULT_GAIN,
    DEFAULT_LEVELS,
    DEFAULTS,
    DIRECT,
    DISTANCE,
    EVENT,
    GAIN,
    LEVELS,
    LIGHTNING,
    NOT_CALIBRATED,
    NOWHERE,
    SHOW_CLOCK,
    SLOW_CLOCK,
    SPIKES,
    TUNING,
)
from drivers.base import Clock
from drivers.simulated.place import Place
from drivers.simulated.registers import RegisterChip

STRIKE_EVERY_S = 40.0
COMING = (40, 34, 27, 20, 14, 10, 6, 1)
"""The distances of a storm that comes near, by the part's codes; it goes the same way."""

Storm = Callable[[], tuple[int, int]]
"""How many strikes there have been, and the code of the distance."""


def passing(clock: Clock) -> Storm:
    """A storm with a strike every 40 s, which comes near and goes, again and again."""
    codes = (*COMING, *reversed(COMING))
    began_s = clock.now_s()

    def storm() -> tuple[int, int]:
        strikes = int((clock.now_s() - began_s) // STRIKE_EVERY_S)
        return strikes, codes[strikes % len(codes)] if strikes else NOWHERE

    return storm


class SimulatedAs3935(RegisterChip):
    """One AS3935; `event` is what it tells next, whatever the storm does."""

    def __init__(self, storm: Storm) -> None:
        super().__init__()
        self._storm = storm
        self._told = 0
        self.event = 0
        self.deaf = False
        """Whether its clocks cannot be calibrated."""
        self.reset()

    def reset(self) -> None:
        """Come up again, as after a loss of supply."""
        self.registers = bytearray(256)
        for register, value in ((GAIN, DEFAULT_GAIN), (LEVELS, DEFAULT_LEVELS), (SPIKES, 0xC2), (DISTANCE, NOWHERE)):
            self.registers[register] = value

    def read(self, count: int) -> bytes:
        """Give registers; an event that was told is over."""
        start = self._pointer
        found = super().read(count)
        if start <= EVENT < start + count:
            self.event = 0
        return b"\xff" * count if self.faults.wrong_part else found

    def refresh(self) -> None:
        """Show what was heard since."""
        strikes, code = self.faults.measured("storm", self._storm)
        if strikes > self._told:
            self._told, self.event = strikes, self.event or LIGHTNING
        self.registers[EVENT] = self.registers[EVENT] & 0xF0 | self.event
        self.registers[DISTANCE] = code

    def stored(self, register: int, value: int) -> None:
        """Keep a setting, or do what a command says."""
        if register == DEFAULTS and value == DIRECT:
            self.reset()
        elif register == CALIBRATE and value == DIRECT:
            self.registers[SLOW_CLOCK] = 0
        elif register in {GAIN, LEVELS, SPIKES, EVENT, TUNING}:
            if register == TUNING and self.registers[TUNING] & SHOW_CLOCK and not value & SHOW_CLOCK:
                self.registers[SLOW_CLOCK] = CALIBRATED | (NOT_CALIBRATED if self.deaf else 0)
            super().stored(register, value)


def place(place: Place) -> SimulatedAs3935:
    """The model of a configured AS3935."""
    return SimulatedAs3935(passing(place.clock))
