"""Microchip MCP3004, MCP3008, MCP3204 and MCP3208: four or eight analogue inputs over SPI, of 10 or 12 bits.

Each input that is used is a channel in the unit of what is wired to it, as with the ADS1115: a potentiometer of a tank
float is `{pin: CH0, scale: 0.303, unit: "/"}`. The parts have no identity and no checksum: where nothing drives the
data line it may look like inputs at 0 V, so a line without a part is noticed only where it is high.

Source: Microchip, MCP3004/3008 datasheet DS21295, chapter 5 (serial communication) and section 6.1; MCP3204/3208
datasheet DS21298, the same chapters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings
from drivers.bus.spi import SpiBus, SpiPart
from drivers.straight_line import check_scale
from drivers.units import check_unit

START_BIT, SINGLE_ENDED = 0x10, 0x08
"""The five bits of a command: start, single-ended or difference, and three for the input."""
TRANSFER_BYTES = 3

Pin = Literal[
    "CH0", "CH1", "CH2", "CH3", "CH4", "CH5", "CH6", "CH7",
    "CH0-CH1", "CH1-CH0", "CH2-CH3", "CH3-CH2", "CH4-CH5", "CH5-CH4", "CH6-CH7", "CH7-CH6",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Mcp3008Input:
    """One input, or the difference of two, as a channel of its own: value = voltage * scale + offset."""

    pin: Pin
    """`CH0` to `CH7` against ground, or a difference such as `CH0-CH1`, which is 0 where it would be below."""
    scale: float = 1.0
    """The channel's unit per volt."""
    offset: float = 0.0
    """The channel's value at 0 V."""
    unit: str = "V"
    """The channel's SenML unit, such as `V`, `Cel`, `Pa`, or `/` for a ratio from 0 to 1."""

    def __post_init__(self) -> None:
        check_scale(self.scale, self.offset)
        check_unit(self.unit)


def _every_pin() -> dict[str, Mcp3008Input]:
    pins: tuple[Pin, ...] = ("CH0", "CH1", "CH2", "CH3")
    return {pin.lower(): Mcp3008Input(pin=pin) for pin in pins}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mcp3008Settings:
    """One MCP3008 or MCP3208."""

    chip_select: Annotated[int, Limits(0, 7)] = 0
    """The chip select of the bus that it hangs on; 0 is CE0."""
    reference: Annotated[float, Limits(0.25, 5.5, "V")] = 3.3
    """The voltage at VREF, which is the highest that is measured."""
    inputs: dict[str, Mcp3008Input] = field(default_factory=_every_pin)
    """Channel name -> input; `ch0` to `ch3` in volts where not given."""

    def __post_init__(self) -> None:
        if not self.inputs:
            raise ValueError("no inputs; at least one is needed")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mcp3004Settings:
    """One MCP3004 or MCP3204."""

    chip_select: Annotated[int, Limits(0, 7)] = 0
    """The chip select of the bus that it hangs on; 0 is CE0."""
    reference: Annotated[float, Limits(0.25, 5.5, "V")] = 3.3
    """The voltage at VREF, which is the highest that is measured."""
    inputs: dict[str, Mcp3008Input] = field(default_factory=_every_pin)
    """Channel name -> input; `ch0` to `ch3` in volts where not given."""

    def __post_init__(self) -> None:
        if not self.inputs:
            raise ValueError("no inputs; at least one is needed")
        for name, wired in self.inputs.items():
            if number_of(wired.pin) > 3:  # noqa: PLR2004 - the part ends at CH3
                raise ValueError(f"pin {wired.pin} of {name}; the part has CH0 to CH3")


def number_of(pin: Pin) -> int:
    """The number of the input that is measured; of a difference, the one that counts positive."""
    return int(pin[2])


