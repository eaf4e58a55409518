"""Simulated thermometers that give one word: LM75, MCP9808, TMP102, TMP117.

Source: NXP, LM75A datasheet, section 7.4; Microchip, MCP9808 datasheet DS25095, chapter 5; Texas Instruments, TMP102
datasheet SBOS397, section 7.5, and TMP117 datasheet SNOSD82, section 7.6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from drivers.base import Clock
from drivers.simulated.place import Place
from drivers.simulated.registers import WordRegisterChip
from drivers.thermometers import LM75, MCP9808, TMP102, TMP117, Form, encode_temperature

AFTER_RESET: Mapping[Form, Mapping[int, int]] = {
    LM75: {1: 0x0000, 2: 0x4B00, 3: 0x5000},
    MCP9808: {1: 0, 2: 0, 3: 0, 4: 0, 6: 0x0054, 7: 0x0400, 8: 0x0300},
    TMP102: {1: 0x60A0, 2: 0x4B00, 3: 0x5000},
    TMP117: {1: 0x0220, 2: 0x6000, 3: 0x8000, 0x0F: 0x0117},
}
FIRST_S = {LM75: 0.1, MCP9808: 0.25, TMP102: 0.026, TMP117: 1.0}
"""When the first conversion is over."""
ABOVE_UPPER_LIMIT = 0x4000
"""A flag of the MCP9808, whose limits are 0 after a reset."""


class SimulatedThermometer(WordRegisterChip):
    """One of them at a given temperature (Cel)."""

    def __init__(self, clock: Clock, temperature: Callable[[], float], form: Form) -> None:
        super().__init__()
        self._clock = clock
        self._temperature = temperature
        self._form = form
        self._registers = dict(AFTER_RESET[form])
        self._first_s = clock.now_s() + FIRST_S[form]

    def word(self, register: int) -> int:
        """What a register holds now."""
        if register == self._form.register:
            return self._converted()
        found = self._registers.get(register, 0)
        told = any(identity.register == register for identity in self._form.identities)
        return found ^ 0x0015 if told and self.faults.wrong_part else found

    def stored(self, register: int, word: int) -> None:
        """Keep what is written to a limit or to the configuration."""
        if register in self._registers and all(one.register != register for one in self._form.identities):
            self._registers[register] = word

    def _converted(self) -> int:
        if self._clock.now_s() < self._first_s:
            return self._form.none_yet or 0
        word = encode_temperature(self.faults.measured("temperature", self._temperature), self._form)
        above = self._form is MCP9808 and 0 < word < 0x1000  # noqa: PLR2004 - the sign
        return word | (ABOVE_UPPER_LIMIT if above else 0)


def _place(form: Form, place: Place) -> SimulatedThermometer:
    return SimulatedThermometer(place.clock, place.probe("temperature"), form)


place_lm75 = partial(_place, LM75)
place_mcp9808 = partial(_place, MCP9808)
place_tmp102 = partial(_place, TMP102)
place_tmp117 = partial(_place, TMP117)
