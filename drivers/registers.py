"""Modbus registers as channels: where a value is, how it is written there, and which are read in one request."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from drivers.base import BadValueError, Channel, Limits, Value, ValueKind
from drivers.modbus import Function
from drivers.straight_line import check_number, check_scale, ends_of, in_mask, raw_range, value_of
from drivers.units import check_unit

Table = Literal["coil", "discrete", "input", "holding"]
Type = Literal["bool", "u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64"]
Order = Literal["ABCD", "CDAB", "BADC", "DCBA"]

READ_BY = {
    "coil": Function.READ_COILS,
    "discrete": Function.READ_DISCRETE_INPUTS,
    "input": Function.READ_INPUT_REGISTERS,
    "holding": Function.READ_HOLDING_REGISTERS,
}
BIT_TABLES = ("coil", "discrete")
WRITABLE_TABLES = ("coil", "holding")

FORMATS = {"u16": "H", "s16": "h", "u32": "I", "s32": "i", "u64": "Q", "s64": "q", "f32": "f", "f64": "d", "bool": "H"}
WORD_BYTES = 2
DIGITS = {"f32": 7, "f64": 15}
"""Decimal digits that a floating-point value has."""
FLOAT_MAX = {"f32": 3.4e38, "f64": 1.7e308}


@dataclass(frozen=True, kw_only=True, slots=True)
class Register:
    """One value of a unit: value = raw * scale + offset."""

    address: Annotated[int, Limits(0, 0xFFFF)]
    """Of its first register, counted from 0; a manual that calls it 30001 or 40001 means 0."""
    table: Table = "holding"
    """`coil` and `discrete` are bits, `input` and `holding` registers of 16 bits."""
    type: Type = "u16"
    """How the number is written; `bool` is true where any bit of `mask` is."""
    order: Order = "ABCD"
    """Bytes of a value of several registers: `ABCD` highest first, `CDAB` lowest register first, the others swapped."""
    mask: Annotated[int, Limits(1, 0xFFFF)] = 0xFFFF
    """Bits of a register of type `u16` or `bool` that count; the lowest of them becomes bit 0."""
    scale: float = 1.0
    """The channel's unit per step."""
    offset: float = 0.0
    """The channel's value at raw 0."""
    unit: str = ""
    """The channel's SenML unit, such as `W`; empty for a bit and for a plain number."""
    low: float | None = None
    """The least that is plausible, in `unit`; the least that can be written there where not given."""
    high: float | None = None
    """The most that is plausible."""
    missing: int | None = None
    """The raw number that stands for no value."""
    writable: bool = False
    """Whether it is an actuator, or a setting that may be changed."""

    def __post_init__(self) -> None:
        check_scale(self.scale, self.offset)
        if self.writable and (self.table not in WRITABLE_TABLES or self.mask != 0xFFFF):  # noqa: PLR2004 - every bit
            raise ValueError("writable: allowed for a coil, and for a holding register without mask")
        if self.mask != 0xFFFF and self.type not in ("u16", "bool"):  # noqa: PLR2004
            raise ValueError(f"mask: a {self.type} has none")
        if self.address + words(self) - 1 > 0xFFFF:  # noqa: PLR2004 - the last address
            raise ValueError(f"address {self.address}: a {self.type} there would go beyond 65535")
        low, high = limits(self)
        if low >= high:
            raise ValueError(f"low {low:g} is not below high {high:g}")
        check_unit(self.unit)


def is_bit(register: Register) -> bool:
    """Whether its values are booleans."""
    return register.table in BIT_TABLES or register.type == "bool"


def words(register: Register) -> int:
    """How many addresses it takes."""
    return 1 if register.table in BIT_TABLES else struct.calcsize(FORMATS[register.type]) // WORD_BYTES


def decode(register: Register, data: bytes) -> Value | None:
    """The channel's value in the bytes of its registers; None where they say that there is none."""
    number = struct.unpack(f">{FORMATS[register.type]}", ordered(data, register.order))[0]
    if number == register.missing or not math.isfinite(number):
        return None
    if register.type == "bool":
        return bool(number & register.mask)
    if register.type in DIGITS:
        value = number * register.scale + register.offset
        return float(f"{value:.{DIGITS[register.type]}g}")
    if register.type == "u16":
        number = in_mask(number, register.mask)
    return value_of(number, register.scale, register.offset)


def encode(register: Register, value: Value) -> bytes:
    """The bytes of its registers that hold `value`, or the step that is nearest to it.

    Raises:
        BadValueError: it is no number that fits.
    """
    raw = (check_number(value, *limits(register)) - register.offset) / register.scale
    try:
        data = struct.pack(f">{FORMATS[register.type]}", raw if register.type in DIGITS else round(raw))
    except (struct.error, OverflowError) as error:
        raise BadValueError(f"{value!r} does not fit into a {register.type}") from error
    return ordered(data, register.order)


def ordered(data: bytes, order: Order) -> bytes:
    """Bytes in `order` as highest first, or the other way round."""
    pairs = [data[at : at + WORD_BYTES] for at in range(0, len(data), WORD_BYTES)]
    if order in ("CDAB", "DCBA"):
        pairs.reverse()
    return b"".join(pair[::-1] if order in ("BADC", "DCBA") else pair for pair in pairs)


def limits(register: Register) -> tuple[float, float]:
    """The least and the most that a number can be, in its unit."""
    if register.type in FLOAT_MAX:
        ends = (-FLOAT_MAX[register.type], FLOAT_MAX[register.type])
    else:
        raw = raw_range(16 * words(register), signed=register.type.startswith("s"))
        ends = ends_of(*raw, register.scale, register.offset)
    low = ends[0] if register.low is None else register.low
    return low, ends[1] if register.high is None else register.high


def channel_of(name: str, register: Register) -> Channel:
    """What a register is to the outside."""
    about = f"{register.table} {register.address}"
    if is_bit(register):
        return Channel(name=name, kind=ValueKind.BOOLEAN, writable=register.writable, about=about)
    low, high = limits(register)
    step = abs(register.scale) if register.type not in DIGITS else 10.0 ** -DIGITS[register.type]
    return Channel(
        name=name, unit=register.unit, low=low, high=high, resolution=step, writable=register.writable, about=about
    )


@dataclass(frozen=True, slots=True)
class Block:
    """Registers that are read in one request."""

    table: Table
    address: int
    count: int
    names: tuple[str, ...]


def blocks(registers: Mapping[str, Register], gap: int, longest: int) -> tuple[Block, ...]:
    """The fewest requests that read all `registers`.

    Args:
        registers: name -> register.
        gap: how many addresses that nobody asked for may lie between two that are read together.
        longest: the most registers in one request; bits may be as many as the standard allows.
    """
    made: list[Block] = []
    by_place = sorted(registers.items(), key=lambda item: (item[1].table, item[1].address, item[0]))
    for name, one in by_place:
        last = made[-1] if made else None
        most = max(longest, 16 * longest if one.table in BIT_TABLES else 0)
        end = one.address + words(one)
        near = last is not None and last.table == one.table and one.address - (last.address + last.count) <= gap
        if last is not None and near and end - last.address <= most:
            made[-1] = Block(last.table, last.address, max(last.count, end - last.address), (*last.names, name))
        else:
            made.append(Block(one.table, one.address, words(one), (name,)))
    return tuple(made)
