"""Columns of numbers, texts and booleans, as the compact form of telemetry has them (`docs/wire.md`, Compact form).

A whole number is a varint: seven bits in each byte, the lowest first, the top bit set on all but the last (LEB128). A
number with a sign is folded first: 0, -1, 1, -2 become 0, 1, 2, 3.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence

WHOLE_MAX = 2**53
"""The largest whole number: up to here a double keeps every one."""
VARINT_BYTES_MAX = 8
"""Of one number: 56 bits, which hold the difference of two numbers within WHOLE_MAX, and its sign."""
EXPONENT_MAX = 15
"""Decimal places of a number that is written as a whole one: doubles have no more that always hold."""
DOUBLE = struct.Struct(">d")


class ColumnsError(ValueError):
    """Bytes that are no columns, or values that no column can hold."""


def varint(number: int) -> bytes:
    """A whole number that is not negative.

    Raises:
        ColumnsError: it is beyond WHOLE_MAX.
    """
    if not 0 <= number <= WHOLE_MAX:
        raise ColumnsError(f"{number} is no number of 0 to {WHOLE_MAX}")
    return _varint(number)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def signed(number: int) -> bytes:
    """A whole number of either sign, the difference of two others at most."""
    return _varint(number << 1 if number >= 0 else (-number << 1) - 1)


def text(content: str) -> bytes:
    """A text: how many bytes of UTF-8, and those."""
    data = content.encode()
    return varint(len(data)) + data


def steps(numbers: Sequence[int]) -> bytes:
    """Numbers, each as its difference from the one before; the first from 0."""
    return b"".join(signed(number - before) for before, number in itertools.pairwise((0, *numbers)))


def paces(numbers: Sequence[int]) -> bytes:
    """Numbers that grow evenly: the first, the first difference, and how much each difference is more than the last."""
    differences = [number - before for before, number in itertools.pairwise(numbers)]
    return varint(numbers[0]) + steps(differences)


def bits(flags: Sequence[bool]) -> bytes:
    """Booleans, eight in a byte, the first in the lowest bit."""
    number = sum(flag << place for place, flag in enumerate(flags))
    return number.to_bytes((len(flags) + 7) // 8, "little")


def scaled(values: Sequence[float]) -> tuple[int, list[int]] | None:
    """The fewest decimal places that all of `values` have, and what they are in units of the last of them.

    None where some have too many: a value is only written so if dividing gives the very same double again.
    """
    exponent = 0
    for value in values:
        while not _holds(value, exponent):
            exponent += 1
            if exponent > EXPONENT_MAX:
                return None
    if not all(_holds(value, exponent) for value in values):
        return None
    return exponent, [round(value * 10**exponent) for value in values]


def _holds(value: float, exponent: int) -> bool:
    if not abs(value) < WHOLE_MAX:
        return False
    number = round(value * 10**exponent)
    # Minus zero is told by its sign, which a whole number does not have.
    return abs(number) <= WHOLE_MAX and number / 10**exponent == value and (number != 0 or str(value)[0] != "-")


class Cursor:
    """A place in bytes from which columns are read."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self._at == len(self._data)

    def take(self, size: int) -> bytes:
        """The next `size` bytes.

        Raises:
            ColumnsError: there are fewer. Everything below raises it for what is cut short or out of range.
        """
        end = self._at + size
        if end > len(self._data):
            raise ColumnsError(f"byte {self._at}: {size} bytes announced, {len(self._data) - self._at} there")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._data) - self._at)

    def byte(self) -> int:
        """One byte."""
        return self.take(1)[0]

    def varint(self) -> int:
        """A whole number that is not negative, at most WHOLE_MAX."""
        number = self._folded()
        if number > WHOLE_MAX:
            raise ColumnsError(f"byte {self._at}: {number} is beyond {WHOLE_MAX}")
        return number

    def _folded(self) -> int:
        number = 0
        for place in range(VARINT_BYTES_MAX):
            byte = self.byte()
            number |= (byte & 0x7F) << 7 * place
            if byte <= 0x7F:  # noqa: PLR2004 - seven bits
                return number
        raise ColumnsError(f"byte {self._at}: a number of more than {VARINT_BYTES_MAX} bytes")

    def signed(self) -> int:
        """A whole number of either sign."""
        number = self._folded()
        return -((number + 1) >> 1) if number & 1 else number >> 1

    def text(self) -> str:
        """A text."""
        try:
            return self.take(self.varint()).decode()
        except UnicodeDecodeError as error:
            raise ColumnsError(f"byte {self._at}: a text is no UTF-8: {error.reason}") from None

    def steps(self, count: int) -> list[int]:
        """`count` numbers as `steps` wrote them, each within WHOLE_MAX of 0."""
        numbers = list(itertools.accumulate(self.signed() for _ in range(count)))
        if any(abs(number) > WHOLE_MAX for number in numbers):
            raise ColumnsError(f"byte {self._at}: a number beyond {WHOLE_MAX}")
        return numbers

    def paces(self, count: int) -> list[int]:
        """`count` numbers, at least one, as `paces` wrote them, each from 0 to WHOLE_MAX."""
        first = self.varint()
        numbers = list(itertools.accumulate(self.steps(count - 1), initial=first))
        if any(not 0 <= number <= WHOLE_MAX for number in numbers):
            raise ColumnsError(f"byte {self._at}: a number that is not in 0 to {WHOLE_MAX}")
        return numbers

    def bits(self, count: int) -> list[bool]:
        """`count` booleans."""
        number = int.from_bytes(self.take((count + 7) // 8), "little")
        if number >> count:
            raise ColumnsError(f"byte {self._at}: bits behind the last of {count}")
        return [bool(number >> place & 1) for place in range(count)]

    def doubles(self, count: int) -> list[float]:
        """`count` doubles, the highest byte of each first (IEEE 754)."""
        return [value for (value,) in DOUBLE.iter_unpack(self.take(count * DOUBLE.size))]
