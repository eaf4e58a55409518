"""Reads the compact form of a batch (`docs/wire.md`): the records that it stands for, as SenML has them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import UNSET

from gateway.core.columns import ColumnsError, Cursor
from gateway.core.compact import (
    BACKFILL,
    BOOLEANS,
    BORN,
    DECIMALS,
    DEFLATED,
    DOUBLES,
    MS_PER_S,
    OTHER_EPOCH,
    QUALITIES,
    QUALITY_ORDER,
    RECORDS,
    SAME_TIMES,
    UNSYNCHRONISED,
)
from gateway.core.dictionary import NUMBER_BYTES, Dictionary, find, inflate
from gateway.core.reading import ClockState, Lane
from gateway.core.senml_cbor import read_cbor
from gateway.core.senml_raw import PACK_BYTES_MAX, SHORT_CHARACTERS_MAX, RawRecord, SenmlError, Unreadable, check_count

_VALUE = ("v", "v", "vb", "vs")
"""The label of a value, by the form of its column."""


def read_compact(payload: bytes, known: Iterable[Dictionary]) -> list[RawRecord]:
    """The records in `payload`, which begins with the mark of this form.

    Raises:
        UnknownDictionaryError: it uses the names of a birth that is none of `known`.
        SenmlError: it is damaged, or larger than a pack may be.
    """
    cursor = Cursor(payload[1:])
    try:
        flags = cursor.byte()
        if flags & ~(DEFLATED | BORN):
            raise ColumnsError(f"flags {flags:#04x} are not known")
        dictionary = find(cursor.take(NUMBER_BYTES), known) if flags & BORN else None
        body = cursor.rest()
        if flags & DEFLATED:
            body = inflate(body)
        elif len(body) > PACK_BYTES_MAX:
            raise ColumnsError(f"{len(body)} bytes; at most {PACK_BYTES_MAX} are allowed")
        return _Body(Cursor(body), dictionary).records()
    except ColumnsError as error:
        raise SenmlError(f"the compact batch is damaged: {error}") from None


class _Body:
    """The segments of a batch, one after the other."""

    def __init__(self, cursor: Cursor, dictionary: Dictionary | None) -> None:
        self._cursor = cursor
        self._dictionary = dictionary
        self._records: list[RawRecord] = []

    def records(self) -> list[RawRecord]:
        """Every record of every segment."""
        while not self._cursor.at_end:
            self._segment()
        return self._records

    def _segment(self) -> None:
        cursor = self._cursor
        flags = cursor.byte()
        if flags >= RECORDS << 1:
            raise ColumnsError(f"a segment with the flags {flags:#04x} is not known")
        epoch = cursor.text() if flags & OTHER_EPOCH else self._birth().epoch
        first, time_ms, count = cursor.varint(), cursor.varint(), cursor.varint()
        labels: dict[str, Any] = {
            "epoch": epoch,
            "lane": Lane(flags & 3).label,
            "first": first,
            "last": first + count - 1,
            "bt": time_ms / MS_PER_S,
            "backfill": bool(flags & BACKFILL),
            "clock": (ClockState.UNSYNCHRONISED if flags & UNSYNCHRONISED else ClockState.SYNCHRONISED).value,
        }
        if flags & RECORDS:
            labels["thinned"] = cursor.varint()
        head = _labelled(labels)
        records = self._as_they_stand() if flags & RECORDS else self._groups(count)
        if not records:
            raise ColumnsError("a segment without records")
        _begin(records[0], head)
        self._records += records

    def _birth(self) -> Dictionary:
        if self._dictionary is None:
            raise ColumnsError("it uses names of a birth, and says of none")
        return self._dictionary

    def _as_they_stand(self) -> list[RawRecord]:
        """Records as SenML in CBOR."""
        records: list[RawRecord] = []
        for record in read_cbor(self._cursor.take(self._cursor.varint())):
            if isinstance(record, Unreadable):
                raise ColumnsError(record.what)
            if record.epoch is not UNSET:
                raise ColumnsError("a segment inside a segment")
            records.append(record)
        check_count(len(self._records) + len(records))
        return records

    def _groups(self, count: int) -> list[RawRecord]:
        check_count(len(self._records) + count)
        records: list[RawRecord] = []
        times_s: list[float] = []
        while len(records) < count:
            bn, bu = self._series()
            size = self._cursor.varint()
            if not 0 < size <= count - len(records):
                raise ColumnsError(f"a group of {size}, where 1 to {count - len(records)} are left")
            flags = self._cursor.byte()
            times_s = self._times_s(flags, size, times_s)
            group = self._values(flags, times_s, size)
            if flags & QUALITIES:
                self._qualities(group)
            group[0].bn = bn
            if bu:
                group[0].bu = bu
            records += group
        return records

    def _series(self) -> tuple[str, str]:
        """Base name and base unit of a group."""
        place = self._cursor.varint()
        if place == 0:
            return self._cursor.text(), self._short()
        series = self._birth().series
        if place > len(series):
            raise ColumnsError(f"series {place} of {len(series)}")
        return series[place - 1].bn, series[place - 1].bu

    def _short(self) -> str:
        """A unit or a reason."""
        text = self._cursor.text()
        if len(text) > SHORT_CHARACTERS_MAX:
            raise ColumnsError(f"{len(text)} characters; at most {SHORT_CHARACTERS_MAX} are allowed")
        return text

    def _times_s(self, flags: int, size: int, before_s: list[float]) -> list[float]:
        if not flags & SAME_TIMES:
            return [time_ms / MS_PER_S for time_ms in self._cursor.paces(size)]
        if len(before_s) != size:
            raise ColumnsError(f"{size} readings at the times of {len(before_s)}")
        return before_s

    def _values(self, flags: int, times_s: list[float], size: int) -> list[RawRecord]:
        form, exponent = flags & 3, flags >> 4
        if exponent and form != DECIMALS:
            raise ColumnsError("decimal places on what has none")
        values: list[Any]
        if form == DECIMALS:
            scale = 10**exponent
            values = [number / scale for number in self._cursor.steps(size)]
            return [RawRecord(t=time_s, v=value) for time_s, value in zip(times_s, values, strict=True)]
        if form == DOUBLES:
            values = self._cursor.doubles(size)
            if not all(map(math.isfinite, values)):
                raise ColumnsError("a number that is not finite")
        elif form == BOOLEANS:
            values = self._cursor.bits(size)
        else:
            values = [self._cursor.text() for _ in range(size)]
        label = _VALUE[form]
        return [RawRecord(t=time_s, **{label: value}) for time_s, value in zip(times_s, values, strict=True)]

    def _qualities(self, group: list[RawRecord]) -> None:
        at = -1
        for _ in range(self._cursor.varint()):
            at += 1 + self._cursor.varint()
            quality, reason = self._cursor.byte(), self._short()
            if at >= len(group) or quality >= len(QUALITY_ORDER):
                raise ColumnsError(f"quality {quality} of reading {at} of {len(group)}")
            group[at].q, group[at].qr = QUALITY_ORDER[quality], reason


def _labelled(labels: dict[str, Any]) -> RawRecord:
    """The labels of a segment, each in its limits."""
    try:
        return msgspec.convert(labels, RawRecord)
    except msgspec.ValidationError as error:
        raise ColumnsError(str(error)) from None


def _begin(record: RawRecord, head: RawRecord) -> None:
    """Let `record` begin the segment with the labels of `head`."""
    for label in ("epoch", "lane", "first", "last", "bt", "backfill", "clock", "thinned"):
        setattr(record, label, getattr(head, label))
