"""CBOR (RFC 8949), as much of it as SenML needs (RFC 8428 section 6), both ways and within limits.

That is whole numbers of 64 bits, floats, texts, bytes, booleans, null, arrays and maps with numbers or texts as keys.
Arrays and maps may be of indefinite length. Decimal fractions (tag 4) are floats in another form, the shorter one for
what a sensor says: 21.43 takes six bytes, and nine as a double. Other tags, other simple values and texts in chunks are
not needed, and refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from gateway.core.cbor_reader import (
    ARRAY,
    DECIMAL_FRACTION,
    DEPTH_MAX,
    FLOATS,
    ITEMS_MAX,
    MAP,
    SIMPLE,
    TAG,
    WHOLE,
    CborError,
    Item,
    Reader,
)

__all__ = ["DEPTH_MAX", "ITEMS_MAX", "CborError", "Item", "decode", "elements", "encode", "head"]

FLOAT_DEPTH = 2
"""A float as a decimal fraction is a tag on an array, and so the innermost of what may lie inside each other."""


def decode(data: bytes) -> Item:
    """The one item in `data`.

    Raises:
        CborError: as said; the text tells the place.
    """
    reader = Reader(data)
    item = reader.item(DEPTH_MAX)
    reader.end()
    if reader.fault:
        raise CborError(reader.fault)
    return item


def elements(data: bytes) -> Iterator[tuple[Item, str]]:
    """The elements of the array in `data`, one by one, each with what is wrong with it although its end is known.

    Raises:
        CborError: it is no array, or cannot be followed any further; what came before is good.
    """
    reader = Reader(data)
    major, info = reader.head()
    if major != ARRAY:
        raise CborError("a pack is an array")
    for _ in reader.until(info, 1):
        item = reader.item(DEPTH_MAX - 1)
        yield item, reader.fault
        reader.fault = ""
    reader.end()


def encode(item: Item) -> bytes:
    """The bytes of `item`, in the shortest form that keeps every value, arrays and maps of definite length.

    Raises:
        CborError: a number is not finite or beyond 64 bits, a text is no Unicode, or it is too deep.
    """
    out = bytearray()
    _write(item, out, DEPTH_MAX - FLOAT_DEPTH)
    return bytes(out)


def _write(item: Item, out: bytearray, depth: int) -> None:
    if not isinstance(item, list | dict):
        out += _scalar(item)
        return
    if depth == 0:
        raise CborError(f"more than {DEPTH_MAX - FLOAT_DEPTH} arrays and maps inside each other")
    if isinstance(item, list):
        out += head(ARRAY, len(item))
        for member in item:
            _write(member, out, depth - 1)
    else:
        out += head(MAP, len(item))
        for key, value in item.items():
            out += _scalar(key)
            _write(value, out, depth - 1)


def _scalar(item: bool | float | str | bytes | None) -> bytes:
    if item is None or isinstance(item, bool):
        return bytes([0xF6 if item is None else 0xF4 + item])
    if isinstance(item, int):
        return head(0, item) if item >= 0 else head(1, -1 - item)
    if isinstance(item, float):
        return _float(item)
    if isinstance(item, bytes):
        return head(2, len(item)) + item
    try:
        content = item.encode()
    except UnicodeEncodeError as error:
        raise CborError(f"a text is no Unicode: {error.reason}") from None
    return head(3, len(content)) + content


def head(major: int, argument: int) -> bytes:
    """The beginning of an item: its major type and its argument, in the shortest form (RFC 8949 section 3).

    Raises:
        CborError: the argument is beyond 64 bits.
    """
    if argument < 24:  # noqa: PLR2004 - as in `_argument`
        return bytes([major << 5 | argument])
    for info, form in WHOLE.items():
        if argument < 1 << 8 * form.size:
            return bytes([major << 5 | info]) + form.pack(argument)
    raise CborError(f"{argument} is beyond 64 bits")


def _float(value: float) -> bytes:
    """The shortest of half, single, double and decimal fraction that means exactly `value`."""
    if not math.isfinite(value):
        raise CborError(f"{value} is not finite")
    for info, form in FLOATS.items():
        try:
            packed = bytes([SIMPLE << 5 | info]) + form.pack(value)
        except OverflowError:
            continue
        if form.unpack(packed[1:])[0] == value:
            break
    if len(packed) == 1 + FLOATS[25].size:
        return packed
    decimal = _decimal(value)
    return decimal if len(decimal) < len(packed) else packed


def _decimal(value: float) -> bytes:
    """`value` as a decimal fraction: exponent and mantissa (RFC 8949 section 3.4.4)."""
    digits, _, power = repr(value).partition("e")
    whole, _, fraction = digits.partition(".")
    fraction = fraction.rstrip("0")
    exponent, mantissa = int(power or 0) - len(fraction), int(whole + fraction)
    return b"".join((head(TAG, DECIMAL_FRACTION), head(ARRAY, 2), _scalar(exponent), _scalar(mantissa)))
