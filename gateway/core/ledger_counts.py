"""The series that an outbox knows, and what became of the readings of each."""

from __future__ import annotations

from gateway.core.ledger_events import Tally
from gateway.core.reading import Series
from gateway.core.segment import group_head


class Counts:
    """Series by index, and their tallies."""

    def __init__(self, gateway: str) -> None:
        self.gateway = gateway
        self.series: list[Series] = []
        self.indexes: dict[str, int] = {}
        self.heads: list[str] = []
        self.tallies: list[Tally] = []

    def define(self, series: Series) -> None:
        """Give a series the next index, or a known one its new unit."""
        head = group_head(self.gateway, series)
        if series.name in self.indexes:  # A new unit: what is sealed keeps the old one.
            index = self.indexes[series.name]
            self.series[index], self.heads[index] = series, head
        else:
            self.indexes[series.name] = len(self.series)
            self.series.append(series)
            self.tallies.append(Tally())
            self.heads.append(head)

    def tally_of(self, name: str) -> Tally:
        """The counts of a series; a name that the disk brings back from an older configuration gets its own."""
        if name not in self.indexes:
            self.define(Series(name))
        return self.tallies[self.indexes[name]]

    @property
    def waiting(self) -> int:
        """Readings of all series that wait for the twin."""
        return sum([tally.waiting for tally in self.tallies])

    def total(self) -> Tally:
        """The counts of all series together."""
        total = Tally()
        for tally in self.tallies:
            total.add(tally)
        return total
