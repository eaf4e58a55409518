"""Any Modbus device by its registers: meters from a map that comes along, PLCs and others from their manual.

A meter is `{driver: register_map, bus: rs485, unit_id: 3, map: sdm630}`; an output and an input of a PLC are
`registers: {pump: {table: coil, address: 5, writable: true}, level: {table: input, address: 0, unit: m, scale: 0.01}}`.

Source: MODBUS Application Protocol V1.1b3, section 4.3 (data model); each map names its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from drivers.base import BadValueError, BusKind, Channel, ChecksumError, Driver, Limits, Readings, Value
from drivers.bus.modbus_line import ModbusBus
from drivers.modbus import REGISTERS_MAX, encode_read, encode_write, encode_write_coil
from drivers.register_maps import MapName, load_map
from drivers.registers import (
    BIT_TABLES,
    READ_BY,
    WORD_BYTES,
    Block,
    Register,
    blocks,
    channel_of,
    decode,
    encode,
    is_bit,
    words,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterMapSettings:
    """One unit on a Modbus line."""

    unit_id: Annotated[int, Limits(0, 255)] = 1
    """Its number: 1 to 247 on a serial line; over TCP often 1, 0 or 255."""
    map: MapName | None = None
    """The map of a known device."""
    registers: dict[str, Register] = field(default_factory=dict)
    """Channel name -> register; beside those of the map, or instead of one of them."""
    gap: Annotated[int, Limits(0, 124)] | None = None
    """How many addresses that nobody asked for may be read along between two that somebody did; the map's, or 0."""
    longest: Annotated[int, Limits(1, REGISTERS_MAX)] | None = None
    """The most registers that the device gives in one answer; the map's, or 125."""
    write_multiple: bool = False
    """The device takes a single register only by the function for several."""

    def __post_init__(self) -> None:
        if self.map is None and not self.registers:
            raise ValueError("neither map nor registers; at least one of them is needed")
        longest = plan_limits(self)[1]
        for name, register in self.registers.items():
            if register.table not in BIT_TABLES and words(register) > longest:
                raise ValueError(f"longest: {longest}; {name} alone has {words(register)} registers")


def all_registers(settings: RegisterMapSettings) -> Mapping[str, Register]:
    """Every register by its channel's name, those of the map first."""
    return {**(load_map(settings.map).registers if settings.map else {}), **settings.registers}


def plan_limits(settings: RegisterMapSettings) -> tuple[int, int]:
    """`gap` and `longest` as they hold for the device."""
    gap, longest = (load_map(settings.map).gap, load_map(settings.map).longest) if settings.map else (0, REGISTERS_MAX)
    return gap if settings.gap is None else settings.gap, longest if settings.longest is None else settings.longest


def decode_block(block: Block, registers: Mapping[str, Register], data: bytes) -> dict[str, Value]:
    """The values in the answer to a block's request; those that say that they are none are left out."""
    values: dict[str, Value] = {}
    for name in block.names:
        register = registers[name]
        at = register.address - block.address
        if block.table in BIT_TABLES:
            values[name] = bool(data[at // 8] >> at % 8 & 1)
            continue
        value = decode(register, data[at * WORD_BYTES : (at + words(register)) * WORD_BYTES])
        if value is not None:
            values[name] = value
    return values


class RegisterMap(Driver):
    """One unit on a Modbus line."""

    name: ClassVar[str] = "register_map"
    title: ClassVar[str] = (
        "Modbus device by its registers (SDM120, SDM230, SDM630, PZEM-004T, DDS238, Senseair S8, any PLC)"
    )
    bus_kind: ClassVar[BusKind] = BusKind.MODBUS
    settings_type: ClassVar[type] = RegisterMapSettings

    def __init__(self, bus: ModbusBus, settings: RegisterMapSettings) -> None:
        self._bus = bus
        self._settings = settings
        self._registers = all_registers(settings)
        self._blocks = blocks(self._registers, *plan_limits(settings))

    @classmethod
    def channels(cls, settings: RegisterMapSettings) -> tuple[Channel, ...]:
        """One channel for each register."""
        return tuple(channel_of(name, register) for name, register in all_registers(settings).items())

    def open(self) -> None:
        """Read everything once: a register that the unit does not have is found now.

        Raises:
            WrongPartError: the unit refuses a register; it is another device, or the map does not fit.
            NoAnswerError: the unit is silent.
            ChecksumError: its answer was disturbed.
            BusError: the line does not work.
        """
        self.read()

    def read(self) -> Readings:
        """Read every register, neighbours in one request.

        Raises:
            WrongPartError: the unit refuses a register.
            NoAnswerError: the unit is silent, or too slow for the bus's timeout.
            ChecksumError: its answer was disturbed.
            BusError: the line does not work.
        """
        deadline_s = self._bus.deadline_s()
        values: dict[str, Value] = {}
        for block in self._blocks:
            values.update(self._read_block(block, deadline_s))
        return values

    def write(self, channel: str, value: Value) -> Value:
        """Write a register or coil and read it back.

        Raises:
            BadValueError: the channel is not writable, or neither it nor the unit takes this value.
            ChecksumError: what was read back is no value.
            DriverError: as for `read`.
        """
        register = self._registers.get(channel)
        if register is None or not register.writable:
            return super().write(channel, value)
        request = self._request(channel, register, value)
        deadline_s = self._bus.deadline_s()
        self._bus.request(self._settings.unit_id, request, deadline_s)
        alone = Block(register.table, register.address, words(register), (channel,))
        is_now = self._read_block(alone, deadline_s).get(channel)
        if is_now is None:
            raise ChecksumError(f"{self._bus.device} unit {self._settings.unit_id}: {channel} holds no value")
        return is_now

    def _read_block(self, block: Block, deadline_s: float) -> dict[str, Value]:
        request = encode_read(READ_BY[block.table], block.address, block.count)
        data = self._bus.request(self._settings.unit_id, request, deadline_s)
        return decode_block(block, self._registers, data)

    def _request(self, channel: str, register: Register, value: Value) -> bytes:
        if is_bit(register):
            if not isinstance(value, bool):
                raise BadValueError(f"{self.name}: {value!r} is no value of {channel!r}; true and false are allowed")
            if register.table == "coil":
                return encode_write_coil(register.address, value)
            data = int(value).to_bytes(WORD_BYTES)
        else:
            try:
                data = encode(register, value)
            except BadValueError as error:
                raise BadValueError(f"{self.name}: {channel}: {error}") from error
        return encode_write(register.address, data, multiple=self._settings.write_multiple)
