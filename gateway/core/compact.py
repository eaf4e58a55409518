"""The compact form of a batch: columns instead of records, names by their place in the birth (`docs/wire.md`).

It says the same as the JSON that it stands for, to the last bit. What it has no columns for, thinned readings and
members that are not known here, goes along as SenML in CBOR. This is the writing side; `compact_reader.py` reads.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from gateway.core.columns import DOUBLE, bits, paces, scaled, steps, text, varint
from gateway.core.dictionary import NUMBER_BYTES, Dictionary, Named
from gateway.core.reading import ClockState, Quality
from gateway.core.segment import NS_PER_MS, Outgoing, Segment
from gateway.core.senml_cbor import transcode

ACCEPTS = "compact"
"""The word for it in `Ack.accepts`."""
MARK = b"c"
"""What such a batch begins with."""
DEFLATED, BORN = 1, 2
"""Flags of a batch: its body is packed; it names the birth whose names and epoch it uses."""
UNSYNCHRONISED, BACKFILL, OTHER_EPOCH, RECORDS = 4, 8, 16, 32
"""Flags of a segment, above the two bits of its lane."""
SAME_TIMES, QUALITIES = 4, 8
"""Flags of a group, above the two bits of its form and below the four of its decimal places."""
DECIMALS, DOUBLES, BOOLEANS, TEXTS = range(4)
LEVEL = 6
MS_PER_S = 1000
QUALITY_ORDER = tuple(Quality)

_KNOWN = frozenset(("bn", "bu", "t", "v", "vb", "vs", "q", "qr"))
_decode = msgspec.json.Decoder(list[dict[str, Any]]).decode


class Group(NamedTuple):
    """Records of one series in a row whose values are of one kind."""

    bn: str
    bu: str
    times_ms: list[int]
    values: list[Any]
    qualities: list[tuple[str, str]]


class _Odd(Exception):  # noqa: N818 - no error: a segment that there are no columns for
    pass


def compact_pack(outgoing: Sequence[Outgoing], dictionary: Dictionary | None) -> bytes:
    """The bytes of one batch; names and epoch are those of the birth where it gave `dictionary`.

    Raises:
        ValueError: it cannot be said in this form.
    """
    places: dict[Named, int] = {}
    epoch, number = "", b""
    if dictionary is not None:
        places = {one: place for place, one in enumerate(dictionary.series, 1)}
        epoch, number = dictionary.epoch, dictionary.number.to_bytes(NUMBER_BYTES, "big")
    body = b"".join(_segment(item, epoch, places) for item in outgoing)
    engine = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = engine.compress(body) + engine.flush()
    deflated = len(packed) < len(body)
    flags = (DEFLATED if deflated else 0) | (BORN if number else 0)
    return MARK + bytes([flags]) + number + (packed if deflated else body)


def _segment(item: Outgoing, epoch: str, places: dict[Named, int]) -> bytes:
    segment = item.segment
    flags = int(segment.lane)
    flags |= 0 if item.clock is ClockState.SYNCHRONISED else UNSYNCHRONISED
    flags |= BACKFILL if item.backfill else 0
    flags |= 0 if segment.epoch == epoch else OTHER_EPOCH
    try:
        content = varint(segment.count) + _groups(segment, places)
    except _Odd:
        flags |= RECORDS
        records = transcode(b"[" + segment.body + b"]")
        content = varint(segment.count) + varint(segment.thinned) + varint(len(records)) + records
    name = text(segment.epoch) if flags & OTHER_EPOCH else b""
    return bytes([flags]) + name + varint(segment.first) + varint(item.wall_ns // NS_PER_MS) + content


def _groups(segment: Segment, places: dict[Named, int]) -> bytes:
    if segment.thinned:
        raise _Odd
    out: list[bytes] = []
    times_ms: list[int] = []
    for group in groups(_decode(b"[" + segment.body + b"]")):
        out.append(_group(group, places, same_times=group.times_ms == times_ms))
        times_ms = group.times_ms
    return b"".join(out)


def groups(records: Sequence[dict[str, Any]]) -> Iterator[Group]:
    """The records of a segment's body, as far as values of one kind in one series go.

    Raises:
        _Odd: something of them has no place in a group.
    """
    group: Group | None = None
    kind = ""
    for record in records:
        value_kind = _kind(record)
        if group is None or "bn" in record or "bu" in record or value_kind != kind:
            if group is not None:
                yield group
            elif "bn" not in record:
                raise _Odd
            kind = value_kind
            bn = record.get("bn", "" if group is None else group.bn)
            group = Group(bn, record.get("bu", "" if "bn" in record or group is None else group.bu), [], [], [])
        time_s = record.get("t", 0.0)
        time_ms = round(time_s * MS_PER_S)
        if time_ms < 0 or time_ms / MS_PER_S != time_s:
            raise _Odd
        group.times_ms.append(time_ms)
        group.values.append(record[kind])
        group.qualities.append((record.get("q", Quality.GOOD.value), record.get("qr", "")))
    if group is not None:
        yield group


def _kind(record: dict[str, Any]) -> str:
    kinds = [label for label in ("v", "vb", "vs") if label in record]
    if len(kinds) != 1 or not record.keys() <= _KNOWN:
        raise _Odd
    return kinds[0]


def _group(group: Group, places: dict[Named, int], *, same_times: bool) -> bytes:
    place = places.get(Named(group.bn, group.bu), 0)
    form, values = _values(group.values)
    odd = [at for at, quality in enumerate(group.qualities) if quality != (Quality.GOOD.value, "")]
    flags = form | (SAME_TIMES if same_times else 0) | (QUALITIES if odd else 0)
    return b"".join(
        (
            varint(place),
            b"" if place else text(group.bn) + text(group.bu),
            varint(len(group.values)),
            bytes([flags]),
            b"" if same_times else paces(group.times_ms),
            values,
            _qualities(group.qualities, odd) if odd else b"",
        )
    )


def _values(values: list[Any]) -> tuple[int, bytes]:
    """The form of a column, with its decimal places, and its bytes."""
    if isinstance(values[0], bool):
        return BOOLEANS, bits(values)
    if isinstance(values[0], str):
        return TEXTS, b"".join(map(text, values))
    decimals = scaled(values)
    if decimals is None:
        return DOUBLES, b"".join(map(DOUBLE.pack, values))
    exponent, numbers = decimals
    return DECIMALS | exponent << 4, steps(numbers)


def _qualities(qualities: list[tuple[str, str]], odd: list[int]) -> bytes:
    """Which readings are not good, how many good ones before each, and why."""
    out = [varint(len(odd))]
    for before, at in itertools.pairwise((-1, *odd)):
        quality, reason = qualities[at]
        out.append(varint(at - before - 1) + bytes([QUALITY_ORDER.index(Quality(quality))]) + text(reason))
    return b"".join(out)