def encode_command(pin: Pin, bits: int) -> bytes:
    """The three bytes that convert one input, placed so that the result ends with the last of them."""
    command = START_BIT | (0 if "-" in pin else SINGLE_ENDED) | number_of(pin)
    # The command is followed by one clock for the sample, the zero bit and the result.
    return (command << bits + 2).to_bytes(TRANSFER_BYTES)


def decode_count(data: bytes, bits: int) -> int:
    """The conversion in three bytes, 0 to 2**bits - 1.

    Raises:
        NoAnswerError: the bit that a part holds at zero before its result is not zero.
    """
    word = int.from_bytes(data)
    if word >> bits & 1:
        raise NoAnswerError(f"no answer ({data.hex()}); check power, wiring and chip select")
    return word & (1 << bits) - 1


def to_value(count: int, wired: Mcp3008Input, step_v: float) -> float:
    """The channel's value, in its unit, of a conversion of steps of so many volts, without digits that mean nothing."""
    value = count * step_v * wired.scale + wired.offset
    return round(value, 2 - math.floor(math.log10(abs(wired.scale) * step_v)))


class Mcp3008(Driver):
    """One MCP3008 on an SPI bus."""

    name: ClassVar[str] = "mcp3008"
    title: ClassVar[str] = "Microchip MCP3008"
    bus_kind: ClassVar[BusKind] = BusKind.SPI
    settings_type: ClassVar[type] = Mcp3008Settings
    bits: ClassVar[int] = 10

    def __init__(self, bus: SpiBus, settings: Mcp3008Settings | Mcp3004Settings) -> None:
        self._bus = bus
        self._part = SpiPart(settings.chip_select)
        self._inputs = settings.inputs
        self._step_v = settings.reference / (1 << self.bits)

    @classmethod
    def channels(cls, settings: Any) -> tuple[Channel, ...]:
        """One channel for each of the `inputs`, in their order.

        The last code stands for any voltage beyond as well, so the channel's range ends one code before it.
        """
        step_v = settings.reference / (1 << cls.bits)
        return tuple(_channel(name, wired, step_v, cls.bits) for name, wired in settings.inputs.items())

    def open(self) -> None:
        """Convert once: the part has no identity to ask for.

        Raises:
            NoAnswerError: nobody answers.
            BusError: the bus does not work.
        """
        self._convert(next(iter(self._inputs.values())))

    def read(self) -> Readings:
        """Convert every input in turn.

        Raises:
            NoAnswerError: nobody answers.
            BusError: the bus does not work.
        """
        return {name: to_value(self._convert(wired), wired, self._step_v) for name, wired in self._inputs.items()}

    def _convert(self, wired: Mcp3008Input) -> int:
        data = self._bus.transfer(self._part, encode_command(wired.pin, self.bits))
        try:
            return decode_count(data, self.bits)
        except NoAnswerError as error:
            raise NoAnswerError(f"{self.name} at {self._bus.place(self._part)}: {error}") from error


def _channel(name: str, wired: Mcp3008Input, step_v: float, bits: int) -> Channel:
    low, high = sorted(to_value(count, wired, step_v) for count in (0, (1 << bits) - 2))
    resolution = abs(wired.scale) * step_v
    about = f"analogue input {wired.pin}"
    return Channel(name=name, unit=wired.unit, low=low, high=high, resolution=resolution, about=about)


class Mcp3004(Mcp3008):
    """One MCP3004 on an SPI bus."""

    name: ClassVar[str] = "mcp3004"
    title: ClassVar[str] = "Microchip MCP3004"
    settings_type: ClassVar[type] = Mcp3004Settings


class Mcp3208(Mcp3008):
    """One MCP3208 on an SPI bus."""

    name: ClassVar[str] = "mcp3208"
    title: ClassVar[str] = "Microchip MCP3208"
    bits: ClassVar[int] = 12


class Mcp3204(Mcp3208):
    """One MCP3204 on an SPI bus."""

    name: ClassVar[str] = "mcp3204"
    title: ClassVar[str] = "Microchip MCP3204"
    settings_type: ClassVar[type] = Mcp3004Settings
