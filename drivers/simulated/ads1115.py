"""A simulated Texas Instruments ADS1115: a pointer, two registers that matter, and four voltages.

Source: Texas Instruments, ADS111x datasheet SBAS444, chapter "Register Map".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from drivers.ads1115 import Ads1115Input
from drivers.base import Clock
from drivers.simulated.i2c import Chip
from drivers.simulated.place import Place

CONVERSION, CONFIG = 0, 1
CONFIG_AFTER_RESET = 0x8583
THRESHOLDS_AFTER_RESET = {2: 0x8000, 3: 0x7FFF}
OS = 0x8000

BETWEEN = {0: (0, 1), 1: (0, 3), 2: (1, 3), 3: (2, 3), 4: (0, None), 5: (1, None), 6: (2, None), 7: (3, None)}
"""Multiplexer code -> the input that is measured and the one it is measured against; None is ground."""
FULL_SCALE_V = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)
RATE = (8, 16, 32, 64, 128, 250, 475, 860)
RATE_1015 = (128, 250, 490, 920, 1600, 2400, 3300, 3300)

Voltage = Callable[[], float]


class SimulatedAds1115(Chip):
    """One ADS1115 with a voltage at each of the inputs 0 to 3; an input that is not given is at ground."""

    rate = RATE
    step = 1

    def __init__(self, clock: Clock, voltages: Mapping[int, Voltage]) -> None:
        super().__init__()
        self._clock = clock
        self._voltages = voltages
        self._pointer = 0
        self._config = CONFIG_AFTER_RESET & ~OS
        self._registers = dict(THRESHOLDS_AFTER_RESET)
        self._conversion = 0
        self._done_s = float("-inf")

    def write(self, data: bytes) -> None:
        """Set the pointer, and the register that it points to if a word follows."""
        self._pointer = data[0] & 0x03
        if len(data) >= 3:  # noqa: PLR2004 - pointer and word
            word = int.from_bytes(data[1:3])
            if self._pointer == CONFIG:
                self._configure(word)
            elif self._pointer != CONVERSION:
                self._registers[self._pointer] = word

    def read(self, count: int) -> bytes:
        """Give the word that the pointer points to, over and over."""
        return (self._word().to_bytes(2) * (count // 2 + 1))[:count]

    def _configure(self, word: int) -> None:
        self._config = word & ~OS
        if self.faults.wrong_part:
            self._config &= 0x00FF  # As a thermometer whose configuration is one byte.
        if word & OS and not self._busy():
            self._done_s = self._clock.now_s() + 1 / self.rate[word >> 5 & 0x07]
            self._conversion = self._convert(word)

    def _convert(self, word: int) -> int:
        plus, minus = BETWEEN[word >> 12 & 0x07]
        volts = self._voltage(plus) - (0.0 if minus is None else self._voltage(minus))
        count = round(volts / FULL_SCALE_V[word >> 9 & 0x07] * 32768)
        return min(32767, max(-32768, count)) // self.step * self.step

    def _voltage(self, number: int) -> float:
        source = self._voltages.get(number)
        return 0.0 if source is None else self.faults.measured(str(number), source)

    def _busy(self) -> bool:
        return self._clock.now_s() < self._done_s

    def _word(self) -> int:
        if self._pointer == CONVERSION:
            return self._conversion & 0xFFFF
        if self._pointer == CONFIG:
            return self._config | (0 if self._busy() else OS)
        return self._registers[self._pointer]


class SimulatedAds1015(SimulatedAds1115):
    """One ADS1015: faster, and with nothing in the lower four bits of a conversion."""

    rate = RATE_1015
    step = 16


def place_ads1015(place: Place) -> SimulatedAds1015:
    """The model of a configured ADS1015."""
    return SimulatedAds1015(place.clock, voltages(place))


def place(place: Place) -> SimulatedAds1115:
    """The model of a configured part."""
    return SimulatedAds1115(place.clock, voltages(place))


def voltages(place: Place) -> dict[int, Voltage]:
    """The voltage at each input. The second input of a difference stays at ground."""
    found: dict[int, Voltage] = {}
    for channel, wired in place.settings.inputs.items():
        source = place.probe(channel)
        if place.quantity_unit(channel) != "V":
            source = partial(_volts, source, wired)
        found[int(wired.pin[1])] = source
    return found


def _volts(source: Voltage, wired: Ads1115Input) -> float:
    """The voltage that the channel's scale makes the source's value of."""
    return (source() - wired.offset) / wired.scale
