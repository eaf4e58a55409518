"""A segment: the readings of one lane that are made durable, sent and acknowledged together.

A reading is encoded once, as a fragment of a SenML record with its time relative to the segment's base. Sealing groups
the fragments by series; the bytes that come of it rest on the disk and go on the wire unchanged. Only the labels of
the first record, among them the base time, are made when the segment is sent, so that a wrong clock can be repaired
without rewriting anything. The format is `docs/wire.md`, section Telemetry.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Sequence

import msgspec

from gateway.core.packing import assemble
from gateway.core.reading import ClockState, Lane, Quality, Reading, Reason, Series, Value

NS_PER_MS = 1_000_000
COMPRESS_FROM_BYTES = 160
"""Smaller texts do not get smaller by zlib: its header and tables cost more than the one repetition saves."""
ZLIB_LEVEL = 6
"""Level 9 saved less than one percent on segments of 100 to 1000 readings and took half as long again."""

TEXT_CHARACTERS_MAX = 1024
"""Longer texts are cut, and marked as out of range: one reading must fit into every batch."""

_encode = msgspec.json.encode
_COUNT = re.compile(rb'"count":(\d+)')
_OWNER = re.compile(rb'\{"bn":"[^/"]*/')


class Base(msgspec.Struct, frozen=True):
    """The moment that a segment's times are relative to, by both clocks, and what was known of the wall clock then."""

    boot_id: str
    boottime_ns: int
    wall_ns: int
    clock: ClockState = ClockState.SYNCHRONISED


class Segment(msgspec.Struct, frozen=True):
    """Readings `first` to `last` of one lane and epoch; `body` is their SenML records, joined by commas."""

    lane: Lane
    epoch: str
    first: int
    last: int
    base: Base
    body: bytes
    thinned: int = 0
    """Seconds that one record stands for; 0 where each record is one reading."""
    packed: bytes = b""
    """The body as it rests on the disk, where it was packed there (`core/packing.py`): it is sent as it is."""

    @property
    def count(self) -> int:
        """How many readings it holds."""
        return self.last - self.first + 1

    @property
    def key(self) -> tuple[str, Lane, int]:
        """What tells it from every other segment."""
        return (self.epoch, self.lane, self.first)


def encode_value(value: Value) -> str:
    """The SenML member for a value: `vb`, `vs` or `v` (RFC 8428 section 4.2); a number that is none becomes a text."""
    if value is True:
        return '"vb":true'
    if value is False:
        return '"vb":false'
    if isinstance(value, str):
        return f'"vs":{_text(value)}'
    number = value if type(value) is float else _float(value)
    if not math.isfinite(number):
        return f'"vs":"{number}"'
    return f'"v":{number!r}'


