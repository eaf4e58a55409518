"""Texas Instruments INA3221: voltage, current and power of three supplies over I2C.

Each reading measures the channels that are configured once; the part rests in between. The current is worked out from
the shunt's voltage.

Source: Texas Instruments, INA3221 SBOS576, section 8.6 (register maps): the configuration, the results in the upper 13
bits of a word, 40 uV and 8 mV a step.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Literal

from drivers.base import BusKind, Channel, Limits, Readings, Value, WrongPartError
from drivers.ina2xx import DIE, MAKER, MAKER_ID, Ohm, PowerMonitor, signed, supply, supply_channels

MASK = 0x0F
CONVERSION_READY = 0x0001
DIE_ID = 0x3220
SHUNT_V, BUS_V = 40e-6, 8e-3
SHUNT_STEPS = 4095
UNUSED_BITS = 3
SAMPLE_S = 0.00121
"""The longest conversion of 1.1 ms nominal, which code 4 asks for."""
CODE_1100_US = 4
TRIGGERED = 3
SAMPLES = (1, 4, 16, 64, 128)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ina3221Supply:
    """One of the three supplies."""

    input: Annotated[int, Limits(1, 3)]
    """Its number on the part, 1 to 3."""
    shunt: Ohm = 0.1
    """The resistor that its current flows through; up to 0.1638 V across it are measured."""


def _every_supply() -> dict[str, Ina3221Supply]:
    return {f"in{number}": Ina3221Supply(input=number) for number in (1, 2, 3)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ina3221Settings:
    """One INA3221."""

    address: Annotated[int, Limits(0x40, 0x43)] = 0x40
    """Its I2C address, by what A0 is wired to."""
    samples: Literal[1, 4, 16, 64, 128] = 16
    """How many conversions are averaged; each takes 1.1 ms for the voltage and for the current of every supply."""
    supplies: dict[str, Ina3221Supply] = field(default_factory=_every_supply)
    """Name -> supply; the channels of `solar` are `solar_voltage`, `solar_current` and `solar_power`. `in1` to `in3`
    where not given."""

    def __post_init__(self) -> None:
        inputs = [one.input for one in self.supplies.values()]
        if not inputs or len(set(inputs)) != len(inputs):
            raise ValueError(f"supplies: inputs {inputs}; at least one is needed, and each only once")


def config(settings: Ina3221Settings) -> int:
    """The configuration that measures what is configured once."""
    enabled = sum(1 << 15 - one.input for one in settings.supplies.values())
    return enabled | SAMPLES.index(settings.samples) << 9 | CODE_1100_US << 6 | CODE_1100_US << 3 | TRIGGERED


class Ina3221(PowerMonitor):
    """One INA3221 on an I2C bus."""

    name: ClassVar[str] = "ina3221"
    title: ClassVar[str] = "Texas Instruments INA3221"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Ina3221Settings

    @classmethod
    def channels(cls, settings: Ina3221Settings) -> tuple[Channel, ...]:
        """Voltage, current and power of each supply; the ranges end before the code that stands for all beyond it."""
        found = []
        for name, one in settings.supplies.items():
            step_a = SHUNT_V / one.shunt
            most_a = (SHUNT_STEPS - 1) * step_a
            channels = supply_channels(-most_a, most_a, step_a, 26.0, BUS_V)
            found += [replace(channel, name=f"{name}_{channel.name}") for channel in channels]
        return tuple(found)

    def open(self) -> None:
        """Compare maker and die.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        maker, die = self.word(MAKER), self.word(DIE)
        if maker != MAKER_ID or die != DIE_ID:
            raise WrongPartError(f"{self.place()}: another part answers (maker 0x{maker:04X}, die 0x{die:04X})")

    def read(self) -> Readings:
        """Measure voltages and currents.

        Raises:
            NoAnswerError: nobody answers, or the measurement never ends.
            BusError: the bus does not work.
        """
        settings: Ina3221Settings = self._settings
        seconds = 2 * SAMPLE_S * settings.samples * len(settings.supplies)
        self.start(config(settings), seconds, MASK, CONVERSION_READY)
        values: dict[str, Value] = {}
        for name, one in settings.supplies.items():
            step_a = SHUNT_V / one.shunt
            shunt, bus = (signed(self.word(2 * one.input - back)) >> UNUSED_BITS for back in (1, 0))
            values |= {f"{name}_{key}": value for key, value in supply(bus * BUS_V, shunt * step_a, step_a).items()}
        return values
