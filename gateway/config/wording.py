"""Values and shapes in words, as messages and the reference write them."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Any, assert_never

from gateway.config.problems import listing
from gateway.config.scalars import DURATIONS_S, SIZES_BYTES
from gateway.config.shapes import Choice, Flag, Items, Kind, Named, Nullable, Number, Raw, Record, Shape, Table, Text

_ADDRESS = "address"
"""Numbers under a key with this ending are written in hexadecimal, as datasheets and `i2cdetect` do."""


def duration_text(seconds: float) -> str:
    """`seconds` as the YAML writes it, in the largest unit that needs no fraction."""
    for unit in ("d", "h", "m", "s"):
        amount = seconds / DURATIONS_S[unit]
        if amount >= 1 and amount.is_integer():
            return f"{amount:.0f}{unit}"
    if seconds == 0:
        return "0s"
    return f"{plain(seconds)}s" if seconds >= 1 else f"{plain(round(seconds * 1000, 9))}ms"


def size_text(n_bytes: int) -> str:
    """`n_bytes` as the YAML writes it, in the largest unit that needs no fraction."""
    for unit in ("GiB", "GB", "MiB", "MB", "KiB", "kB"):
        if n_bytes and n_bytes % SIZES_BYTES[unit] == 0:
            return f"{n_bytes // SIZES_BYTES[unit]}{unit}"
    return f"{n_bytes}B"


def plain(number: float) -> str:
    """`number` without an exponent and without a needless fraction."""
    text = f"{Decimal(repr(float(number))):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def number_text(number: float, shape: Number, *, as_hex: bool = False) -> str:
    """`number` as the YAML writes it in a field of `shape`."""
    if shape.kind is Kind.DURATION:
        return duration_text(number)
    if shape.kind is Kind.SIZE:
        return size_text(int(number))
    if shape.kind is Kind.DAILY:
        return f"{size_text(int(number))}/day"
    return f"0x{int(number):02x}" if as_hex else plain(number)


def is_hex(key: str, text: str = "") -> bool:
    """Whether numbers under `key`, of which one was written as `text`, are shown in hexadecimal."""
    return text.startswith("0x") or key.endswith(_ADDRESS)


def allowed(shape: Shape, *, as_hex: bool = False) -> str:  # noqa: PLR0911 - one line for each shape
    """What `shape` allows, to follow the word `allowed`."""
    match shape:
        case Number():
            return _number_allowed(shape, as_hex)
        case Text():
            return shape.allowed
        case Flag():
            return "true or false"
        case Choice():
            return _choices([written for written, _ in shape.options], as_hex)
        case Nullable():
            return allowed(shape.inner, as_hex=as_hex)
        case Items():
            item = allowed(shape.value, as_hex=as_hex)
            return f"{item}, or a list of such" if shape.single else f"a list, each item {item}"
        case Table() | Record() | Named():
            return "a mapping of keys and values"
        case Raw():
            return "a value"
        case _:
            assert_never(shape)


def _number_allowed(shape: Number, as_hex: bool) -> str:
    low, high, above, below = (
        None if bound is None else number_text(bound, shape, as_hex=as_hex)
        for bound in (shape.low, shape.high, shape.above, shape.below)
    )
    if low is not None and high is not None:
        return f"{low} to {high}"
    ends = (
        f"at least {low}" if low is not None else f"above {above}" if above is not None else "",
        f"at most {high}" if high is not None else f"below {below}" if below is not None else "",
    )
    return " and ".join(end for end in ends if end) or f"a {shape.kind.value}"


def _choices(written: list[str | int], as_hex: bool) -> str:
    numbers = [option for option in written if isinstance(option, int) and not isinstance(option, bool)]
    texts = [f"0x{option:02x}" if as_hex and option in numbers else value_text(option) for option in written]
    in_a_row = len(numbers) == len(written) > 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))  # noqa: PLR2004 - two are listed, more are a range
    return f"{texts[0]} to {texts[-1]}" if in_a_row else listing(texts)


def value_text(value: Any) -> str:
    """A value of a plain shape other than a number with a unit, as the YAML writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, enum.StrEnum):
        return value.value
    if isinstance(value, enum.Enum):
        return value.name.lower()
    return plain(value) if isinstance(value, int | float) else str(value)


def default_text(value: Any, shape: Shape, *, key: str = "") -> str:
    """The default of a field as the YAML writes it; nothing where it is no plain value, or says only "not given"."""
    inner = shape.inner if isinstance(shape, Nullable) else shape
    match inner:
        case _ if value is None:
            return ""
        case Number():
            return number_text(value, inner, as_hex=is_hex(key) and inner.kind is Kind.INTEGER)
        case Text() | Flag() | Choice():
            return value_text(value)
        case _:
            return ""
