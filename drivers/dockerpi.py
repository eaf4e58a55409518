"""52Pi DockerPi 4 Channel Relay: a board with four relays over I2C.

What a relay is can only be written, not read back. So what is driven is written again with every reading: that is how
the board shows that it is there, and one that had lost its supply does again what it was told. A relay that nobody has
driven yet is left as it is.

Source: 52Pi, wiki page EP-0099, "Register Map" (registers 0x01 to 0x04; 0x00 is off, 0xFF is on) and "Base address".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from drivers.base import BadValueError, BusKind, Channel, Driver, Limits, Readings, Value, ValueKind
from drivers.bus.i2c import I2CBus

REGISTERS = {"relay1": 0x01, "relay2": 0x02, "relay3": 0x03, "relay4": 0x04}
ON, OFF = b"\xff", b"\x00"


@dataclass(frozen=True, kw_only=True, slots=True)
class DockerpiSettings:
    """One board; up to four are stacked."""

    address: Annotated[int, Limits(0x10, 0x13)] = 0x10
    """Its I2C address, by the two switches on the board."""


class Dockerpi(Driver):
    """One board on an I2C bus. Its relays stay as they are over a restart of the gateway."""

    name: ClassVar[str] = "dockerpi"
    title: ClassVar[str] = "52Pi DockerPi 4 Channel Relay"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = DockerpiSettings

    def __init__(self, bus: I2CBus, settings: DockerpiSettings) -> None:
        self._bus = bus
        self._address = settings.address
        self._driven: dict[str, bool] = {}
        """What this process has driven."""

    @classmethod
    def channels(cls, settings: Any) -> tuple[Channel, ...]:
        """The four relays."""
        del settings
        return tuple(
            Channel(name=name, kind=ValueKind.BOOLEAN, writable=True, about=f"relay {register}")
            for name, register in REGISTERS.items()
        )

    def open(self) -> None:
        """See that something answers, and drive what was driven before.

        Raises:
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        self._bus.write(self._address, bytes([REGISTERS["relay1"]]))  # A register's number alone changes nothing.
        self.read()

    def read(self) -> Readings:
        """What the relays are driven to; nothing of those that nobody has driven.

        Raises:
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        if not self._driven:
            self._bus.write(self._address, bytes([REGISTERS["relay1"]]))
        for name, on in self._driven.items():
            self._switch(name, on=on)
        return dict(self._driven)

    def write(self, channel: str, value: Value) -> Value:
        """Switch a relay.

        Raises:
            BadValueError: there is no such channel, or the value is no boolean.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        if channel not in REGISTERS:
            return super().write(channel, value)
        if not isinstance(value, bool):
            raise BadValueError(f"{self.name}: {value!r} is no value of {channel!r}; true and false are allowed")
        self._switch(channel, on=value)
        self._driven[channel] = value
        return value

    def _switch(self, name: str, *, on: bool) -> None:
        self._bus.write_register(self._address, REGISTERS[name], ON if on else OFF)
