"""Telemetry from bytes to readings: SenML packs (RFC 8428) with the segment labels of `docs/wire.md`.

A pack is JSON or CBOR, plain, by zlib or by a dictionary, or it is in the compact form; the first byte tells. It is
resolved by the rules of RFC 8428 section 4.6: names joined, times made absolute, base values added. One record that
breaks a rule spoils its segment, because a half-taken segment could not be acknowledged, but no other one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence

import msgspec
from msgspec import UNSET

from gateway.core import compact, dictionary
from gateway.core.compact_reader import read_compact
from gateway.core.dictionary import Dictionary, UnknownDictionaryError
from gateway.core.reading import ClockState, Lane, Quality, Reason
from gateway.core.senml_cbor import CBOR_FIRST_BYTES, read_cbor
from gateway.core.senml_raw import RECORDS_MAX, Labels, RawRecord, SenmlError, Unreadable, expand, parse
from gateway.core.senml_record import Extremes, Gathered, Record, Resolver
from gateway.core.senml_salvage import salvage

__all__ = [
    "Extremes",
    "Gathered",
    "Pack",
    "ReceivedSegment",
    "Record",
    "Rejected",
    "SenmlError",
    "UnknownDictionaryError",
    "decode_pack",
    "read_pack",
]

REASON_CHARACTERS_MAX = 200
"""Of why a segment is rejected: a sentence, and small beside the batch that it answers."""


class ReceivedSegment(msgspec.Struct, frozen=True):
    """The readings `first` to `last` of one lane and epoch, in order.

    Where `thinned` is not 0 it is the seconds that a record stands for, and there are fewer records than readings.
    """

    epoch: str
    lane: Lane
    first: int
    last: int
    clock: ClockState
    backfill: bool
    records: list[Record]
    thinned: int = 0

    @property
    def count(self) -> int:
        """How many readings it is about."""
        return self.last - self.first + 1


class Rejected(msgspec.Struct, frozen=True):
    """A segment that can never be taken, by its labels, and why."""

    epoch: str
    lane: str
    first: int
    last: int
    reason: str


class Pack(msgspec.Struct, frozen=True):
    """What could be read of a pack. `unreadable` says of segments without usable labels what is wrong with them."""

    segments: list[ReceivedSegment]
    rejected: list[Rejected] = []
    unreadable: list[str] = []


def decode_pack(
    payload: bytes, gateway: str, *, now_s: float = 0.0, known: Collection[Dictionary] = ()
) -> list[ReceivedSegment]:
    """The segments in `payload`, all of them good; every series in it belongs to `gateway`.

    Times below 2^28 are taken as relative to `now_s`, the time of reception. `known` are the dictionaries of the
    births that it may rest on.

    Raises:
        UnknownDictionaryError: it rests on another one.
        SenmlError: the pack breaks a rule of the RFC or of the wire, or a limit; the text says which record.
    """
    records = _records(payload, known, parse)
    resolver = Resolver(gateway, now_s)
    return [_segment(records, begin, end, resolver) for begin, end in _groups(records)]


def read_pack(payload: bytes, gateway: str, *, now_s: float = 0.0, known: Collection[Dictionary] = ()) -> Pack:
    """As much of `payload` as can be read, segment by segment; otherwise as `decode_pack`.

    Raises:
        UnknownDictionaryError: it rests on a dictionary that is not known.
        SenmlError: nothing can be read of it, not even the labels of a segment.
    """
    records = _records(payload, known, _parse_or_salvage)
    resolver = Resolver(gateway, now_s)
    pack = Pack([], [], [])
    wrong: list[SenmlError] = []
    for begin, end in _groups(records):
        try:
            pack.segments.append(_segment(records, begin, end, resolver))
        except SenmlError as error:
            wrong.append(error)
            _put_aside(pack, records[begin], error)
            _skip(records, begin, end, resolver)
    if wrong and not pack.segments and not pack.rejected:
        raise wrong[0]
    return pack


def _records(
    payload: bytes, known: Collection[Dictionary], parse_json: Callable[[bytes], Sequence[RawRecord | Unreadable]]
) -> Sequence[RawRecord | Unreadable]:
    """The records in `payload`, whatever form they are in."""
    if payload[:1] == compact.MARK:
        return read_compact(payload, known)
    text = dictionary.unpack(payload, known) if payload[:1] == dictionary.MARK else expand(payload)
    return read_cbor(text) if text[:1] in CBOR_FIRST_BYTES else parse_json(text)


def _parse_or_salvage(text: bytes) -> Sequence[RawRecord | Unreadable]:
    try:
        return parse(text)
    except SenmlError as error:
        return salvage(text, error)


def _groups(records: Sequence[RawRecord | Unreadable]) -> Iterator[tuple[int, int]]:
    """Where in `records` the segments begin and end."""
    if not records:
        raise SenmlError("a pack holds at least one record")
    begins = [at for at, record in enumerate(records) if record.epoch is not UNSET]
    return itertools.pairwise(sorted({0, *begins, len(records)}))


def _segment(records: Sequence[RawRecord | Unreadable], begin: int, end: int, resolver: Resolver) -> ReceivedSegment:
    segment = _open(records[begin], begin)
    resolve = resolver.resolve_thinned if segment.thinned else resolver.resolve
    add, seq = segment.records.append, segment.first
    for index in range(begin, end):
        raw = records[index]
        if isinstance(raw, Unreadable):
            raise SenmlError(raw.what, index)
        record = resolve(raw, index, seq)
        add(record)
        seq += record.count
    if seq != segment.last + 1:
        what = f"stands for {seq - segment.first} readings" if segment.thinned else f"has {end - begin} records"
        raise SenmlError(f"the segment {segment.first} to {segment.last} {what}", begin)
    if segment.clock is not ClockState.SYNCHRONISED:
        segment.records[:] = [_doubted(record) for record in segment.records]
    return segment


def _doubted(record: Record) -> Record:
    """A record whose time is a guess: what was good about it is uncertain."""
    if record.quality is not Quality.GOOD:
        return record
    return msgspec.structs.replace(record, quality=Quality.UNCERTAIN, reason=Reason.CLOCK.value)


def _open(raw: RawRecord | Unreadable, index: int) -> ReceivedSegment:
    """The segment that `raw` begins, still without records."""
    if isinstance(raw, Unreadable):
        raise SenmlError(raw.what, index)
    labels = _labels(raw)
    if labels is None:
        raise SenmlError("a segment begins with epoch, lane, first and last", index)
    if "-" not in labels.epoch:
        raise SenmlError(f"epoch {labels.epoch!r} has no count of starts", index)
    try:
        lane = Lane.from_label(labels.lane)
    except ValueError as error:
        raise SenmlError(str(error), index) from None
    return ReceivedSegment(labels.epoch, lane, labels.first, labels.last, raw.clock, raw.backfill, [], labels.thinned)


def _labels(raw: RawRecord | Unreadable) -> Labels | None:
    return raw.labels if isinstance(raw, Unreadable) else raw.segment()


def _put_aside(pack: Pack, head: RawRecord | Unreadable, error: SenmlError) -> None:
    """Note that the segment which `head` begins is bad."""
    labels = _labels(head)
    reason = str(error)[:REASON_CHARACTERS_MAX]
    # A range that no segment can have would condemn readings that are in other segments.
    if labels is None or "-" not in labels.epoch or not 0 <= labels.last - labels.first < _longest(labels):
        pack.unreadable.append(reason)
        return
    pack.rejected.append(Rejected(labels.epoch, labels.lane, labels.first, labels.last, reason))


def _longest(labels: Labels) -> int:
    return 2**53 if labels.thinned else RECORDS_MAX


def _skip(records: Sequence[RawRecord | Unreadable], begin: int, end: int, resolver: Resolver) -> None:
    for record in records[begin:end]:
        if isinstance(record, Unreadable):
            # What it would have set for those after it is not known: they have to say it themselves.
            resolver.reset()
        else:
            resolver.skip(record)
