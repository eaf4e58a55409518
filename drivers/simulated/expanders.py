"""Simulated port expanders: pins between contacts, loads, and the registers or the port that drives them.

Source: Microchip DS20001952 and DS20001919, Texas Instruments SCPS200, NXP PCF8574 datasheet rev. 5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from drivers.expander import ExpanderPin
from drivers.mcp23s17 import ADDRESS, Mcp23s08, Mcp23s17
from drivers.mcp23017 import Mcp23008, Mcp23017
from drivers.register_expander import RegisterExpander
from drivers.simulated.i2c import Chip, NackError
from drivers.simulated.place import Place
from drivers.simulated.spi import SpiChip
from drivers.tca9555 import Tca9555


@dataclass(frozen=True, slots=True)
class Wiring:
    """What hangs on the pins."""

    low: Callable[[int], bool] = lambda _: False
    """Whether the pin is held at ground from outside."""
    loads: Mapping[int, Callable[[bool | None], None]] = field(default_factory=dict)
    """Pin -> what is told the level that drives it, None where nothing does."""


class SimulatedExpander(Chip):
    """Pins with a level each that is driven, or not. `changes` is every level that a pin has had, in order."""

    def __init__(self, bits: int, wiring: Wiring) -> None:
        super().__init__()
        self.bits = bits
        self.wiring = wiring
        self.changes: list[tuple[int, bool | None]] = []
        self._levels: dict[int, bool | None] = {}

    def driven(self, levels: Mapping[int, bool | None]) -> None:
        """Take what is driven now, and tell the loads what is new."""
        for pin, level in levels.items():
            if pin in self._levels and self._levels[pin] == level:
                continue
            known = pin in self._levels
            self._levels[pin] = level
            if known:
                self.changes.append((pin, level))
            if pin in self.wiring.loads:
                self.wiring.loads[pin](level)

    def check(self) -> None:
        """Refuse to answer where a fault says so."""
        if self.faults.absent or self.faults.nack > 0:
            self.faults.nack = max(0, self.faults.nack - 1)
            raise NackError


class SimulatedRegisterExpander(SimulatedExpander):
    """One expander with registers, as the driver class `part` knows them."""

    def __init__(self, part: type[RegisterExpander], wiring: Wiring, *, latch: int, pulled_up: int) -> None:
        super().__init__(8 * part.width, wiring)
        self._part = part
        self._fresh = bytearray(32)
        width = part.width
        self._fresh[part.direction : part.direction + width] = b"\xff" * width
        self._fresh[part.latch : part.latch + width] = (latch & (1 << 8 * width) - 1).to_bytes(width, "little")
        self._pulled_up = pulled_up
        self._pointer = 0
        self.registers = bytearray(self._fresh)
        self._tell()

    def reset(self) -> None:
        """Come up again, as after a loss of supply."""
        self.registers = bytearray(self._fresh)
        self._tell()

    def write(self, data: bytes) -> None:
        """Take a register's number and what is written there."""
        self.check()
        self._pointer = data[0]
        for at, byte in enumerate(data[1:], data[0]):
            self.registers[at % len(self.registers)] = byte
        self._tell()

    def read(self, count: int) -> bytes:
        """Give registers from the pointer on."""
        self.check()
        width, part = self._part.width, self._part
        self.registers[part.pins : part.pins + width] = self.pin_levels().to_bytes(width, "little")
        data = bytes(self.registers[at % len(self.registers)] for at in range(self._pointer, self._pointer + count))
        return b"\xa5" * count if self.faults.wrong_part else data

    def pin_levels(self) -> int:
        """What each pin sees."""
        direction, latch = self._word(self._part.direction), self._word(self._part.latch)
        outside = sum(1 << pin for pin in range(self.bits) if not self.wiring.low(pin)) & self._pulled_up
        return latch & ~direction & (1 << self.bits) - 1 | outside & direction

    def _word(self, register: int) -> int:
        return int.from_bytes(self.registers[register : register + self._part.width], "little")

    def _tell(self) -> None:
        direction, latch = self._word(self._part.direction), self._word(self._part.latch)
        self.driven({
            pin: None if direction >> pin & 1 else bool(latch >> pin & 1) for pin in range(self.bits)
        })  # fmt: skip


