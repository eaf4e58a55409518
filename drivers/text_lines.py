"""Numbers in lines of text: by column, by key of a JSON object, or by group of a regular expression. Pure functions."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from drivers.base import Channel
from drivers.straight_line import check_scale
from drivers.units import check_unit

LINE_BYTES_MAX = 1024
"""A longer line is noise: nobody's baud rate, or a part that never ends its lines."""

LineFormat = Literal["csv", "json", "pattern"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TextField:
    """One number of a line as a channel: value = number * scale + offset."""

    key: str = "0"
    """Number of the column from 0 on; key of the object, `a.b` for one inside another; name or number of the group."""
    scale: float = 1.0
    """The channel's unit for each unit in the text."""
    offset: float = 0.0
    """The channel's value where the text says 0."""
    unit: str = "/"
    """The channel's SenML unit, such as `Cel`."""
    low: float = -1e12
    """The least that is plausible, in `unit`."""
    high: float = 1e12
    """The most that is plausible."""

    def __post_init__(self) -> None:
        check_scale(self.scale, self.offset)
        if not self.low < self.high:
            raise ValueError(f"low {self.low:g} is not below high {self.high:g}")
        check_unit(self.unit)


def check_fields(kind: LineFormat, pattern: str, fields: Mapping[str, TextField]) -> None:
    """Accept fields whose keys can be in such lines.

    Raises:
        ValueError: there are none, a key cannot be, or the pattern is none.
    """
    if not fields:
        raise ValueError("no fields; at least one is needed")
    compiled = compile_pattern(kind, pattern)
    for name, field in fields.items():
        number = int(field.key) if field.key.isdecimal() and field.key.isascii() else None
        if kind == "csv" and number is None:
            raise ValueError(f"key {field.key!r} of {name}; allowed is a column's number from 0 on")
        if compiled is None or field.key in compiled.groupindex or (number is not None and number <= compiled.groups):
            continue
        raise ValueError(f"key {field.key!r} of {name}: the pattern has no such group")


def compile_pattern(kind: LineFormat, pattern: str) -> re.Pattern[str] | None:
    """The pattern of lines that are read by one.

    Raises:
        ValueError: it is no regular expression.
    """
    if kind != "pattern":
        return None
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"pattern {pattern!r}: {error}") from error


def parse_line(
    line: str, kind: LineFormat, pattern: re.Pattern[str] | None, fields: Mapping[str, TextField], separator: str = ","
) -> dict[str, float] | None:
    """The channels' values in a line; None where one of them is not in it."""
    found = _found(line, kind, pattern, separator)
    if found is None:
        return None
    values: dict[str, float] = {}
    for name, field in fields.items():
        number = _number(_at(found, field.key, kind))
        if number is None:
            return None
        values[name] = float(f"{number * field.scale + field.offset:.12g}")
    return values


def channel_of(name: str, field: TextField) -> Channel:
    """What a field is to the outside."""
    step = abs(field.scale) * 1e-6
    return Channel(name=name, unit=field.unit, low=field.low, high=field.high, resolution=step, about=f"{field.key}")


def _found(line: str, kind: LineFormat, pattern: re.Pattern[str] | None, separator: str) -> Any:
    if kind == "csv":
        return line.split(separator)
    if kind == "json":
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            return None
    return pattern.search(line) if pattern else None


def _at(found: Any, key: str, kind: LineFormat) -> Any:
    if kind == "csv":
        return found[int(key)] if int(key) < len(found) else None
    if kind == "pattern":
        return found[int(key) if key.isdecimal() else key]
    for part in key.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _number(text: Any) -> float | None:
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        return None
    try:
        number = float(text)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
