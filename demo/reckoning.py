"""Lost, twice or out of order: the account of both sides, and of every single reading."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import msgspec

from demo.numbers import Readings, Received, Row


class Reckoning(msgspec.Struct, frozen=True):
    """What two independent counts say of each other."""

    lost: int
    """Accepted by the daemon, not waiting there, and not in the twin; or holes that the twin itself knows of."""
    duplicated: int
    """Readings that the twin holds more than once."""
    out_of_order: int
    """Readings that are older than one of their series that came before them; late deliveries that say so are none."""
    unexplained: int
    """In the twin, and neither given out by the daemon nor counted by the twin."""

    @property
    def clean(self) -> bool:
        """Whether there is nothing to explain."""
        return not (self.lost or self.duplicated or self.out_of_order or self.unexplained)

    def __str__(self) -> str:
        """One line for people."""
        line = f"{self.lost} lost, {self.duplicated} duplicated, {self.out_of_order} out of order"
        return f"{line}, {self.unexplained} unexplained" if self.unexplained else line


def reckon(daemon: Readings, twin: Received, history: Mapping[str, Sequence[Row]]) -> Reckoning:
    """The account of a moment at which nothing is on its way: `daemon` and `twin` were counted then.

    `history` is every reading that the twin holds, series by series in the order of its times.
    """
    rows = [row for readings in history.values() for row in readings]
    distinct = len({(row.epoch, row.lane, row.seq) for row in rows})
    there = daemon.accepted - daemon.waiting
    return Reckoning(
        lost=max(twin.missing, there - distinct, 0),
        duplicated=len(rows) - distinct,
        out_of_order=max(twin.out_of_order, sum(steps_back(readings) for readings in history.values())),
        unexplained=max(distinct - there, abs(distinct - twin.received)),
    )


def steps_back(readings: Sequence[Row]) -> int:
    """How often, in the order of time, the number of a reading is below that of the one before it."""
    numbers = [(_starts(row.epoch), row.seq) for row in readings]
    return sum(later < earlier for earlier, later in itertools.pairwise(numbers))


def _starts(epoch: str) -> int:
    """Which start of its store an epoch is."""
    return int(epoch.partition("-")[2] or 0)
