"""Texas Instruments TCA9555, TCA9535, NXP PCA9555 and XINLUDA XL9535: sixteen pins over I2C.

At power-up every pin is an input and every level register high: levels are written before directions, or a board of
relays would click at every start.

Source: Texas Instruments, TCA9555 datasheet SCPS200, section 8.6 (register maps).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from drivers.base import Limits
from drivers.expander import ExpanderPin, check_pins
from drivers.register_expander import RegisterExpander


def _every_pin() -> dict[str, ExpanderPin]:
    return {f"p{pin}": ExpanderPin(pin=pin, active_low=True) for pin in range(16)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Tca9555Settings:
    """One TCA9555 or relative."""

    address: Annotated[int, Limits(0x20, 0x27)] = 0x20
    """Its I2C address, by A0 to A2."""
    pins: dict[str, ExpanderPin] = field(default_factory=_every_pin)
    """Channel name -> pin; `p0` to `p15` as inputs to ground where not given. Pins 8 to 15 are P10 to P17."""

    def __post_init__(self) -> None:
        check_pins(self.pins, 16)


class Tca9555(RegisterExpander):
    """One TCA9555 on an I2C bus. It has no identity to ask for."""

    name: ClassVar[str] = "tca9555"
    title: ClassVar[str] = "TI TCA9555, TCA9535, NXP PCA9555, XL9535"
    settings_type: ClassVar[type] = Tca9555Settings
    direction = 0x06
    latch = 0x02
    pins = 0x00
    invert: ClassVar[int] = 0x04

    def _prepare(self) -> None:
        self._put(self.invert, 0)
