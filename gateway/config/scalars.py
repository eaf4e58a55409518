"""Texts to values, by the type that is wanted. Nothing is guessed from how a text looks.

YAML 1.1 reads `no` as false, `010` as eight and `12:30:45` as a number of seconds. Here a text becomes a boolean only
where a boolean is wanted, and a number only where a number is wanted and the text has one meaning.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from gateway.config.problems import quote

TRUE = frozenset({"true", "True", "TRUE", "on", "yes"})
FALSE = frozenset({"false", "False", "FALSE", "off", "no"})
"""The words for a boolean: those of YAML 1.2, and the four that are said of a switch."""

NULL = frozenset({"", "~", "null", "Null", "NULL"})
"""Plain texts that stand for nothing (YAML 1.2, section 10.3.2)."""

DURATIONS_S: Mapping[str, float] = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
"""Seconds in each unit of a duration."""

SIZES_BYTES: Mapping[str, int] = {
    "B": 1,
    "kB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
}
"""Bytes in each unit of a size (IEC 80000-13)."""

# At most 15 digits before the point: every whole number of that size is exact as a double, and nothing takes long.
_AMOUNT = r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,30})?"
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,14})")
_HEX = re.compile(r"0x[0-9A-Fa-f]{1,12}")
_OCTAL = re.compile(r"0o[0-7]{1,16}")
_DECIMAL = re.compile(rf"[-+]?{_AMOUNT}([eE][-+]?[0-9]{{1,3}})?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_DURATION = re.compile(rf"{_AMOUNT}(ms|s|m|h|d)")
_SIZE = re.compile(rf"{_AMOUNT}(B|kB|MB|GB|KiB|MiB|GiB)")

DURATION_PATTERN = rf"^{_DURATION.pattern}$"
SIZE_PATTERN = rf"^{_SIZE.pattern}$"
DAILY_PATTERN = rf"^{_SIZE.pattern}/day$"
"""The same rules for the JSON Schema."""


class UnfitError(ValueError):
    """A text that is no value of the wanted type; the message says what was found and what is allowed."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def boolean(text: str) -> bool:
    """The boolean in `text`.

    Raises:
        UnfitError: it is another word.
    """
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise UnfitError(f"found {quote(text)}, allowed true or false, on or off, yes or no")


def integer(text: str) -> int:
    """The whole number in `text`: decimal, `0x44` or `0o17`.

    Raises:
        UnfitError: it is none, or one with a leading zero, which some read as octal.
    """
    if _INTEGER.fullmatch(text):
        return int(text)
    if _HEX.fullmatch(text):
        return int(text, 16)
    if _OCTAL.fullmatch(text):
        return int(text, 8)
    raise UnfitError(f"found {quote(text)}, allowed a whole number", _leading_zero(text))


def decimal(text: str) -> float:
    """The number in `text`, never infinite and never not-a-number.

    Raises:
        UnfitError: it is none.
    """
    if _HEX.fullmatch(text) or _OCTAL.fullmatch(text):
        return float(integer(text))
    if not _DECIMAL.fullmatch(text):
        raise UnfitError(f"found {quote(text)}, allowed a number", _leading_zero(text))
    number = float(text)
    if not math.isfinite(number):
        raise UnfitError(f"found {quote(text)}, allowed a number below 1.8e308")
    return number


def duration(text: str) -> float:
    """The seconds in a duration such as `250ms`, `10s`, `5m`, `2h` or `1d`.

    Raises:
        UnfitError: it is none; a number without a unit is none either.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise UnfitError(f"found {quote(text)}, allowed a duration such as 250ms, 10s, 5m, 2h or 1d", _unit(text, "s"))
    whole, fraction, unit = match.groups()
    amount = float(whole + (fraction or ""))
    # Division by a whole number is rounded once, so that 250ms is exactly 0.25 and 100ms the same float as 0.1.
    return amount / 1000 if unit == "ms" else amount * DURATIONS_S[unit]


def size(text: str) -> int:
    """The bytes in a size such as `64kB`, `64MB`, `1GB` or `4KiB`.

    Raises:
        UnfitError: it is none, or no whole number of bytes; a number without a unit is none either.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise UnfitError(f"found {quote(text)}, allowed a size such as 64kB, 64MB, 1GB or 4KiB", _unit(text, "MB"))
    whole, fraction, unit = match.groups()
    digits = (fraction or ".")[1:]
    scale: int = 10 ** len(digits)
    n_bytes, rest = divmod(int(whole + digits) * SIZES_BYTES[unit], scale)
    if rest:
        raise UnfitError(f"found {quote(text)}, allowed a whole number of bytes")
    return n_bytes


def daily(text: str) -> int:
    """The bytes in a size per day such as `20MB/day`.

    Raises:
        UnfitError: it is none, or no whole number of bytes.
    """
    amount, slash, day = text.partition("/")
    if slash and day == "day" and _SIZE.fullmatch(amount):
        return size(amount)
    hint = f"write {text}/day" if _SIZE.fullmatch(text) else ""
    raise UnfitError(f"found {quote(text)}, allowed a size per day such as 20MB/day", hint)


def _leading_zero(text: str) -> str:
    if not _LEADING_ZERO.fullmatch(text) or len(text) > len("-000000000000000"):
        return ""
    return f"a leading zero could mean octal; write {int(text)}"


def _unit(text: str, unit: str) -> str:
    """The hint for a number that only lacks its unit, or has a blank before it."""
    if re.fullmatch(_AMOUNT, text):
        return f"write {text}{unit}"
    squeezed = text.replace(" ", "")
    if squeezed != text and (_DURATION if unit == "s" else _SIZE).fullmatch(squeezed):
        return f"write {squeezed}"
    return ""
