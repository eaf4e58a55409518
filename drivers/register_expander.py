"""Expanders with registers for direction, level and pins: MCP23017, MCP23008, TCA9555 and their relatives."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from drivers.base import WrongPartError
from drivers.expander import Expander


class RegisterBus(Protocol):
    """What registers are reached by: an I2C bus, or what asks for them in the same way over another one."""

    def read_register(self, address: int, register: int, count: int) -> bytes:
        """Send the register's number, and receive `count` bytes."""

    def write_register(self, address: int, register: int, data: bytes) -> None:
        """Send the register's number and `data`."""


class RegisterExpander(Expander):
    """One expander with registers, the lower port first. A direction bit is 1 for an input."""

    width: ClassVar[int] = 2
    """Bytes of one register: ports of the part."""
    direction: ClassVar[int]
    latch: ClassVar[int]
    pins: ClassVar[int]

    def __init__(self, bus: RegisterBus, settings: Any) -> None:
        super().__init__(settings)
        self._bus = bus
        self._every = (1 << 8 * self.width) - 1

    def _begin(self) -> tuple[int, int]:
        self._identify()
        # A part that was driven before goes on as it is: a restart of the gateway moves nothing.
        driving = self._every & ~self._get(self.direction)
        return driving & self._outputs, self._get(self.latch)

    def _set_up(self, latch: int) -> None:
        self._put(self.latch, latch)
        self._prepare()
        self._put(self.direction, self._every & ~self._outputs)

    def _drive(self, latch: int) -> None:
        self._put(self.latch, latch)

    def _levels(self, latch: int) -> int:
        direction, found = self._get(self.direction), self._get(self.latch)
        if direction != self._every & ~self._outputs or (found ^ latch) & self._outputs:
            raise self._forgot(f"directions 0x{direction:04X} and levels 0x{found:04X} are not those that were set")
        return self._get(self.pins) & ~self._outputs | latch

    def _identify(self) -> None:
        """See that the part is the right one, as far as it can be told."""

    def _prepare(self) -> None:
        """Set up what else there is, before pins become outputs."""

    def _get(self, register: int) -> int:
        data = self._bus.read_register(self._address, register, self.width)
        if len(data) != self.width:
            raise WrongPartError(f"{self._place}: {len(data)} bytes came for {self.width}")
        return int.from_bytes(data, "little")

    def _put(self, register: int, value: int) -> None:
        self._bus.write_register(self._address, register, value.to_bytes(self.width, "little"))
