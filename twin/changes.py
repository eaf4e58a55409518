"""What one commit puts on the disk, and what may leave once it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

import msgspec
from msgspec.structs import astuple

from gateway.core.reading import Quality
from gateway.core.senml import ReceivedSegment, Record, Rejected
from gateway.core.wire import encode
from twin.dictionaries import always
from twin.latency import Histogram
from twin.model import Gateway, Latest, Numbering
from twin.receipts import Range, Receipt, acks

Row = tuple[object, ...]

_time_s = attrgetter("time_s")


class Table(NamedTuple):
    """A table and its columns; `key` of them name a row, and a row that is there is replaced."""

    name: str
    columns: tuple[str, ...]
    key: int


GATEWAYS = Table(
    "gateways",
    ("id", "name", "prefix", "online", "epoch", "last_heard", "duplicates", "out_of_order", "latency"),
    1,
)
BIRTHS = Table("births", ("gateway", "epoch", "received", "body"), 2)
NUMBERINGS = Table("numberings", ("id", "gateway", "epoch", "lane", "stated"), 1)
RECEIVED = Table("received", ("numbering", "first", "last"), 2)
SERIES = Table("series", ("id", "gateway", "name", "unit", "time", "value", "quality", "reason", "thinned"), 1)
READINGS = Table("readings", ("series", "time", "numbering", "seq", "value", "quality", "reason"), 0)
THINNED = Table(
    "thinned",
    (
        *("series", "time", "numbering", "first", "last", "place", "bucket", "count"),
        *("value", "quality", "reason", "min", "max", "tmin", "tmax", "overlap"),
    ),
    6,
)
AGGREGATES = Table("aggregates", ("series", "time", "numbering", "seq", "body"), 4)
SHED = Table("shed", ("numbering", "first", "last"), 2)
SHADOWS = Table("shadows", ("gateway", "device", "document"), 2)
EVENTS = Table("events", ("gateway", "store", "id", "time", "kind", "data"), 3)


class Outgoing(NamedTuple):
    """A message that is to be published."""

    topic: str
    payload: bytes


class Statement(NamedTuple):
    """An SQL text and the rows of parameters to run it with."""

    sql: str
    rows: list[Row]


class Complaint(NamedTuple):
    """Something that was wrong with a message of which the rest was taken."""

    kind: str
    details: dict[str, object]


class Changes:
    """Gathered while messages are handled, written by one transaction, and then sent."""

    def __init__(self) -> None:
        self.readings: list[object] = []
        """The columns of READINGS, one row after the other in one flat list: that is what binding wants."""
        self.rows: dict[Table, dict[Row, Row]] = {}
        self.statements: list[Statement] = []
        self.complaints: list[Complaint] = []
        self.newest_s: float | None = None
        """Time of the newest reading; None where there is none."""
        self._gateways: dict[int, Gateway] = {}
        self._numberings: dict[int, tuple[Numbering, list[int]]] = {}
        self._shed: dict[int, tuple[Numbering, int, int]] = {}
        self._receipts: list[Receipt] = []
        self._samples: list[tuple[Histogram, list[float]]] = []
        self._outgoing: list[Outgoing] = []

    def touch(self, gateway: Gateway) -> None:
        """Write what is known of `gateway` itself."""
        self._gateways[gateway.id] = gateway

    def put(self, table: Table, *row: object) -> None:
        """Write `row`; of rows with the same key the last one counts."""
        self.rows.setdefault(table, {})[row[: table.key]] = row

    def put_latest(self, gateway: Gateway, name: str, latest: Latest) -> None:
        """Write the newest value of a series."""
        thinned = None if latest.thinned is None else encode(latest.thinned)
        state = (latest.value, latest.quality.value, latest.reason, thinned)
        self.put(SERIES, latest.id, gateway.id, name, latest.unit, latest.time_s, *state)

    def put_readings(self, numbering: Numbering, series: dict[str, Latest], records: Sequence[Record]) -> None:
        """Write `records`, all of which are new."""
        flat, number, good = self.readings, numbering.id, Quality.GOOD
        for record in records:
            quality = None if record.quality is good else record.quality.value
            series_id = series[record.series].id
            flat += (series_id, record.time_s, number, record.seq, record.value, quality, record.reason or None)
            if record.gathered is not None:
                self.put(AGGREGATES, series_id, record.time_s, number, record.seq, encode(record.gathered))
        self.newest_s = max([*map(_time_s, records), self.newest_s or 0.0])

    def put_thinned(
        self, numbering: Numbering, series: dict[str, Latest], segment: ReceivedSegment, *, overlaps: bool
    ) -> None:
        """Write the records of `segment`, marked where some of the readings behind them are held otherwise."""
        for record in segment.records:
            quality = None if record.quality is Quality.GOOD else record.quality.value
            spread = (None, None, None, None) if record.extremes is None else astuple(record.extremes)
            self.put(
                THINNED,
                *(series[record.series].id, record.time_s, numbering.id),
                *(segment.first, segment.last, record.seq - segment.first, segment.thinned, record.count),
                *(record.value, quality, record.reason or None, *spread, int(overlaps)),
            )
        self.newest_s = max([*map(_time_s, segment.records), self.newest_s or 0.0])

    def hold(self, numbering: Numbering, first: int) -> None:
        """Write the range of `numbering` that holds `first` and has just grown."""
        self._numberings.setdefault(numbering.id, (numbering, []))[1].append(first)

    def shed(self, numbering: Numbering, first: int, last: int) -> None:
        """Write which numbers from `first` to `last` of `numbering` are shed now."""
        _, low, high = self._shed.get(numbering.id, (numbering, first, last))
        self._shed[numbering.id] = (numbering, min(low, first), max(high, last))

    def run(self, sql: str, *row: object) -> None:
        """Write something that is no whole row."""
        self.statements.append(Statement(sql, [row]))

    def acknowledge(
        self, topic: str, ranges: list[Range], received_s: float, rejected: Sequence[Rejected] = ()
    ) -> None:
        """Once all is written, say so on `topic`, and what will never be."""
        self._receipts.append(Receipt(topic, ranges, received_s, list(rejected)))

    def complain(self, kind: str, **details: object) -> None:
        """Once all is written, count and tell what was wrong."""
        self.complaints.append(Complaint(kind, details))

    def measure(self, latency: Histogram, times_s: list[float]) -> None:
        """Once all is written, count how long after `times_s` that was."""
        self._samples.append((latency, times_s))

    def publish(self, topic: str, message: object) -> None:
        """Once all is written, send `message`, which is bytes already or becomes JSON."""
        self._outgoing.append(Outgoing(topic, message if isinstance(message, bytes) else msgspec.json.encode(message)))

    def ranges(self) -> Iterator[tuple[int, int, int]]:
        """The ranges (numbering, first, last) that were held, each as it is now."""
        for number, (numbering, firsts) in self._numberings.items():
            for found in {numbering.held.around(first) for first in firsts}:
                if found is not None:
                    yield number, *found

    def shed_spans(self) -> Iterator[tuple[int, int, int, list[tuple[int, int]]]]:
        """Numbering, first and last of what may have changed, and the ranges that are shed there now.

        A range that only touches what changed may have grown by it, or lost a part to it.
        """
        for number, (numbering, first, last) in self._shed.items():
            yield number, first - 1, last + 1, numbering.shed.overlapping(first - 1, last + 1)

    def gateways(self) -> Iterator[Row]:
        """The rows of the gateways that were touched."""
        for gateway in self._gateways.values():
            yield (
                gateway.id,
                gateway.name,
                gateway.prefix,
                int(gateway.online),
                gateway.epoch,
                gateway.last_heard_s,
                gateway.duplicates,
                gateway.out_of_order,
                encode(gateway.latency.bins),
            )

    def settle(self, committed_s: float, accepts: Callable[[str], list[str]] = always) -> list[Outgoing]:
        """What leaves now that all is on the disk; `committed_s` is the time.

        `accepts` tells what can be read, by the topic on which that is said.
        """
        for latency, times_s in self._samples:
            latency.add([(committed_s - time_s) * 1000 for time_s in times_s])
        receipts = [
            Outgoing(receipt.topic, encode(ack))
            for receipt in self._receipts
            for ack in acks(receipt, committed_s, accepts(receipt.topic))
        ]
        return receipts + self._outgoing
