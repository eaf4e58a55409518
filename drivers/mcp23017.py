"""Microchip MCP23017 and MCP23008: sixteen or eight pins over I2C, with pull-ups.

GPA7 and GPB7 of a MCP23017 are outputs only, by newer datasheets; older parts read them as well.

Source: Microchip, MCP23017/MCP23S17 datasheet DS20001952, section 3.5 (registers, IOCON.BANK = 0); MCP23008/MCP23S08
datasheet DS20001919, section 1.6.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from drivers.base import Limits, WrongPartError
from drivers.expander import ExpanderPin, check_pins, mask_of
from drivers.register_expander import RegisterBus, RegisterExpander


def input_pins() -> dict[str, ExpanderPin]:
    """The seven pins that every part can read, as inputs to ground."""
    return {f"p{pin}": ExpanderPin(pin=pin, active_low=True) for pin in range(7)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mcp23017Settings:
    """One MCP23017."""

    address: Annotated[int, Limits(0x20, 0x27)] = 0x20
    """Its I2C address, by A0 to A2."""
    pull_up: bool = True
    """Hold every input high by a resistor of 100 kOhm inside the part."""
    pins: dict[str, ExpanderPin] = field(default_factory=input_pins)
    """Channel name -> pin; `p0` to `p6` as inputs to ground where not given."""

    def __post_init__(self) -> None:
        check_pins(self.pins, 16)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mcp23008Settings:
    """One MCP23008."""

    address: Annotated[int, Limits(0x20, 0x27)] = 0x20
    """Its I2C address, by A0 to A2."""
    pull_up: bool = True
    """Hold every input high by a resistor of 100 kOhm inside the part."""
    pins: dict[str, ExpanderPin] = field(default_factory=input_pins)
    """Channel name -> pin; `p0` to `p6` as inputs to ground where not given."""

    def __post_init__(self) -> None:
        check_pins(self.pins, 8)


class Mcp23017(RegisterExpander):
    """One MCP23017 on an I2C bus."""

    name: ClassVar[str] = "mcp23017"
    title: ClassVar[str] = "Microchip MCP23017"
    settings_type: ClassVar[type] = Mcp23017Settings
    direction = 0x00
    latch = 0x14
    pins = 0x12
    invert: ClassVar[int] = 0x02
    pull_up: ClassVar[int] = 0x0C
    control: ClassVar[int] = 0x0A
    always_zero: ClassVar[int] = 0x0101
    """Bits of `control` that the part does not have."""

    def __init__(self, bus: RegisterBus, settings: Any) -> None:
        super().__init__(bus, settings)
        self._pull_ups = mask_of(settings.pins, output=False) if settings.pull_up else 0

    def _identify(self) -> None:
        found = self._get(self.control)
        # Both addresses of a MCP23017's control register are the same register.
        if found & self.always_zero or (self.width > 1 and found & 0xFF != found >> 8):
            raise WrongPartError(f"{self._place}: another part answers (control 0x{found:04X})")

    def _prepare(self) -> None:
        self._put(self.invert, 0)
        self._put(self.pull_up, self._pull_ups)


class Mcp23008(Mcp23017):
    """One MCP23008 on an I2C bus."""

    name: ClassVar[str] = "mcp23008"
    title: ClassVar[str] = "Microchip MCP23008"
    settings_type: ClassVar[type] = Mcp23008Settings
    width = 1
    latch = 0x0A
    pins = 0x09
    invert = 0x01
    pull_up = 0x06
    control = 0x05
    always_zero = 0xC1
