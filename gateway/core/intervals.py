"""A set of whole numbers kept as ranges.

Numbers that come in order make one range however many they are, so what a twin holds of a gateway, or what a gateway
still waits to hear of, costs memory for its holes only.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

Range = tuple[int, int]
"""The first and the last number of a range; both belong to it."""


class IntervalSet:
    """Whole numbers as sorted ranges that neither overlap nor touch.

    Finding a place costs the logarithm of the number of ranges.
    """

    __slots__ = ("_count", "_firsts", "_lasts")

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self._count = 0

    @classmethod
    def from_ranges(cls, ranges: Iterable[Range]) -> IntervalSet:
        """The set of all numbers in `ranges`, which may overlap and come in any order."""
        made = cls()
        for first, last in ranges:
            made.add(first, last)
        return made

    def add(self, first: int, last: int) -> int:
        """Put `first` to `last` in and return how many of them were new.

        Raises:
            ValueError: `last` is less than `first`.
        """
        _check(first, last)
        # Ranges that overlap these numbers, or touch them, become one with them.
        low = bisect_left(self._lasts, first - 1)
        high = bisect_right(self._firsts, last + 1)
        if low == high:
            self._firsts.insert(low, first)
            self._lasts.insert(low, last)
            self._count += last - first + 1
            return last - first + 1
        joined = (min(first, self._firsts[low]), max(last, self._lasts[high - 1]))
        held = sum(self._lasts[at] - self._firsts[at] + 1 for at in range(low, high))
        new = joined[1] - joined[0] + 1 - held
        self._firsts[low:high] = [joined[0]]
        self._lasts[low:high] = [joined[1]]
        self._count += new
        return new

    def remove(self, first: int, last: int) -> int:
        """Take `first` to `last` out and return how many of them were held.

        Raises:
            ValueError: `last` is less than `first`.
        """
        _check(first, last)
        low, high = self._among(first, last)
        if low == high:
            return 0
        held = sum(min(self._lasts[at], last) - max(self._firsts[at], first) + 1 for at in range(low, high))
        # What sticks out at either side stays.
        begins, ends = self._firsts[low], self._lasts[high - 1]
        left = [(begins, first - 1)] if begins < first else []
        left += [(last + 1, ends)] if ends > last else []
        self._firsts[low:high] = [begin for begin, _ in left]
        self._lasts[low:high] = [end for _, end in left]
        self._count -= held
        return held

    def overlapping(self, first: int, last: int) -> list[Range]:
        """The ranges, whole and in order, that hold a number between `first` and `last`.

        Raises:
            ValueError: `last` is less than `first`.
        """
        _check(first, last)
        low, high = self._among(first, last)
        return list(zip(self._firsts[low:high], self._lasts[low:high], strict=True))

    def _among(self, first: int, last: int) -> tuple[int, int]:
        """The places, from and up to, of the ranges that hold a number between `first` and `last`."""
        return bisect_left(self._lasts, first), bisect_right(self._firsts, last)

    def contains(self, first: int, last: int) -> bool:
        """Whether every number from `first` to `last` is held.

        Raises:
            ValueError: `last` is less than `first`.
        """
        _check(first, last)
        at = bisect_right(self._firsts, first) - 1
        return at >= 0 and last <= self._lasts[at]

    def missing(self, first: int, last: int) -> list[Range]:
        """The ranges between `first` and `last` that are not held, in order.

        Raises:
            ValueError: `last` is less than `first`.
        """
        _check(first, last)
        holes = []
        at = bisect_left(self._lasts, first)
        wanted = first
        while wanted <= last and at < len(self._firsts) and self._firsts[at] <= last:
            if wanted < self._firsts[at]:
                holes.append((wanted, self._firsts[at] - 1))
            wanted = self._lasts[at] + 1
            at += 1
        if wanted <= last:
            holes.append((wanted, last))
        return holes

    def around(self, number: int) -> Range | None:
        """The range that holds `number`, or None where it is not held."""
        at = bisect_right(self._firsts, number) - 1
        if at < 0 or number > self._lasts[at]:
            return None
        return self._firsts[at], self._lasts[at]

    @property
    def count(self) -> int:
        """How many numbers are held."""
        return self._count

    @property
    def last(self) -> int | None:
        """The highest number held; None in an empty set."""
        return self._lasts[-1] if self._lasts else None

    def ranges(self) -> list[Range]:
        """What is held, in order."""
        return list(zip(self._firsts, self._lasts, strict=True))

    def __len__(self) -> int:
        """How many ranges there are: what the set costs, not how many numbers it holds."""
        return len(self._firsts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IntervalSet):
            return NotImplemented
        return self._firsts == other._firsts and self._lasts == other._lasts

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"IntervalSet({self.ranges()!r})"


def _check(first: int, last: int) -> None:
    if last < first:
        raise ValueError(f"a range ends before it begins: {first} to {last}")
