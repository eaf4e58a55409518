"""What is allowed at a place of the file, as data.

Read once from the settings types (`type_reader`), then used to convert, to document and to make the JSON Schema, so
that the three cannot disagree.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


class Kind(enum.Enum):
    """How a number is written."""

    INTEGER = "whole number"
    DECIMAL = "number"
    DURATION = "duration"
    SIZE = "size"
    DAILY = "size per day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number within bounds; `low` and `high` belong to the range, `above` and `below` do not."""

    kind: Kind
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text; `pattern` must match, `allowed` says the pattern in words."""

    pattern: str = ""
    allowed: str = "a text"


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few values: (what is written, what it means)."""

    options: tuple[tuple[str | int, Any], ...]


@dataclass(frozen=True, slots=True)
class Nullable:
    """`null`, or a value of the shape within."""

    inner: Shape


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping with keys of one's own choice."""

    key: Text | Choice | Number
    value: Shape


@dataclass(frozen=True, slots=True)
class Items:
    """A list. Where `single`, one value may stand for a list of one."""

    value: Shape
    to: Callable[[Iterable[Any]], Any]
    single: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with fixed keys, which becomes an object of `type`."""

    type: type
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A mapping of names to records of which each carries its name in the field `name`."""

    key: Text
    record: Record


@dataclass(frozen=True, slots=True)
class Raw:
    """Left as it is in the tree, for somebody who knows more than the type says."""


Shape = Number | Text | Flag | Choice | Nullable | Table | Items | Record | Named | Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key: how it is written, which attribute it sets, what it allows, and its default unless it is required."""

    key: str
    attribute: str
    shape: Shape
    required: bool
    default: Any = None
