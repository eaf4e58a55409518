"""NXP PCF8574, PCF8574A and PCF8575: eight or sixteen pins over I2C, without registers.

A pin is driven low hard and high weakly; one that is latched high can be read. So the latch of an input stays high
whatever is read, and what is driven is never made from what was read: an input that somebody holds low would stay low.

Source: NXP, PCF8574 datasheet rev. 5, sections 7.1 and 8 (quasi-bidirectional ports); PCF8575 datasheet rev. 5.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from drivers.base import Limits
from drivers.bus.i2c import I2CBus
from drivers.expander import Expander, ExpanderPin, check_pins


def _every_pin() -> dict[str, ExpanderPin]:
    return {f"p{pin}": ExpanderPin(pin=pin, active_low=True) for pin in range(8)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Pcf8574Settings:
    """One PCF8574 or PCF8575."""

    address: Annotated[int, Limits(0x20, 0x3F)] = 0x20
    """Its I2C address, by A0 to A2: from 0x20 on, of a PCF8574A from 0x38 on."""
    bits: Literal[8, 16] = 8
    """8 for a PCF8574, 16 for a PCF8575."""
    pins: dict[str, ExpanderPin] = field(default_factory=_every_pin)
    """Channel name -> pin; `p0` to `p7` as inputs to ground where not given."""

    def __post_init__(self) -> None:
        check_pins(self.pins, self.bits)


class Pcf8574(Expander):
    """One PCF8574 or PCF8575 on an I2C bus. At power-up all of its pins are high."""

    name: ClassVar[str] = "pcf8574"
    title: ClassVar[str] = "NXP PCF8574, PCF8574A, PCF8575"
    settings_type: ClassVar[type] = Pcf8574Settings

    def __init__(self, bus: I2CBus, settings: Pcf8574Settings) -> None:
        super().__init__(settings)
        self._bus = bus
        self._bytes = settings.bits // 8
        self._every = (1 << settings.bits) - 1

    def _begin(self) -> tuple[int, int]:
        # There is no telling what it drives: a pin that is low may be held low from outside.
        self._bus.read(self._address, self._bytes)
        return 0, 0

    def _set_up(self, latch: int) -> None:
        self._drive(latch)

    def _drive(self, latch: int) -> None:
        word = self._every & ~self._outputs | latch
        self._bus.write(self._address, word.to_bytes(self._bytes, "little"))

    def _levels(self, latch: int) -> int:
        pins = int.from_bytes(self._bus.read(self._address, self._bytes), "little")
        # Low is driven hard. High is weak and may be pulled down by what hangs on it, so it tells nothing.
        if pins & self._outputs & ~latch:
            raise self._forgot("an output is high that was driven low")
        return pins & ~self._outputs | latch
