"""Texas Instruments INA219, INA226, INA260: voltage, current and power of a supply over I2C.

The current is worked out from the shunt's voltage here, and not by the part, whose calibration would be lost with its
power and leave a current of nothing. Each reading is a measurement of its own; the part rests in between.

Source: Texas Instruments, INA219 SBOS448 section 8.6, INA226 SBOS547 section 7.6, INA260 SBOS656 section 7.6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus

CONFIG, SHUNT, BUS, MASK = 0x00, 0x01, 0x02, 0x06
MAKER, DIE, MAKER_ID = 0xFE, 0xFF, 0x5449
WORD_BYTES = 2
TRIGGERED = 3
"""The mode that measures shunt and bus once."""

SHUNT_219_V, BUS_219_V, CONVERSION_READY_219, SAMPLE_219_S = 10e-6, 4e-3, 0x0002, 0.000586
RANGES_219_V = (0.04, 0.08, 0.16, 0.32)
"""By the code of the amplifier, 0 to 3."""
SAMPLES_219 = (1, 2, 4, 8, 16, 32, 64, 128)
BUS_32_V = 0x2000

SHUNT_226_V, BUS_226_V, CURRENT_260_A = 2.5e-6, 1.25e-3, 1.25e-3
CONVERSION_READY_226 = 0x0008
SAMPLE_226_S = 0.00121
"""The longest conversion of 1.1 ms nominal, which code 4 asks for."""
SAMPLES_226 = (1, 4, 16, 64, 128, 256, 512, 1024)
ALWAYS_SET = {0x2260: 0x4000, 0x2270: 0x6000}
"""Die -> bits of the configuration that read as one."""

BUSY_TRIES = 10
BUSY_WAIT_S = 0.002

Ohm = Annotated[float, Limits(0.0001, 1_000.0, "Ohm")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ina219Settings:
    """One INA219."""

    address: Annotated[int, Limits(0x40, 0x4F)] = 0x40
    """Its I2C address, by what A0 and A1 are wired to."""
    shunt: Ohm = 0.1
    """The resistor that the current flows through; 0.1 on the common boards."""
    max_current: Annotated[float, Limits(0.0001, 10_000.0, "A")] = 3.2
    """The largest current to expect; the narrowest range of the part that holds it is used."""
    samples: Literal[1, 2, 4, 8, 16, 32, 64, 128] = 8
    """How many conversions are averaged; each takes 0.6 ms for the voltage and for the current."""

    def __post_init__(self) -> None:
        if self.max_current * self.shunt > RANGES_219_V[-1] * (1 + 1e-9):
            most = RANGES_219_V[-1] / self.shunt
            raise ValueError(f"max_current {self.max_current} A; over {self.shunt} Ohm at most {most:g} A are allowed")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ina226Settings:
    """One INA226."""

    address: Annotated[int, Limits(0x40, 0x4F)] = 0x40
    """Its I2C address, by what A0 and A1 are wired to."""
    shunt: Ohm = 0.1
    """The resistor that the current flows through; up to 0.0819 V across it are measured."""
    samples: Literal[1, 4, 16, 64, 128] = 16
    """How many conversions are averaged; each takes 1.1 ms for the voltage and for the current."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ina260Settings:
    """One INA260, with a shunt of its own."""

    address: Annotated[int, Limits(0x40, 0x4F)] = 0x40
    """Its I2C address, by what A0 and A1 are wired to."""
    samples: Literal[1, 4, 16, 64, 128] = 16
    """How many conversions are averaged; each takes 1.1 ms for the voltage and for the current."""


def range_219(settings: Ina219Settings) -> tuple[int, float]:
    """The amplifier's code, and the largest shunt voltage in V of the narrowest range that holds the current."""
    wanted_v = settings.max_current * settings.shunt
    code = next((code for code, top_v in enumerate(RANGES_219_V) if top_v * (1 + 1e-9) >= wanted_v), 3)
    return code, RANGES_219_V[code]


def config_219(settings: Ina219Settings) -> int:
    """The configuration that measures once."""
    averaging = 8 | SAMPLES_219.index(settings.samples)
    return BUS_32_V | range_219(settings)[0] << 11 | averaging << 7 | averaging << 3 | TRIGGERED


def config_226(samples: int, die: int) -> int:
    """The configuration of an INA226 or INA260 that measures once."""
    return ALWAYS_SET[die] | SAMPLES_226.index(samples) << 9 | 4 << 6 | 4 << 3 | TRIGGERED


def signed(word: int) -> int:
    """The number that a word of 16 bits means in two's complement."""
    return word - 0x10000 if word & 0x8000 else word


def supply(volts: float, amperes: float, step_a: float) -> Readings:
    """The three channels, without digits that mean nothing; the power has the sign of the current."""
    decimals = min(9, 2 - math.floor(math.log10(step_a)))
    return {"voltage": round(volts, 4), "current": round(amperes, decimals), "power": round(volts * amperes, 5)}


