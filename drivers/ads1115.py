"""Texas Instruments ADS1115 and ADS1015: four analogue inputs over I2C, each a channel in the unit of what is wired.

A soil probe that gives 2.7 V dry and 1.2 V wet is `{pin: A0, scale: -0.667, offset: 1.8, unit: "/"}`; a 4-20 mA
transmitter of 0 to 1000000 Pa over 150 Ohm is `{pin: A1, scale: 416667, offset: -250000, unit: Pa}`.

Source: Texas Instruments, ADS111x datasheet SBAS444 and ADS101x datasheet SBAS473, chapters "Feature Description"
(multiplexer, amplifier, data rate) and "Register Map".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus
from drivers.straight_line import check_scale
from drivers.units import check_unit

CONVERSION_REGISTER = 0
CONFIG_REGISTER = 1
WORD_BYTES = 2

START = 0x8000
"""Written: start one conversion. Read: no conversion is going on."""
SINGLE_SHOT = 0x0100
COMPARATOR_OFF = 0x0003

MULTIPLEXER = {"A0-A1": 0, "A0-A3": 1, "A1-A3": 2, "A2-A3": 3, "A0": 4, "A1": 5, "A2": 6, "A3": 7}
FULL_SCALES_V = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256)
"""By the code of the amplifier, 0 to 5."""
RATES = (8, 16, 32, 64, 128, 250, 475, 860)
RATES_1015 = (128, 250, 490, 920, 1600, 2400, 3300)
"""Conversions per second, by their code, of either part."""
STEP_1015 = 16
"""Conversions of 12 bits are left-aligned: the lower four are zero."""

COUNTS = 32768
"""What full scale would be, were there one code more."""
BELOW_GROUND_COUNTS = 328
"""How far below zero an input at ground may read: 1 % of full scale is offset and noise, not a fault."""

RATE_TOLERANCE = 1.1
"""The part's own oscillator is good to 10 %."""
BUSY_TRIES = 10
BUSY_WAIT_S = 0.001

Pin = Literal["A0", "A1", "A2", "A3", "A0-A1", "A0-A3", "A1-A3", "A2-A3"]
Rate = Literal[8, 16, 32, 64, 128, 250, 475, 860]
Rate1015 = Literal[128, 250, 490, 920, 1600, 2400, 3300]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ads1115Input:
    """One input, or the difference of two, as a channel of its own: value = voltage * scale + offset."""

    pin: Pin
    """`A0` to `A3` against ground, or a difference such as `A0-A1`."""
    range: Annotated[float, Limits(0.001, 6.144, "V")] = 4.096
    """The largest voltage to expect; the narrowest range of the part that holds it is used. Never above the supply."""
    scale: float = 1.0
    """The channel's unit per volt."""
    offset: float = 0.0
    """The channel's value at 0 V."""
    unit: str = "V"
    """The channel's SenML unit, such as `V`, `Cel`, `Pa`, or `/` for a ratio from 0 to 1."""

    def __post_init__(self) -> None:
        check_scale(self.scale, self.offset)
        check_unit(self.unit)


def _every_pin() -> dict[str, Ads1115Input]:
    pins: tuple[Pin, ...] = ("A0", "A1", "A2", "A3")
    return {pin.lower(): Ads1115Input(pin=pin) for pin in pins}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ads1115Settings:
    """One ADS1115."""

    address: Annotated[int, Limits(0x48, 0x4B)] = 0x48
    """Its I2C address, by what ADDR is wired to: 0x48 ground, 0x49 supply, 0x4A SDA, 0x4B SCL."""
    rate: Rate = 128
    """Conversions per second: 8 is quietest, 860 fastest. A reading takes one conversion for each input."""
    inputs: dict[str, Ads1115Input] = field(default_factory=_every_pin)
    """Channel name -> input; `a0` to `a3` in volts where not given."""

    def __post_init__(self) -> None:
        if not self.inputs:
            raise ValueError("no inputs; at least one is needed")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ads1015Settings:
    """One ADS1015."""

    address: Annotated[int, Limits(0x48, 0x4B)] = 0x48
    """Its I2C address, by what ADDR is wired to: 0x48 ground, 0x49 supply, 0x4A SDA, 0x4B SCL."""
    rate: Rate1015 = 1600
    """Conversions per second: 128 is quietest, 3300 fastest. A reading takes one conversion for each input."""
    inputs: dict[str, Ads1115Input] = field(default_factory=_every_pin)
    """Channel name -> input; `a0` to `a3` in volts where not given."""

    def __post_init__(self) -> None:
        if not self.inputs:
            raise ValueError("no inputs; at least one is needed")


