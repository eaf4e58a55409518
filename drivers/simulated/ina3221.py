"""A simulated Texas Instruments INA3221: words, a trigger, a flag that is lowered when it was seen.

Source: Texas Instruments, INA3221 SBOS576, section 8.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.base import Clock
from drivers.simulated.ina2xx import CONFIG, DIE, MAKER, RESET, SAMPLES_226, Source
from drivers.simulated.place import Place
from drivers.simulated.registers import WordRegisterChip

MASK = 0x0F
AFTER_RESET = 0x7127
SHUNT_V, BUS_V = 40e-6, 8e-3


@dataclass(frozen=True, slots=True)
class Wired:
    """What one input is wired to: volts, amperes, ohms."""

    volts: Source
    amperes: Source
    shunt: float


class SimulatedIna3221(WordRegisterChip):
    """One INA3221; `inputs` are those that anything is wired to, by their number."""

    def __init__(self, clock: Clock, inputs: Mapping[int, Wired]) -> None:
        super().__init__()
        self._clock = clock
        self._inputs = inputs
        self._config = AFTER_RESET
        self._words: dict[int, int] = {}
        self._done_s = float("inf")
        self._ready = False

    def stored(self, register: int, word: int) -> None:
        """Configure, which starts a measurement; what cannot be written stays as it is."""
        if register != CONFIG:
            return
        self._ready = False
        self._config = AFTER_RESET if word & RESET else word
        inputs = (self._config >> 12 & 7).bit_count()
        seconds = 2 * 0.0011 * SAMPLES_226[self._config >> 9 & 7] * inputs
        self._done_s = self._clock.now_s() + seconds if self._config & 3 and inputs else float("inf")

    def word(self, register: int) -> int:
        """What a register holds now."""
        if self._clock.now_s() >= self._done_s:
            self._finish()
        if register == MASK:
            ready, self._ready = self._ready, False
            return int(ready)
        words = {CONFIG: self._config, MAKER: 0x5449, DIE: 0x2260 if self.faults.wrong_part else 0x3220}
        return words.get(register, self._words.get(register, 0))

    def _finish(self) -> None:
        self._done_s, self._ready = float("inf"), True
        for number, wired in self._inputs.items():
            if self._config >> 15 - number & 1:
                amperes = self.faults.measured(f"current {number}", wired.amperes)
                volts = self.faults.measured(f"voltage {number}", wired.volts)
                self._words[2 * number - 1] = upper_bits(amperes * wired.shunt / SHUNT_V)
                self._words[2 * number] = upper_bits(max(0.0, volts) / BUS_V)


def upper_bits(steps: float) -> int:
    """A number in the upper 13 bits of a word, in two's complement; beyond its ends it stays there."""
    return (min(4095, max(-4096, round(steps))) & 0x1FFF) << 3


def place(place: Place) -> SimulatedIna3221:
    """The model of a configured INA3221."""
    wired = {
        one.input: Wired(place.probe(f"{name}_voltage"), place.probe(f"{name}_current"), one.shunt)
        for name, one in place.settings.supplies.items()
    }
    return SimulatedIna3221(place.clock, wired)