def _float(value: float) -> float:
    """What a driver calls a number as a plain one: integers, and types derived from them or from `float`."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _text(text: str) -> str:
    try:
        return _encode(text).decode()
    except UnicodeEncodeError:  # Half a surrogate pair, as a wrong decoder leaves it; no JSON can carry that.
        return _encode(text.encode(errors="replace").decode()).decode()


def encode_fragment(reading: Reading, base: Base) -> str:
    """The record of `reading` but for its name: time relative to `base` in milliseconds at best, value, quality."""
    return encode_fragments([reading], base)[0]


def encode_fragments(readings: Sequence[Reading], base: Base) -> list[str]:
    """The records of `readings`, in their order. Those of one tick share their time, which is written once."""
    fragments: list[str] = []
    take, good = fragments.append, Quality.GOOD
    base_ns, last_ns, time = base.boottime_ns - NS_PER_MS // 2, -1, ""
    for reading in readings:
        if reading.boottime_ns != last_ns:
            last_ns = reading.boottime_ns
            time = f'{{"t":{max((last_ns - base_ns) // NS_PER_MS, 0) / 1000},'
        value = reading.value
        # Nearly all are like this; the difference is 0 for every number that is one.
        if type(value) is float and reading.quality is good and value - value == 0.0:
            take(f'{time}"v":{value!r}}}')
        else:
            take(time + members(value, reading.quality, reading.reason))
    return fragments


def members(value: Value, quality: Quality, reason: Reason) -> str:
    """What stands behind the time of a record: value, quality and reason."""
    if isinstance(value, str) and len(value) > TEXT_CHARACTERS_MAX:
        value, quality, reason = value[:TEXT_CHARACTERS_MAX], Quality.BAD, Reason.RANGE
    if quality is Quality.GOOD:
        return encode_value(value) + "}"
    return f'{encode_value(value)},"q":"{quality.value}","qr":"{reason.value}"}}'


def group_head(gateway: str, series: Series) -> str:
    """What the first record of a series carries before its own members: base name and base unit."""
    unit = f'"bu":{_text(series.unit)},' if series.unit else ""
    return f'{{"bn":"{gateway}/{series.name}",{unit}'


def seal(indexes: Sequence[int], fragments: Sequence[str], heads: Sequence[str]) -> bytes:
    """The body of a segment: fragments grouped by series, in order of first appearance.

    `indexes` names the series of each fragment, `heads` are the beginnings of their groups by index. The order, and so
    each reading's number, depends on nothing but these: sealing them again after a crash gives the same bytes.
    """
    groups: dict[int, list[str]] = {}
    for index, fragment in zip(indexes, fragments, strict=True):
        group = groups.get(index)
        if group is None:
            groups[index] = [fragment]
        else:
            group.append(fragment)
    for index, group in groups.items():
        head = heads[index]
        if '"bu":' not in head and any('"v":' in fragment for fragment in group):
            head += '"bu":"/",'  # Or a reader would give these numbers the unit of the series before them.
        group[0] = head + group[0][1:]
    return ",".join([",".join(group) for group in groups.values()]).encode()


def series_counts(body: bytes, gateway: str) -> dict[str, int]:
    """How many readings of each series a body holds.

    A thinned record says how many it stands for. Quotes inside texts are escaped in JSON, so none of the marks can
    stand inside a value.
    """
    counts: dict[str, int] = {}
    for group in body.split(b'{"bn":"')[1:]:
        name = group[: group.index(b'"')].decode().removeprefix(f"{gateway}/")
        thinned = _COUNT.findall(group)
        readings = group.count(b'"t":') - len(thinned) + sum(map(int, thinned))
        counts[name] = counts.get(name, 0) + readings
    return counts


def owned_by(gateway: str, segment: Segment) -> Segment:
    """`segment` with every series under the name of `gateway`, whatever it was called when the body was sealed."""
    owner = f'{{"bn":"{gateway}/'.encode()
    if segment.body.startswith(owner):
        return segment
    return msgspec.structs.replace(segment, body=_OWNER.sub(owner, segment.body), packed=b"")


class Outgoing(msgspec.Struct, frozen=True):
    """A segment on its way, with what is known of its time now; `backfill` when it is sent after its time.

    Where the clock was not known, its base lies between `earliest_ns` and `latest_ns`, as far as those are known.
    """

    segment: Segment
    wall_ns: int
    clock: ClockState
    backfill: bool
    earliest_ns: int | None = None
    latest_ns: int | None = None


def encode_pack(outgoing: Sequence[Outgoing]) -> bytes:
    """The bytes of one batch: its segments end to end, by zlib if that is smaller."""
    if outgoing and all(item.segment.packed for item in outgoing):
        return assemble((_labels(item), item.segment.packed) for item in outgoing)
    return compress(plain_pack(outgoing))


def plain_pack(outgoing: Sequence[Outgoing]) -> bytes:
    """The JSON of one batch: its segments end to end."""
    return b"[" + b",".join(_labels(item) + item.segment.body[1:] for item in outgoing) + b"]"


def _labels(item: Outgoing) -> bytes:
    """What stands in place of the first byte of a segment's body."""
    segment = item.segment
    labels = (
        f'{{"bt":{item.wall_ns // NS_PER_MS / 1000},"epoch":"{segment.epoch}","lane":"{segment.lane.label}",'
        f'"first":{segment.first},"last":{segment.last},'
    )
    if item.clock is not ClockState.SYNCHRONISED:
        labels += f'"clock":"{item.clock.value}",'
        for name, bound_ns in (("earliest", item.earliest_ns), ("latest", item.latest_ns)):
            labels += "" if bound_ns is None else f'"{name}":{bound_ns // NS_PER_MS / 1000},'
    if segment.thinned:
        labels += f'"thinned":{segment.thinned},'
    if item.backfill:
        labels += '"backfill":true,'
    return labels.encode()


def compress(text: bytes) -> bytes:
    """`text` by zlib (RFC 1950) if that is smaller, else itself; the first byte tells (0x78 is zlib)."""
    if len(text) < COMPRESS_FROM_BYTES:
        return text
    packed = zlib.compress(text, ZLIB_LEVEL)
    return packed if len(packed) < len(text) else text


def expand(data: bytes) -> bytes:
    """What `compress` was given.

    Raises:
        ValueError: the bytes are damaged.
    """
    if data[:1] != b"x":
        return data
    try:
        return zlib.decompress(data)
    except zlib.error as error:
        raise ValueError(f"a compressed segment is damaged: {error}") from None
