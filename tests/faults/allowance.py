"""What a fault may cost, and how it is said what it cost beyond that."""

from __future__ import annotations

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """A check that does not hold."""

    check: int
    what: str

    def __str__(self) -> str:
        return f"check {self.check}: {self.what}"


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """What a fault may cost."""

    undurable: bool = False
    """Readings that no commit had reached."""
    commit_every_s: float = 0.0
    """How old those may be, at most and about; 0 where that is not judged."""
    counted: bool = False
    """Readings that are counted as shed."""
    statuses: frozenset[int] = frozenset({0, -9})
    """How a run may end."""
    set_aside: bool = False
    """Whether the database may be given up, and said so."""
    again: bool = False
    """Whether readings may come again under new numbers, because nobody can know that they were sent."""


NOTHING = Allowance()


def some(numbers: set[int]) -> str:
    """How many, and the first of them."""
    first = sorted(numbers)[:5]
    return f"{len(numbers)} ({', '.join(map(str, first))}{', …' if len(numbers) > len(first) else ''})"
