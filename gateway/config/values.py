"""One text and the shape of one value to that value."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from gateway.config import scalars
from gateway.config.nodes import Node, Scalar, Sequence
from gateway.config.problems import Path, Report, clip, guess, quote
from gateway.config.shapes import Choice, Flag, Kind, Number, Text
from gateway.config.wording import allowed, is_hex


class Bad(enum.Enum):
    """The type of `BAD`, so that a type checker can tell it from every value."""

    BAD = enum.auto()


BAD: Final = Bad.BAD
"""Stands for a value that could not be made; the reason is in the report."""

_BARE_HEX = re.compile(r"[0-9A-Fa-f]{2}")
"""An address of I2C without its 0x."""
_GPIO = re.compile(r"(?:GPIO|gpio)_?([0-9]{1,2})")
"""A pin as pinouts name it."""
_NUMBERS: Mapping[Kind, Callable[[str], float]] = {
    Kind.INTEGER: scalars.integer,
    Kind.DECIMAL: scalars.decimal,
    Kind.DURATION: scalars.duration,
    Kind.SIZE: scalars.size,
    Kind.DAILY: scalars.daily,
}


def kind_of(node: Node) -> str:
    """What `node` is, in words."""
    match node:
        case Scalar(text=text, plain=is_plain):
            return "nothing" if is_plain and text in scalars.NULL else quote(text)
        case Sequence():
            return "a list"
        case _:
            return "a mapping"


def scalar(node: Node, shape: Number | Text | Flag | Choice, path: Path, report: Report) -> Any:
    """The value that `node` means where `shape` is wanted, `BAD` where it was reported as a mistake."""
    key = path[-1] if path else ""
    if not isinstance(node, Scalar) or (node.plain and node.text in scalars.NULL):
        found = kind_of(node)
        hint = "leave the key out where it has a default" if found == "nothing" else ""
        report.add(node.mark, path, f"found {found}, allowed {allowed(shape, as_hex=is_hex(key))}", hint)
        return BAD
    try:
        match shape:
            case Number():
                return number(node, shape, key)
            case Text():
                return text(node, shape)
            case Flag():
                return scalars.boolean(unquoted(node, "true or false"))
            case Choice():
                return choice(node, shape, key)
    except scalars.UnfitError as error:
        report.add(node.mark, path, str(error), error.hint)
        return BAD


def unquoted(node: Scalar, wanted: str) -> str:
    """The text of a plain scalar.

    Raises:
        UnfitError: it is quoted, so a text was meant.
    """
    if not node.plain:
        raise scalars.UnfitError(f"found the text {quote(node.text)}, allowed {wanted}", "remove the quotes")
    return node.text


def number(node: Scalar, shape: Number, key: str) -> float:
    """The number in `node`, within the bounds of `shape`.

    Raises:
        UnfitError: it is none, or out of bounds.
    """
    # A duration or size is a number with a unit, and no other reading of it exists: quotes do no harm there.
    has_unit = shape.kind in (Kind.DURATION, Kind.SIZE, Kind.DAILY)
    written = node.text if has_unit else unquoted(node, f"a {shape.kind.value}")
    as_hex = is_hex(key, written) and shape.kind is Kind.INTEGER
    hint = f"write 0x{written}" if as_hex and _fits_as_hex(written, shape) else ""
    if not has_unit and (gpio := _GPIO.fullmatch(written)):
        hint = f"write {int(gpio[1])}"
    try:
        value = _NUMBERS[shape.kind](written)
    except scalars.UnfitError as error:
        raise scalars.UnfitError(str(error), error.hint or hint) from error
    if not _within(value, shape):
        raise scalars.UnfitError(f"found {clip(written)}, allowed {allowed(shape, as_hex=as_hex)}", hint)
    return value


def _within(value: float, shape: Number) -> bool:
    return not (
        (shape.low is not None and value < shape.low)
        or (shape.high is not None and value > shape.high)
        or (shape.above is not None and value <= shape.above)
        or (shape.below is not None and value >= shape.below)
    )


def _fits_as_hex(written: str, shape: Number) -> bool:
    """Whether the digits are those of a good address that lacks its 0x, as datasheets and `i2cdetect` write it."""
    return _BARE_HEX.fullmatch(written) is not None and _within(int(written, 16), shape)


def text(node: Scalar, shape: Text) -> str:
    """The text in `node`.

    Raises:
        UnfitError: it does not match the pattern of `shape`.
    """
    if shape.pattern and not re.fullmatch(shape.pattern, node.text):
        raise scalars.UnfitError(f"found {quote(node.text)}, allowed {shape.allowed}")
    return node.text


def choice(node: Scalar, shape: Choice, key: str) -> Any:
    """The meaning of the option that `node` names.

    Raises:
        UnfitError: it names none.
    """
    for written, value in shape.options:
        if _names(node, written):
            return value
    words = [written for written, _ in shape.options if isinstance(written, str)]
    as_hex = is_hex(key, node.text)
    found = clip(node.text) if as_hex and node.plain else quote(node.text)
    raise scalars.UnfitError(f"found {found}, allowed {allowed(shape, as_hex=as_hex)}", guess(node.text, words))


def _names(node: Scalar, written: str | int) -> bool:
    if isinstance(written, str):
        return node.text == written
    if not node.plain:
        return False
    try:
        return (scalars.boolean if isinstance(written, bool) else scalars.integer)(node.text) == written
    except scalars.UnfitError:
        return False