def supply_channels(low_a: float, high_a: float, step_a: float, high_v: float, step_v: float) -> tuple[Channel, ...]:
    """What each of these parts measures."""
    most_w = max(-low_a, high_a) * high_v
    return (
        Channel(name="voltage", unit="V", low=0.0, high=high_v, resolution=step_v, about="voltage to ground"),
        Channel(name="current", unit="A", low=low_a, high=high_a, resolution=step_a, about="current through the shunt"),
        Channel(name="power", unit="W", low=-most_w, high=most_w, resolution=step_a, about="voltage times current"),
    )


class PowerMonitor(Driver):
    """What these parts have in common: one measurement, waited for, out of words."""

    bus_kind: ClassVar[BusKind] = BusKind.I2C

    def __init__(self, bus: I2CBus, settings: Any) -> None:
        self._bus = bus
        self._settings = settings
        self._address: int = settings.address

    def word(self, register: int) -> int:
        """What a register holds."""
        return int.from_bytes(self._bus.read_register(self._address, register, WORD_BYTES))

    def start(self, config: int, seconds: float, register: int, bit: int) -> None:
        """Measure once, and wait until `bit` of `register` says that it is over."""
        self._bus.write_register(self._address, CONFIG, config.to_bytes(WORD_BYTES))
        self._bus.clock.sleep(seconds)
        for _ in range(BUSY_TRIES):
            if self.word(register) & bit:
                return
            self._bus.clock.sleep(BUSY_WAIT_S)
        raise NoAnswerError(f"{self.place()}: the measurement does not end")

    def place(self) -> str:
        """The part and where it sits, for messages."""
        return f"{self.name} at 0x{self._address:02X}"


class Ina219(PowerMonitor):
    """One INA219 on an I2C bus."""

    name: ClassVar[str] = "ina219"
    title: ClassVar[str] = "Texas Instruments INA219"
    settings_type: ClassVar[type] = Ina219Settings

    @classmethod
    def channels(cls, settings: Ina219Settings) -> tuple[Channel, ...]:
        """Voltage, current and power; the current's range ends before the code that stands for all beyond it."""
        step_a = SHUNT_219_V / settings.shunt
        most_a = range_219(settings)[1] / settings.shunt - step_a
        return supply_channels(-most_a, most_a, step_a, 26.0, BUS_219_V)

    def open(self) -> None:
        """Measure once and read the configuration back: the part has no identity to ask for.

        Raises:
            WrongPartError: what came back is not what was written.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        wanted = config_219(self._settings)
        self._bus.write_register(self._address, CONFIG, wanted.to_bytes(WORD_BYTES))
        found = self.word(CONFIG)
        if found != wanted:
            raise WrongPartError(f"{self.place()}: another part answers (wrote 0x{wanted:04X}, read 0x{found:04X})")

    def read(self) -> Readings:
        """Measure voltage and current.

        Raises:
            NoAnswerError: nobody answers, or the measurement never ends.
            BusError: the bus does not work.
        """
        settings: Ina219Settings = self._settings
        self.start(config_219(settings), 2 * SAMPLE_219_S * settings.samples, BUS, CONVERSION_READY_219)
        step_a = SHUNT_219_V / settings.shunt
        return supply((self.word(BUS) >> 3) * BUS_219_V, signed(self.word(SHUNT)) * step_a, step_a)


class Ina226(PowerMonitor):
    """One INA226 on an I2C bus."""

    name: ClassVar[str] = "ina226"
    title: ClassVar[str] = "Texas Instruments INA226"
    settings_type: ClassVar[type] = Ina226Settings
    die: ClassVar[int] = 0x2260

    @classmethod
    def step_a(cls, settings: Any) -> float:
        """What one step of the current's register is worth."""
        return float(SHUNT_226_V / settings.shunt)

    @classmethod
    def channels(cls, settings: Any) -> tuple[Channel, ...]:
        """Voltage, current and power; the current's range ends before the code that stands for all beyond it."""
        step_a = cls.step_a(settings)
        return supply_channels(-32766 * step_a, 32766 * step_a, step_a, 36.0, BUS_226_V)

    def open(self) -> None:
        """Compare maker and die.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        maker, die = self.word(MAKER), self.word(DIE)
        if maker != MAKER_ID or die & 0xFFF0 != self.die:
            raise WrongPartError(f"{self.place()}: another part answers (maker 0x{maker:04X}, die 0x{die:04X})")

    def read(self) -> Readings:
        """Measure voltage and current.

        Raises:
            NoAnswerError: nobody answers, or the measurement never ends.
            BusError: the bus does not work.
        """
        samples = self._settings.samples
        self.start(config_226(samples, self.die), 2 * SAMPLE_226_S * samples, MASK, CONVERSION_READY_226)
        step_a = self.step_a(self._settings)
        return supply(self.word(BUS) * BUS_226_V, signed(self.word(SHUNT)) * step_a, step_a)


class Ina260(Ina226):
    """One INA260 on an I2C bus."""

    name: ClassVar[str] = "ina260"
    title: ClassVar[str] = "Texas Instruments INA260"
    settings_type: ClassVar[type] = Ina260Settings
    die: ClassVar[int] = 0x2270

    @classmethod
    def step_a(cls, settings: Any) -> float:
        """What one step of the current's register is worth, whatever the settings."""
        del settings
        return CURRENT_260_A
