"""What the twin knows, in memory: the latest of everything. History is in the database.

These are values that the handlers change. They hold nothing that the database does not hold, except for what the commit
that is under way will put there; after a commit that failed they are thrown away and loaded again.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from gateway.core.intervals import IntervalSet
from gateway.core.reading import Lane, Quality, Value
from gateway.core.senml import Extremes, Gathered
from gateway.core.shadow import ShadowDocument
from twin.latency import Histogram

EVENTS_LANE = "events"
"""Where the ids of a store's event log are numbered, beside the lanes of readings."""

LANES = frozenset(lane.label for lane in Lane)
"""The lanes of readings."""


class Thinned(msgspec.Struct, frozen=True):
    """What is known of a value that stands for `count` readings, thinned to one in `bucket_s` seconds."""

    bucket_s: int
    count: int
    extremes: Extremes | None = None
    gathered: Gathered | None = None
    """Where the value is the aggregate of a window; `bucket_s` is 0 then."""


class Latest(msgspec.Struct):
    """A series and its newest value. `id` stands for its name in the history."""

    id: int
    unit: str
    time_s: float
    value: Value
    quality: Quality
    reason: str
    thinned: Thinned | None = None


class Numbering(msgspec.Struct):
    """The numbers of one lane of one epoch: those that are held, and the last one that the gateway says it gave.

    `shed` are those that will never come, by the gateway's own word; none of them is held.
    """

    id: int
    held: IntervalSet
    stated: int = 0
    shed: IntervalSet = msgspec.field(default_factory=IntervalSet)


class Order(msgspec.Struct, frozen=True):
    """A command that nobody has answered yet, as it was sent."""

    payload: bytes
    expires_s: float


class Gateway(msgspec.Struct):
    """One gateway and everything that is kept of it."""

    id: int
    name: str
    prefix: str
    """What the topics of its commands begin with."""
    online: bool = False
    epoch: str = ""
    last_heard_s: float = 0.0
    duplicates: int = 0
    out_of_order: int = 0
    latency: Histogram = msgspec.field(default_factory=Histogram)
    numberings: dict[tuple[str, str], Numbering] = {}
    series: dict[str, Latest] = {}
    newest_s: dict[str, float] = {}
    """Series -> time of its newest reading, the part of `series` that every reading is compared with."""
    shadows: dict[str, ShadowDocument] = {}
    orders: dict[str, Order] = {}

    def readings(self) -> Iterator[Numbering]:
        """The numberings of readings, without that of events."""
        return (numbering for (_, lane), numbering in self.numberings.items() if lane in LANES)


class Model(msgspec.Struct):
    """All gateways. `next_id` names rows of the database before they are written; it only grows."""

    gateways: dict[str, Gateway] = {}
    next_id: int = 1

    def new_id(self) -> int:
        """A number that no row has."""
        self.next_id += 1
        return self.next_id - 1
