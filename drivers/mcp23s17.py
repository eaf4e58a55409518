"""Microchip MCP23S17 and MCP23S08: the expanders MCP23017 and MCP23008 on SPI, one at each chip select.

They have the registers of their relatives, and what goes ahead of a register's number is what goes ahead of it on I2C:
the address with a bit for reading. The part does not look at A0 to A2 as long as it was not told to (IOCON.HAEN); put
them at ground, because A2 of some parts counts all the same.

Source: Microchip, MCP23017/MCP23S17 datasheet DS20001952, section 3.3.2 (SPI control byte) and 3.5; MCP23008/MCP23S08
datasheet DS20001919, sections 1.3.2 and 1.6.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from drivers.base import BusKind, Limits, NoAnswerError
from drivers.bus.spi import SpiBus, SpiPart
from drivers.expander import ExpanderPin, check_pins
from drivers.mcp23017 import Mcp23008, Mcp23017, input_pins

ADDRESS = 0x20
"""The hardware address of A0 to A2 at ground."""
READ = 1
PATTERN = 0x5AA5
"""Nothing that a line without a part gives, whichever way round."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mcp23s17Settings:
    """One MCP23S17."""

    address: ClassVar[int] = ADDRESS
    chip_select: Annotated[int, Limits(0, 7)] = 0
    """The chip select of the bus that it hangs on; 0 is CE0."""
    pull_up: bool = True
    """Hold every input high by a resistor of 100 kOhm inside the part."""
    pins: dict[str, ExpanderPin] = field(default_factory=input_pins)
    """Channel name -> pin; `p0` to `p6` as inputs to ground where not given."""

    def __post_init__(self) -> None:
        check_pins(self.pins, 16)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mcp23s08Settings:
    """One MCP23S08."""

    address: ClassVar[int] = ADDRESS
    chip_select: Annotated[int, Limits(0, 7)] = 0
    """The chip select of the bus that it hangs on; 0 is CE0."""
    pull_up: bool = True
    """Hold every input high by a resistor of 100 kOhm inside the part."""
    pins: dict[str, ExpanderPin] = field(default_factory=input_pins)
    """Channel name -> pin; `p0` to `p6` as inputs to ground where not given."""

    def __post_init__(self) -> None:
        check_pins(self.pins, 8)


class AddressedRegisters:
    """Registers over SPI, asked for as over I2C."""

    def __init__(self, bus: SpiBus, part: SpiPart) -> None:
        self._bus = bus
        self._part = part

    def read_register(self, address: int, register: int, count: int) -> bytes:
        """Send address and register, and receive `count` bytes.

        Raises:
            BusError: the bus does not work.
        """
        head = bytes((address << 1 | READ, register))
        return self._bus.transfer(self._part, head + bytes(count))[len(head) :]

    def write_register(self, address: int, register: int, data: bytes) -> None:
        """Send address, register and `data`.

        Raises:
            BusError: the bus does not work.
        """
        self._bus.transfer(self._part, bytes((address << 1, register)) + data)


class Mcp23s17(Mcp23017):
    """One MCP23S17 on an SPI bus."""

    name: ClassVar[str] = "mcp23s17"
    title: ClassVar[str] = "Microchip MCP23S17"
    bus_kind: ClassVar[BusKind] = BusKind.SPI
    settings_type: ClassVar[type] = Mcp23s17Settings
    compared: ClassVar[int] = 0x06
    """The register DEFVAL, which does nothing here: no input may interrupt."""

    def __init__(self, bus: SpiBus, settings: Mcp23s17Settings | Mcp23s08Settings) -> None:
        part = SpiPart(settings.chip_select)
        super().__init__(AddressedRegisters(bus, part), settings)
        self._place = f"{self.name} at {bus.place(part)}"

    def _identify(self) -> None:
        if self._get(self.control) == self._every:
            raise NoAnswerError(f"{self._place}: no answer, the data line stays high; check power and wiring")
        super()._identify()
        # Nobody acknowledges on SPI, and a line that stays low reads as a part whose pins are all driven low.
        wanted = PATTERN & self._every
        self._put(self.compared, wanted)
        found = self._get(self.compared)
        if found != wanted:
            raise NoAnswerError(
                f"{self._place}: no answer, it keeps 0x{found:04X} for 0x{wanted:04X}; check power and wiring"
            )


class Mcp23s08(Mcp23s17, Mcp23008):
    """One MCP23S08 on an SPI bus."""

    name: ClassVar[str] = "mcp23s08"
    title: ClassVar[str] = "Microchip MCP23S08"
    settings_type: ClassVar[type] = Mcp23s08Settings
    compared = 0x03
