"""Registers of a part on I2C as channels: how a number is written in the bytes behind a register's number. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from drivers.base import BadValueError, Channel, Limits, Value
from drivers.straight_line import check_number, check_scale, ends_of, in_mask, raw_range, value_of
from drivers.units import check_unit

Width = Literal[8, 16, 24, 32]
ByteOrder = Literal["big", "little"]


@dataclass(frozen=True, kw_only=True, slots=True)
class I2cRegister:
    """One number of a part: value = raw * scale + offset."""

    register: Annotated[int, Limits(0, 0xFF)]
    """The number that is sent before its bytes are read or written, such as 0x05."""
    width: Width = 8
    """How many bits are read from there on."""
    order: ByteOrder = "big"
    """Which byte comes first: `big` the highest, `little` the lowest."""
    mask: Annotated[int, Limits(1, 0xFFFFFFFF)] | None = None
    """The bits that count, such as 0xFFF0, side by side; the lowest of them becomes bit 0. All where not given."""
    signed: bool = False
    """The highest of the bits that count is the sign (two's complement)."""
    scale: float = 1.0
    """The channel's unit per step."""
    offset: float = 0.0
    """The channel's value at raw 0."""
    unit: str = "/"
    """The channel's SenML unit, such as `Cel`."""
    low: float | None = None
    """The least that is plausible, in `unit`; the least that can be written there where not given."""
    high: float | None = None
    """The most that is plausible, and that is written."""
    writable: bool = False
    """Whether it is an actuator, or a setting that may be changed; bits beside `mask` stay as they are."""

    def __post_init__(self) -> None:
        check_scale(self.scale, self.offset)
        check_unit(self.unit)
        mask = mask_of(self)
        if mask >> self.width:
            raise ValueError(f"mask 0x{mask:X}; a register of {self.width} bits ends at 0x{(1 << self.width) - 1:X}")
        if mask != (1 << mask.bit_length()) - (mask & -mask):
            raise ValueError(f"mask 0x{mask:X}; its bits have to be side by side")
        low, high = limits(self)
        if not low < high:
            raise ValueError(f"low {low:g} is not below high {high:g}")


def mask_of(register: I2cRegister) -> int:
    """The bits that count."""
    return (1 << register.width) - 1 if register.mask is None else register.mask


def is_whole(register: I2cRegister) -> bool:
    """Whether no bit is of anything else."""
    return mask_of(register) == (1 << register.width) - 1


def raw_limits(register: I2cRegister) -> tuple[int, int]:
    """The least and the most of its raw number."""
    return raw_range(mask_of(register).bit_count(), signed=register.signed)


def limits(register: I2cRegister) -> tuple[float, float]:
    """The least and the most that its value can be, in its unit."""
    low, high = ends_of(*raw_limits(register), register.scale, register.offset)
    return low if register.low is None else register.low, high if register.high is None else register.high


def decode(register: I2cRegister, data: bytes) -> float:
    """The value in its bytes."""
    mask = mask_of(register)
    raw, bits = in_mask(int.from_bytes(data, register.order), mask), mask.bit_count()
    if register.signed and raw >> bits - 1:
        raw -= 1 << bits
    return value_of(raw, register.scale, register.offset)


def encode(register: I2cRegister, value: Value, held: bytes) -> bytes:
    """Its bytes with the step that is nearest to `value`; the other bits are those of the bytes that it `held`.

    Raises:
        BadValueError: it is no number that fits.
    """
    raw = round((check_number(value, *limits(register)) - register.offset) / register.scale)
    least, most = raw_limits(register)
    if not least <= raw <= most:
        raise BadValueError(f"{value!r} does not fit; the register takes raw numbers from {least} to {most}")
    return put(register, raw, held)


def put(register: I2cRegister, raw: int, held: bytes) -> bytes:
    """The bytes that it `held`, with a raw number that fits in the bits that count."""
    mask = mask_of(register)
    others = int.from_bytes(held, register.order) & ~mask
    return (others | (raw * (mask & -mask)) & mask).to_bytes(register.width // 8, register.order)


def channel_of(name: str, register: I2cRegister) -> Channel:
    """What a register is to the outside."""
    low, high = limits(register)
    return Channel(
        name=name,
        unit=register.unit,
        low=low,
        high=high,
        resolution=abs(register.scale),
        writable=register.writable,
        about=f"register 0x{register.register:02X}",
    )
