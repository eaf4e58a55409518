"""Microchip MCP4725: one output voltage of 12 bits over I2C.

Values go into its register only, never into its memory, which wears; but what it is to give after power-up stands
there, and is written where it is another. The supply is the reference: the voltage is as exact as that.

Source: Microchip, MCP4725 datasheet DS22039, chapters 5 (general description) and 6 (commands, figures 6-1 to 6-3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, NamedTuple

from drivers.base import BadValueError, BusKind, Channel, Driver, Limits, NoAnswerError, Readings, Value
from drivers.bus.i2c import I2CBus

STEPS = 4096
WRITE_BOTH = 0x60
"""The command that writes the register and the memory."""
READY = 0x80
"""Bit of the status: no write to the memory goes on."""
OFF = 0x06
"""Bits of the status: the output is switched off."""
STATE_BYTES = 5
STORE_S, STORE_TRIES = 0.05, 3
"""The longest that a write to the memory takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mcp4725Settings:
    """One MCP4725."""

    address: Annotated[int, Limits(0x60, 0x67)] = 0x60
    """Its I2C address, by what A0 is wired to and which A1 and A2 it was ordered with."""
    supply: Annotated[float, Limits(2.7, 5.5, "V")] = 3.3
    """Of the part, measured: the output is a share of it."""
    boot: Annotated[float, Limits(0.0, 5.5, "V")] | None = None
    """What it gives after power-up until it is told another; half of its supply as it is sold."""

    def __post_init__(self) -> None:
        if self.boot is not None and self.boot > self.supply:
            raise ValueError(f"boot {self.boot:g} V; at most the supply, {self.supply:g} V, is allowed")


class State(NamedTuple):
    """What the part tells of itself."""

    ready: bool
    code: int
    """Of the output; 0 while it is switched off."""
    stored: int
    """What it gives after power-up."""


def encode(volts: float, supply: float) -> int:
    """The code that is nearest to a voltage, 0 to 4095."""
    return min(STEPS - 1, max(0, round(volts / supply * STEPS)))


def decode(code: int, supply: float) -> float:
    """The voltage of a code."""
    return round(code * supply / STEPS, 4)


def decode_state(data: bytes) -> State:
    """The state in five bytes: status, register, memory."""
    code = data[1] << 4 | data[2] >> 4
    return State(bool(data[0] & READY), 0 if data[0] & OFF else code, (data[3] & 0x0F) << 8 | data[4])


class Mcp4725(Driver):
    """One MCP4725 on an I2C bus. Its output goes on over a restart of the gateway."""

    name: ClassVar[str] = "mcp4725"
    title: ClassVar[str] = "Microchip MCP4725"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Mcp4725Settings

    def __init__(self, bus: I2CBus, settings: Mcp4725Settings) -> None:
        self._bus = bus
        self._settings = settings
        self._code = 0

    @classmethod
    def channels(cls, settings: Mcp4725Settings) -> tuple[Channel, ...]:
        """The output voltage, which ends one step below the supply."""
        step = settings.supply / STEPS
        most = decode(STEPS - 1, settings.supply)
        return (Channel(name="voltage", unit="V", low=0.0, high=most, resolution=step, writable=True, about="output"),)

    def open(self) -> None:
        """See what it gives, and let it keep what it is to give after power-up.

        Raises:
            NoAnswerError: nobody answers at the address, or it did not keep it.
            BusError: the bus does not work.
        """
        state = self._state()
        if self._settings.boot is not None:
            wanted = encode(self._settings.boot, self._settings.supply)
            if state.stored != wanted:
                state = self._store(state.code, wanted)
        self._code = state.code

    def read(self) -> Readings:
        """What the output is driven to.

        Raises:
            NoAnswerError: nobody answers, or it gives what it was not told to, as after a loss of supply.
            BusError: the bus does not work.
        """
        state = self._state()
        if state.code != self._code:
            found, told = decode(state.code, self._settings.supply), decode(self._code, self._settings.supply)
            raise NoAnswerError(f"{self._place()}: gives {found} V and not {told} V; it may have lost its supply")
        return {"voltage": decode(state.code, self._settings.supply)}

    def write(self, channel: str, value: Value) -> Value:
        """Drive the output and read it back: the step that is nearest to `value`.

        Raises:
            BadValueError: there is no such channel, or the value is no voltage from 0 to the supply.
            NoAnswerError: nobody answers, or the part did not take it.
            BusError: the bus does not work.
        """
        if channel != "voltage":
            return super().write(channel, value)
        supply = self._settings.supply
        if isinstance(value, bool | str) or not math.isfinite(value) or not 0 <= value <= supply:
            raise BadValueError(f"{self.name}: {value!r} is no value of {channel!r}; 0 to {supply:g} is allowed")
        code = encode(value, supply)
        self._put(code)
        found = self._state().code
        if found != code:
            raise NoAnswerError(f"{self._place()}: told {decode(code, supply)} V, gives {decode(found, supply)} V")
        self._code = code
        return decode(code, supply)

    def _put(self, code: int) -> None:
        self._bus.write(self._settings.address, code.to_bytes(2))

    def _store(self, code: int, stored: int) -> State:
        """Write the memory and leave the output as it was, but for the moment of the write."""
        self._bus.write(self._settings.address, bytes([WRITE_BOTH]) + (stored << 4).to_bytes(2))
        self._put(code)
        for _ in range(STORE_TRIES):
            self._bus.clock.sleep(STORE_S)
            state = self._state()
            if state.ready and state.stored == stored:
                # A part that is writing its memory takes nothing else.
                self._put(code)
                return self._state()
        raise NoAnswerError(f"{self._place()}: does not keep what it is to give after power-up")

    def _state(self) -> State:
        return decode_state(self._bus.read(self._settings.address, STATE_BYTES))

    def _place(self) -> str:
        return f"{self.name} at 0x{self._settings.address:02X}"
