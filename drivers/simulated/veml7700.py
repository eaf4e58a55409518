"""A simulated Vishay VEML7700: words with the low byte first, shut down at first, each count until the next is there.

Source: Vishay, VEML7700 datasheet 84286, tables 1 to 8.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from drivers.base import Clock
from drivers.simulated.place import Place
from drivers.simulated.registers import WordRegisterChip, code_of
from drivers.veml7700 import ALS, CONFIG, ID, SHUT_DOWN, WAKE_S, corrected

GAINS = (1.0, 2.0, 0.125, 0.25)
TIMES_S = {12: 0.025, 8: 0.05, 0: 0.1, 1: 0.2, 2: 0.4, 3: 0.8}
IDENTITY = 0xC481


class SimulatedVeml7700(WordRegisterChip):
    """One VEML7700 in light of a given illuminance (lx)."""

    order: ClassVar[Literal["big", "little"]] = "little"

    def __init__(self, clock: Clock, illuminance: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._illuminance = illuminance
        self._config = SHUT_DOWN
        self._count = 0
        self._done_s = float("inf")

    def stored(self, register: int, word: int) -> None:
        """Configure; what cannot be written stays as it is."""
        if register == CONFIG:
            self._config = word
            seconds = WAKE_S + TIMES_S.get(word >> 6 & 0x0F, 0.1)
            self._done_s = float("inf") if word & SHUT_DOWN else self._clock.now_s() + seconds

    def word(self, register: int) -> int:
        """What a register holds now."""
        if self._clock.now_s() >= self._done_s:
            self._integrate()
        identity = 0x2600 if self.faults.wrong_part else IDENTITY
        return {CONFIG: self._config, ALS: self._count, ID: identity}.get(register, 0)

    def _integrate(self) -> None:
        seconds = TIMES_S.get(self._config >> 6 & 0x0F, 0.1)
        lx_per_count = 0.0042 * (0.8 / seconds) * (2 / GAINS[self._config >> 11 & 3])
        wanted = self.faults.measured("illuminance", self._illuminance)
        self._count = code_of(lambda count: corrected(count * lx_per_count), wanted, 16)
        self._done_s = self._clock.now_s() + seconds


def place(place: Place) -> SimulatedVeml7700:
    """The model of a configured part."""
    return SimulatedVeml7700(place.clock, place.probe("illuminance"))
