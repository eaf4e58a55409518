"""Thermometers that give their temperature as one word over I2C: LM75 and its copies, MCP9808, TMP102, TMP117.

All of them measure by themselves; a reading fetches what was measured last.

Source: NXP, LM75A datasheet, section 7.4; Microchip, MCP9808 datasheet DS25095, chapter 5; Texas Instruments, TMP102
datasheet SBOS397, section 7.5, and TMP117 datasheet SNOSD82, section 7.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus

WORD_BYTES = 2


@dataclass(frozen=True, slots=True)
class Identity:
    """A register that tells the part: which of its bits, and what they are."""

    register: int
    bits: int
    value: int


@dataclass(frozen=True, slots=True)
class Form:
    """How a part gives its temperature."""

    register: int
    flags: int
    """Bits at the upper end that are no part of the number."""
    per_kelvin: int
    """Counts, after the flags were shifted out."""
    resolution: float
    """In Cel."""
    low: float
    high: float
    identities: tuple[Identity, ...]
    none_yet: int | None = None
    """The word that stands for no conversion yet."""


LM75 = Form(0, 0, 256, 0.125, -55.0, 125.0, (Identity(2, 0x007F, 0), Identity(3, 0x007F, 0)))
"""An LM75 has no identity, but limits whose lower seven bits are always zero."""
MCP9808 = Form(5, 3, 128, 0.0625, -40.0, 125.0, (Identity(6, 0xFFFF, 0x0054), Identity(7, 0xFF00, 0x0400)))
TMP102 = Form(0, 0, 256, 0.0625, -40.0, 125.0, (Identity(1, 0x601F, 0x6000),))
"""It has no identity, but a configuration in which some bits are fixed; bit 4 would move the point."""
TMP117 = Form(0, 0, 128, 0.0078125, -55.0, 150.0, (Identity(0x0F, 0x0FFF, 0x0117),), none_yet=0x8000)


def decode_temperature(word: int, form: Form) -> float:
    """The temperature in Cel of a word in two's complement.

    Raises:
        NoAnswerError: nothing was converted yet.
    """
    if word == form.none_yet:
        raise NoAnswerError("no conversion yet")
    number = int.from_bytes((word << form.flags & 0xFFFF).to_bytes(WORD_BYTES), signed=True)
    return number / form.per_kelvin


def encode_temperature(celsius: float, form: Form) -> int:
    """The word that stands for a temperature, its flags zero; the inverse of `decode_temperature`."""
    steps = round(celsius / form.resolution)
    return round(steps * form.resolution * form.per_kelvin) % 0x10000 >> form.flags


@dataclass(frozen=True, kw_only=True, slots=True)
class Lm75Settings:
    """One LM75."""

    address: Annotated[int, Limits(0x48, 0x4F)] = 0x48
    """Its I2C address, by what A0 to A2 are wired to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mcp9808Settings:
    """One MCP9808."""

    address: Annotated[int, Limits(0x18, 0x1F)] = 0x18
    """Its I2C address, by what A0 to A2 are wired to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TmpSettings:
    """One TMP102 or TMP117."""

    address: Annotated[int, Limits(0x48, 0x4B)] = 0x48
    """Its I2C address, by what ADD0 is wired to: 0x48 ground, 0x49 supply, 0x4A SDA, 0x4B SCL."""


class Thermometer(Driver):
    """What these parts have in common."""

    bus_kind: ClassVar[BusKind] = BusKind.I2C
    form: ClassVar[Form]

    def __init__(self, bus: I2CBus, settings: Any) -> None:
        self._bus = bus
        self._address: int = settings.address

    @classmethod
    def channels(cls, settings: Any) -> tuple[Channel, ...]:
        """The temperature."""
        del settings
        form = cls.form
        return (
            Channel(
                name="temperature",
                unit="Cel",
                low=form.low,
                high=form.high,
                resolution=form.resolution,
                about="temperature of the part",
            ),
        )

    def open(self) -> None:
        """See that the bits that tell the part are as they are to be.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        for identity in self.form.identities:
            found = self._word(identity.register)
            if found & identity.bits != identity.value:
                raise WrongPartError(
                    f"{self._place()}: another part answers (register {identity.register} is 0x{found:04X})"
                )

    def read(self) -> Readings:
        """Fetch what was measured last.

        Raises:
            NoAnswerError: nobody answers at the address, or nothing was measured yet.
            BusError: the bus does not work.
        """
        try:
            return {"temperature": decode_temperature(self._word(self.form.register), self.form)}
        except NoAnswerError as error:
            raise NoAnswerError(f"{self._place()}: {error}") from error

    def _word(self, register: int) -> int:
        return int.from_bytes(self._bus.read_register(self._address, register, WORD_BYTES))

    def _place(self) -> str:
        return f"{self.name} at 0x{self._address:02X}"


class Lm75(Thermometer):
    """One LM75 on an I2C bus."""

    name: ClassVar[str] = "lm75"
    title: ClassVar[str] = "NXP LM75A, PCT2075, and other LM75"
    settings_type: ClassVar[type] = Lm75Settings
    form: ClassVar[Form] = LM75


class Mcp9808(Thermometer):
    """One MCP9808 on an I2C bus."""

    name: ClassVar[str] = "mcp9808"
    title: ClassVar[str] = "Microchip MCP9808"
    settings_type: ClassVar[type] = Mcp9808Settings
    form: ClassVar[Form] = MCP9808


class Tmp102(Thermometer):
    """One TMP102 on an I2C bus."""

    name: ClassVar[str] = "tmp102"
    title: ClassVar[str] = "Texas Instruments TMP102"
    settings_type: ClassVar[type] = TmpSettings
    form: ClassVar[Form] = TMP102


class Tmp117(Thermometer):
    """One TMP117 on an I2C bus."""

    name: ClassVar[str] = "tmp117"
    title: ClassVar[str] = "Texas Instruments TMP117"
    settings_type: ClassVar[type] = TmpSettings
    form: ClassVar[Form] = TMP117