class SelectedExpander(SpiChip):
    """An expander behind a chip select: it hears what follows its address, and else leaves the line high."""

    clock_hz_max = 10_000_000

    def __init__(self, expander: SimulatedRegisterExpander) -> None:
        super().__init__()
        self.expander = expander
        self.faults = expander.faults

    def transfer(self, sent: bytes) -> bytes:
        """Take address and register, and write or read from there on."""
        silent = b"\xff" * len(sent)
        if len(sent) < 3 or sent[0] >> 1 != ADDRESS:  # noqa: PLR2004 - address, register and a byte at least
            return silent
        try:
            if not sent[0] & 1:
                self.expander.write(sent[1:])
                return silent
            self.expander.write(sent[1:2])
            return silent[:2] + self.expander.read(len(sent) - 2)
        except NackError:
            return silent


class SimulatedPcf8574(SimulatedExpander):
    """One PCF8574 or PCF8575: high at power-up, driven hard only to ground."""

    def __init__(self, bits: int, wiring: Wiring) -> None:
        super().__init__(bits, wiring)
        self.reset()

    def reset(self) -> None:
        """Come up again, as after a loss of supply."""
        self.latch = (1 << self.bits) - 1
        self._tell()

    def write(self, data: bytes) -> None:
        """Take the levels of all pins."""
        self.check()
        self.latch = int.from_bytes(data[-self.bits // 8 :], "little")
        self._tell()

    def read(self, count: int) -> bytes:
        """Give what the pins see."""
        self.check()
        pins = self.latch & sum(1 << pin for pin in range(self.bits) if not self.wiring.low(pin))
        return pins.to_bytes(self.bits // 8, "little")[:count].ljust(count, b"\xff")

    def _tell(self) -> None:
        self.driven({pin: bool(self.latch >> pin & 1) for pin in range(self.bits)})


def wiring_of(place: Place) -> Wiring:
    """Contacts and loads for a configured device's pins."""
    pins: Mapping[str, ExpanderPin] = place.settings.pins
    contacts = {
        one.pin: (place.state(name), one.active_low)
        for name, one in pins.items()
        if not one.output and place.coupled(name)
    }

    def low(pin: int) -> bool:
        state, active_low = contacts.get(pin, (bool, True))
        return state() is active_low

    loads = {one.pin: _load(place.drive(name), one) for name, one in pins.items() if one.output}
    return Wiring(low, loads)


def _load(switch: Callable[[bool], None], wired: ExpanderPin) -> Callable[[bool | None], None]:
    return lambda level: switch(level is not None and level != wired.active_low)


def place_pcf8574(place: Place) -> SimulatedPcf8574:
    """The model for a configured PCF8574 or PCF8575."""
    return SimulatedPcf8574(place.settings.bits, wiring_of(place))


def place_mcp23017(place: Place) -> SimulatedRegisterExpander:
    """The model for a configured MCP23017."""
    return SimulatedRegisterExpander(Mcp23017, wiring_of(place), latch=0, pulled_up=0xFFFF)


def place_mcp23008(place: Place) -> SimulatedRegisterExpander:
    """The model for a configured MCP23008."""
    return SimulatedRegisterExpander(Mcp23008, wiring_of(place), latch=0, pulled_up=0xFF)


def place_mcp23s17(place: Place) -> SelectedExpander:
    """The model for a configured MCP23S17."""
    return SelectedExpander(SimulatedRegisterExpander(Mcp23s17, wiring_of(place), latch=0, pulled_up=0xFFFF))


def place_mcp23s08(place: Place) -> SelectedExpander:
    """The model for a configured MCP23S08."""
    return SelectedExpander(SimulatedRegisterExpander(Mcp23s08, wiring_of(place), latch=0, pulled_up=0xFF))


def place_tca9555(place: Place) -> SimulatedRegisterExpander:
    """The model for a configured TCA9555, which has resistors of its own."""
    return SimulatedRegisterExpander(Tca9555, wiring_of(place), latch=0xFFFF, pulled_up=0xFFFF)
