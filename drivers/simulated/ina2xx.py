"""Simulated Texas Instruments INA219, INA226 and INA260: words, a trigger, a flag that is lowered when it was seen.

Source: Texas Instruments, INA219 SBOS448 section 8.6, INA226 SBOS547 section 7.6, INA260 SBOS656 section 7.6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drivers.base import Clock
from drivers.simulated.place import Place
from drivers.simulated.registers import WordRegisterChip, signed_word

CONFIG, SHUNT, BUS, POWER, CURRENT, CALIBRATION, MASK, MAKER, DIE = 0, 1, 2, 3, 4, 5, 6, 0xFE, 0xFF
RESET = 0x8000
SAMPLES_226 = (1, 4, 16, 64, 128, 256, 512, 1024)
RANGES_219_COUNTS = (4000, 8000, 16000, 32000)

Source = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Supply:
    """What the part is wired to: volts, amperes, and what one of its steps of current is worth (A)."""

    volts: Source
    amperes: Source
    step_a: float


class SimulatedIna219(WordRegisterChip):
    """One INA219; its own current stays 0 until it is calibrated."""

    config_after_reset = 0x399F
    bus_step_v = 0.004

    def __init__(self, clock: Clock, supply: Supply) -> None:
        super().__init__()
        self._clock = clock
        self._supply = supply
        self._config = self.config_after_reset
        self._calibration = 0
        self._shunt = 0
        self._volts = 0
        self._done_s = float("inf")
        self._ready = False

    def stored(self, register: int, word: int) -> None:
        """Configure, which starts a measurement, or calibrate; what cannot be written stays as it is."""
        if register == CALIBRATION:
            self._calibration = word & 0xFFFE
        elif register == CONFIG and word & RESET:
            self._config, self._calibration, self._ready = self.config_after_reset, 0, False
        elif register == CONFIG:
            self._config = self.kept(word)
            self._ready = False
            if word & 3:
                self._measure()

    def word(self, register: int) -> int:
        """What a register holds now."""
        self._finish()
        if register == CONFIG:
            return self._config
        if register == SHUNT:
            return self._shunt & 0xFFFF
        if register == BUS:
            return self._volts << 3 | 2 * self._ready
        current = self._shunt * self._calibration // 4096
        if register == POWER:
            self._ready = False
            return abs(current) * self._volts // 5000 & 0xFFFF
        return {CURRENT: current & 0xFFFF, CALIBRATION: self._calibration}.get(register, 0)

    def kept(self, word: int) -> int:
        """What the configuration makes of a word."""
        return word | 0x4000 if self.faults.wrong_part else word & 0xBFFF

    def seconds(self) -> float:
        """How long a measurement takes."""
        code = self._config >> 3 & 0x0F
        return 2 * 0.000532 * (1 << (code & 7) if code & 8 else 1)

    def _measure(self) -> None:
        self._done_s = self._clock.now_s() + self.seconds()

    def _finish(self) -> None:
        if self._clock.now_s() < self._done_s:
            return
        self._done_s, self._ready = float("inf"), True
        counts = round(self.faults.measured("current", self._supply.amperes) / self._supply.step_a)
        most = self.most_counts()
        self._shunt = min(most, max(-most, counts))
        self._volts = max(0, round(self.faults.measured("voltage", self._supply.volts) / self.bus_step_v))

    def most_counts(self) -> int:
        """Where the shunt's register ends."""
        return RANGES_219_COUNTS[self._config >> 11 & 3]


class SimulatedIna226(SimulatedIna219):
    """One INA226 or INA260; the flag of its mask is lowered when it is read."""

    bus_step_v = 0.00125

    def __init__(self, clock: Clock, supply: Supply, die: int = 0x2260) -> None:
        self.config_after_reset = {0x2260: 0x4127, 0x2270: 0x6127}[die]
        super().__init__(clock, supply)
        self._die = die

    def word(self, register: int) -> int:
        """What a register holds now."""
        self._finish()
        if register == MASK:
            ready, self._ready = self._ready, False
            return 8 * ready
        current = self._shunt * self._calibration // 2048
        words = {
            CONFIG: self._config,
            SHUNT: signed_word(self._shunt),
            BUS: self._volts & 0x7FFF,
            CURRENT: signed_word(current),
            POWER: abs(current) * self._volts // 20000 & 0xFFFF,
            CALIBRATION: self._calibration,
            MAKER: 0x5449,
            DIE: 0x3220 if self.faults.wrong_part else self._die | 1,
        }
        return words.get(register, 0)

    def kept(self, word: int) -> int:
        """What the configuration makes of a word."""
        return word & 0x0FFF | self.config_after_reset & 0x7000

    def seconds(self) -> float:
        """How long a measurement takes, at 1.1 ms a conversion."""
        return 2 * 0.0011 * SAMPLES_226[self._config >> 9 & 7]

    def most_counts(self) -> int:
        """Where the shunt's register ends."""
        return 32767


def place(place: Place) -> SimulatedIna219:
    """The model of a configured INA219."""
    step_a = 10e-6 / place.settings.shunt
    return SimulatedIna219(place.clock, Supply(place.probe("voltage"), place.probe("current"), step_a))


def place_ina226(place: Place) -> SimulatedIna226:
    """The model of a configured INA226."""
    step_a = 2.5e-6 / place.settings.shunt
    return SimulatedIna226(place.clock, Supply(place.probe("voltage"), place.probe("current"), step_a))


def place_ina260(place: Place) -> SimulatedIna226:
    """The model of a configured INA260."""
    return SimulatedIna226(place.clock, Supply(place.probe("voltage"), place.probe("current"), 0.00125), 0x2270)
