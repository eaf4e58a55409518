"""Any part on I2C that has registers: for one that has no driver of its own, by the table in its datasheet.

A thermometer is `{driver: i2c_registers, bus: i2c-1, address: 0x48, registers: {temperature: {register: 0, width: 16,
mask: 0xFFF0, signed: true, scale: 0.0625, unit: Cel}}}`. Parts that want a command, a wait or a checksum, or a formula
that is no straight line, need a driver.

Source: NXP, UM10204 (the I2C bus), sections 3.1.10 (number, start again, bytes) and 3.1.12 (reserved addresses).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from drivers.base import BadValueError, BusKind, Channel, Driver, Limits, Readings, Value, WrongPartError
from drivers.bus.i2c import I2CBus
from drivers.byte_registers import ByteOrder, I2cRegister, Width, channel_of, decode, encode, is_whole


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterValue:
    """What a register holds, or is to hold."""

    register: Annotated[int, Limits(0, 0xFF)]
    """Its number."""
    value: Annotated[int, Limits(0, 0xFFFFFFFF)]
    """The whole number in it."""
    width: Width = 8
    """How many bits it has."""
    order: ByteOrder = "big"
    """Which byte comes first: `big` the highest, `little` the lowest."""

    def __post_init__(self) -> None:
        if self.value >> self.width:
            raise ValueError(f"value 0x{self.value:X} does not fit into {self.width} bits; give the width")


def _first_register() -> dict[str, I2cRegister]:
    return {"value": I2cRegister(register=0)}


@dataclass(frozen=True, kw_only=True, slots=True)
class I2cRegistersSettings:
    """One part with registers."""

    address: Annotated[int, Limits(0x08, 0x77)]
    """Its I2C address, as `edgetwin scan` shows it."""
    registers: dict[str, I2cRegister] = field(default_factory=_first_register)
    """Channel name -> register; register 0, as `value`, where not given."""
    identity: RegisterValue | None = None
    """What a register of the right part holds, by its datasheet; another part is refused."""
    setup: tuple[RegisterValue, ...] = ()
    """What is written, in this order, each time when the part is opened: to wake it, or to set a range."""

    def __post_init__(self) -> None:
        if not self.registers:
            raise ValueError("no registers; at least one is needed")
        driven = {one.register: name for name, one in self.registers.items() if one.writable}
        for one in self.setup:
            if one.register in driven:
                # Opening anew after an error would move what somebody else has set.
                raise ValueError(
                    f"setup: register 0x{one.register:02X} is that of {driven[one.register]}, which is writable"
                )


def bytes_of(known: RegisterValue) -> bytes:
    """The bytes behind the register's number."""
    return known.value.to_bytes(known.width // 8, known.order)


class I2cRegisters(Driver):
    """One part with registers on an I2C bus."""

    name: ClassVar[str] = "i2c_registers"
    title: ClassVar[str] = "I2C part by its registers"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = I2cRegistersSettings

    def __init__(self, bus: I2CBus, settings: I2cRegistersSettings) -> None:
        self._bus = bus
        self._settings = settings

    @classmethod
    def channels(cls, settings: I2cRegistersSettings) -> tuple[Channel, ...]:
        """One channel for each register."""
        return tuple(channel_of(name, register) for name, register in settings.registers.items())

    def open(self) -> None:
        """See that it is the right part, where that is told by the settings, and set it up.

        Raises:
            WrongPartError: the register of the identity holds something else.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        identity = self._settings.identity
        if identity is not None:
            found = self._bus.read_register(self._settings.address, identity.register, identity.width // 8)
            if found != bytes_of(identity):
                raise WrongPartError(
                    f"{self.name} at 0x{self._settings.address:02X}: register 0x{identity.register:02X} holds"
                    f" {found.hex()} and not {bytes_of(identity).hex()}; another part answers"
                )
        for one in self._settings.setup:
            self._bus.write_register(self._settings.address, one.register, bytes_of(one))
        self.read()

    def read(self) -> Readings:
        """Read every register; channels that are bits of the same one are of the same moment.

        Raises:
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        held: dict[tuple[int, int], bytes] = {}
        values: dict[str, Value] = {}
        for name, register in self._settings.registers.items():
            place = register.register, register.width
            if place not in held:
                held[place] = self._held(register)
            values[name] = decode(register, held[place])
        return values

    def write(self, channel: str, value: Value) -> Value:
        """Write a register, or its bits that count, and read it back.

        Raises:
            BadValueError: the channel is not writable, or does not take this value.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        register = self._settings.registers.get(channel)
        if register is None or not register.writable:
            return super().write(channel, value)
        blank = bytes(register.width // 8)
        try:
            data = encode(register, value, blank)
        except BadValueError as error:
            raise BadValueError(f"{self.name}: {channel}: {error}") from error
        if not is_whole(register):
            data = encode(register, value, self._held(register))
        self._bus.write_register(self._settings.address, register.register, data)
        return decode(register, self._held(register))

    def _held(self, register: I2cRegister) -> bytes:
        return self._bus.read_register(self._settings.address, register.register, register.width // 8)