def full_scale(range_v: float) -> tuple[int, float]:
    """The amplifier's code and the full scale in V of the narrowest range that holds `range_v`, or of the widest."""
    code = max((code for code, top_v in enumerate(FULL_SCALES_V) if top_v >= range_v), default=0)
    return code, FULL_SCALES_V[code]


def encode_config(wired: Ads1115Input, rate: int, rates: tuple[int, ...] = RATES) -> bytes:
    """The configuration that starts one conversion of that input."""
    word = START | MULTIPLEXER[wired.pin] << 12 | full_scale(wired.range)[0] << 9 | SINGLE_SHOT
    return (word | rates.index(rate) << 5 | COMPARATOR_OFF).to_bytes(WORD_BYTES)


def decode_count(data: bytes) -> int:
    """The conversion in two bytes, -32768 to 32767."""
    return int.from_bytes(data[:WORD_BYTES], signed=True)


def to_value(count: int, wired: Ads1115Input) -> float:
    """The channel's value, in its unit, of a conversion, without digits that mean nothing."""
    value = count * full_scale(wired.range)[1] / COUNTS * wired.scale + wired.offset
    return round(value, 2 - math.floor(math.log10(resolution(wired))))


def resolution(wired: Ads1115Input, step: int = 1) -> float:
    """What one step of so many counts is worth in the channel's unit."""
    return abs(wired.scale) * full_scale(wired.range)[1] / COUNTS * step


def channel_of(name: str, wired: Ads1115Input, step: int = 1) -> Channel:
    """What an input is to the outside.

    The last code at either end stands for any voltage beyond as well, so the channel's range ends one code before it.
    """
    lowest = -(COUNTS - step) if "-" in wired.pin else -BELOW_GROUND_COUNTS
    low, high = sorted((to_value(lowest, wired), to_value(COUNTS - 2 * step, wired)))
    return Channel(
        name=name,
        unit=wired.unit,
        low=low,
        high=high,
        resolution=resolution(wired, step),
        about=f"analogue input {wired.pin}",
    )


class Ads1115(Driver):
    """One ADS1115 on an I2C bus, asleep between conversions."""

    name: ClassVar[str] = "ads1115"
    title: ClassVar[str] = "Texas Instruments ADS1115"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Ads1115Settings
    rates: ClassVar[tuple[int, ...]] = RATES
    step: ClassVar[int] = 1

    def __init__(self, bus: I2CBus, settings: Ads1115Settings | Ads1015Settings) -> None:
        self._bus = bus
        self._address = settings.address
        self._rate: int = settings.rate
        self._inputs = settings.inputs

    @classmethod
    def channels(cls, settings: Any) -> tuple[Channel, ...]:
        """One channel for each of the `inputs`, in their order."""
        return tuple(channel_of(name, wired, cls.step) for name, wired in settings.inputs.items())

    def open(self) -> None:
        """Convert once and read the configuration back: the part has no identity to ask for.

        Raises:
            WrongPartError: what came back is not what was written.
            NoAnswerError: nobody answers at the address, or the conversion never ends.
            BusError: the bus does not work.
        """
        wired = next(iter(self._inputs.values()))
        self._convert(wired)
        wanted, found = encode_config(wired, self._rate, self.rates), self._config()
        if found != wanted:
            raise WrongPartError(
                f"{self.name} at 0x{self._address:02X}: another part answers (wrote {wanted.hex()}, read {found.hex()})"
            )

    def read(self) -> Readings:
        """Convert every input in turn.

        Raises:
            NoAnswerError: nobody answers at the address, or a conversion never ends.
            BusError: the bus does not work.
        """
        return {name: to_value(self._convert(wired), wired) for name, wired in self._inputs.items()}

    def _convert(self, wired: Ads1115Input) -> int:
        self._bus.write_register(self._address, CONFIG_REGISTER, encode_config(wired, self._rate, self.rates))
        self._bus.clock.sleep(RATE_TOLERANCE / self._rate)
        for _ in range(BUSY_TRIES):
            if self._config()[0] & START >> 8:
                return decode_count(self._bus.read_register(self._address, CONVERSION_REGISTER, WORD_BYTES))
            self._bus.clock.sleep(BUSY_WAIT_S)
        raise NoAnswerError(f"{self.name} at 0x{self._address:02X}: a conversion of {wired.pin} does not end")

    def _config(self) -> bytes:
        return self._bus.read_register(self._address, CONFIG_REGISTER, WORD_BYTES)


class Ads1015(Ads1115):
    """One ADS1015 on an I2C bus, asleep between conversions."""

    name: ClassVar[str] = "ads1015"
    title: ClassVar[str] = "Texas Instruments ADS1015"
    settings_type: ClassVar[type] = Ads1015Settings
    rates: ClassVar[tuple[int, ...]] = RATES_1015
    step: ClassVar[int] = STEP_1015
