"""A simulated Vishay VEML6075: off at first, four counts a little while after it was told to measure.

Source: Vishay, VEML6075 datasheet 84304.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from drivers import veml6075
from drivers.base import Clock
from drivers.simulated.place import Place
from drivers.simulated.registers import WordRegisterChip

LX_PER_INDEX = 10_000.0
"""Of daylight: full sun has 100 000 lx and an index of about 10."""
VISIBLE_SHARE, INFRARED_SHARE = 0.2, 0.1
"""Of the counts of UVA."""
MEASUREMENT_S = 0.1
OFF, FORCED, NOW = 0x01, 0x02, 0x04


class SimulatedVeml6075(WordRegisterChip):
    """One VEML6075 in light of a given UV index."""

    order: ClassVar[Literal["big", "little"]] = "little"

    def __init__(self, clock: Clock, index: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._index = index
        self.config = OFF
        self._counts: dict[int, int] = {}
        self._done_s = float("inf")

    def stored(self, register: int, word: int) -> None:
        """Configure, which may start a measurement; what cannot be written stays as it is."""
        if register == veml6075.CONFIG:
            self.config = word
            starts = word & (OFF | FORCED | NOW) == FORCED | NOW
            self._done_s = self._clock.now_s() + MEASUREMENT_S if starts else float("inf")

    def word(self, register: int) -> int:
        """What a register holds now."""
        if self._clock.now_s() >= self._done_s:
            self._measure()
        if register == veml6075.ID:
            return 0x0081 if self.faults.wrong_part else 0x0026
        return self.config if register == veml6075.CONFIG else self._counts.get(register, 0)

    def _measure(self) -> None:
        self._done_s = float("inf")
        index = max(0.0, self.faults.measured("uv_index", self._index))
        only_a, only_b = index / veml6075.INDEX_A, index / veml6075.INDEX_B
        visible, infrared = VISIBLE_SHARE * only_a, INFRARED_SHARE * only_a
        counts = {
            veml6075.UVA: only_a + veml6075.VISIBLE_A * visible + veml6075.INFRARED_A * infrared,
            veml6075.UVB: only_b + veml6075.VISIBLE_B * visible + veml6075.INFRARED_B * infrared,
            veml6075.VISIBLE: visible,
            veml6075.INFRARED: infrared,
        }
        self._counts = {register: min(veml6075.FULL, round(count)) for register, count in counts.items()}


def place(place: Place) -> SimulatedVeml6075:
    """The model of a configured VEML6075, in daylight."""
    light = place.around("light.illuminance")
    return SimulatedVeml6075(place.clock, lambda: light() / LX_PER_INDEX)
