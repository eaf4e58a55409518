"""What waits of a series for the decision whether it is sent: as an event, and as part of the outbox's state.

Before what is held goes to the disk it gets the numbers that it will be sent under, whatever it has become by then: the
copy on the disk has the same ones, so that after a power cut a twin which has them already drops it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from gateway.core.reading import Lane
from gateway.core.segment import Base

Place = tuple[int, int]
"""The index of a series, and the slot."""


class Held(msgspec.Struct, array_like=True, tag=14):
    """What waits of a series for the decision whether it is sent, in place of what waited before.

    `fragments` are relative to `base`; they are what will be sent if nothing decides otherwise. `suppressed` readings
    were no news meanwhile.
    """

    index: int
    lane: Lane
    base: Base
    fragments: list[str]
    suppressed: int = 0
    slot: int = 0
    """A series in mode `hybrid` has two of them: its window, and its events."""
    more: bool = False
    """The fragments join what waited before, relative to its base."""
    sent: list[str] = []
    """What is sent now under the numbers that were given to what waited, relative to `base`."""
    also: Held | None = None
    """What changes in the other slot, at once: no crash comes between the two."""


class Undecided(msgspec.Struct, array_like=True):
    """What waits in one slot. The first of `fragments` have `numbers`, of `epoch`, as soon as the disk has them."""

    index: int
    slot: int
    lane: Lane
    base: Base
    fragments: list[str]
    numbers: list[int] = []
    epoch: str = ""


def runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where each run of numbers that follow one another begins and ends, as places in `numbers`."""
    begin = 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or numbers[place] != numbers[place - 1] + 1:
            yield begin, place
            begin = place
