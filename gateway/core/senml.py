"""Telemetry from bytes to readings: SenML packs (RFC 8428) with the segment labels of `docs/wire.md`.

A pack is resolved by the rules of RFC 8428 section 4.6: names joined, times made absolute, base values added. One
record that breaks a rule refuses the whole pack, because a half-taken segment could not be acknowledged.
"""

from __future__ import annotations

import math
import re
from typing import NoReturn

import msgspec
from msgspec import UNSET

from gateway.core.reading import ClockState, Lane, Quality, Value
from gateway.core.senml_raw import RawRecord, SenmlError, expand, parse

__all__ = ["ReceivedSegment", "Record", "SenmlError", "decode_pack"]

VERSION = 10
"""The SenML version that we know (RFC 8428 section 4.4); higher ones have features that we would misread."""

RELATIVE_BELOW_S = float(2**28)
"""Times below this are relative to the moment of reception (RFC 8428 section 4.5.3)."""

TIME_MAX_S = 253_402_300_800.0
"""The end of the year 9999: beyond it no calendar that reads our data can follow."""

_SERIES = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}/[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Record(msgspec.Struct, frozen=True, gc=False):
    """One resolved reading. `series` is `device/channel`, `time_s` Unix time to the microsecond."""

    seq: int
    series: str
    unit: str
    time_s: float
    value: Value
    quality: Quality
    reason: str


class ReceivedSegment(msgspec.Struct, frozen=True):
    """The readings `first` to `last` of one lane and epoch, in order."""

    epoch: str
    lane: Lane
    first: int
    last: int
    clock: ClockState
    backfill: bool
    records: list[Record]


def decode_pack(payload: bytes, gateway: str, *, now_s: float = 0.0) -> list[ReceivedSegment]:
    """The segments in `payload`, which is plain JSON or zlib; every series in it belongs to `gateway`.

    Times below 2^28 are taken as relative to `now_s`, the time of reception.

    Raises:
        SenmlError: the pack breaks a rule of the RFC or of the wire, or a limit above; the text says which record.
    """
    records = parse(expand(payload))
    if not records:
        raise SenmlError("a pack holds at least one record")
    resolver = _Resolver(gateway, now_s)
    segments: list[ReceivedSegment] = []
    begins = 0
    for index, raw in enumerate(records):
        if raw.epoch is not UNSET or index == 0:
            _check_complete(segments, begins)
            begins = index
            segments.append(_open(raw, index))
            taken, seq = segments[-1].records, segments[-1].first - index
        taken.append(resolver.resolve(raw, index, seq + index))
    _check_complete(segments, begins)
    return segments


def _open(raw: RawRecord, index: int) -> ReceivedSegment:
    """The segment that `raw` begins, still without records."""
    epoch, lane, first, last = raw.epoch, raw.lane, raw.first, raw.last
    if epoch is UNSET or lane is UNSET or first is UNSET or last is UNSET:
        _fail("a segment begins with epoch, lane, first and last", index)
    if "-" not in epoch:
        _fail(f"epoch {epoch!r} has no count of starts", index)
    try:
        found = Lane.from_label(lane)
    except ValueError as error:
        raise SenmlError(str(error), index) from None
    return ReceivedSegment(epoch, found, first, last, raw.clock, raw.backfill, [])


def _check_complete(segments: list[ReceivedSegment], begins: int) -> None:
    """Refuse the last segment, which began at record `begins`, if it has not as many records as it says."""
    if segments:
        ended = segments[-1]
        if len(ended.records) != ended.last - ended.first + 1:
            _fail(f"the segment {ended.first} to {ended.last} has {len(ended.records)} records", begins)


def _unit(symbol: str) -> str:
    """The unit that `symbol` means: `/`, a plain ratio, is how the wire says that a number has none."""
    return "" if symbol == "/" else symbol


def _fail(what: str, index: int) -> NoReturn:
    raise SenmlError(what, index)


class _Resolver:
    """What is in force while a pack is read from front to back: the base fields, and the series that they name."""

    __slots__ = ("_base_name", "_base_time", "_base_unit", "_base_value", "_now_s", "_prefix", "_series", "_stale")

    def __init__(self, gateway: str, now_s: float) -> None:
        self._prefix = f"{gateway}/"
        self._now_s = now_s
        self._base_name = ""
        self._base_time = 0.0
        self._base_unit = ""
        self._base_value: float | None = None
        self._series = ""
        self._stale = True

    def resolve(self, raw: RawRecord, index: int, seq: int) -> Record:
        """The reading that `raw` is."""
        if raw.bn is not UNSET or raw.n is not UNSET or self._stale:
            self._name(raw, index)
        if raw.bt is not UNSET:
            self._base_time = raw.bt
        if raw.bu is not UNSET:
            self._base_unit = _unit(raw.bu)
        if raw.bv is not UNSET:
            self._base_value = raw.bv
        if raw.bver is not UNSET and raw.bver > VERSION:
            _fail(f"SenML version {raw.bver}; versions up to {VERSION} are known", index)
        time_s = self._base_time + raw.t
        if time_s < RELATIVE_BELOW_S:
            time_s += self._now_s
        if not -TIME_MAX_S < time_s < TIME_MAX_S:
            _fail(f"time {time_s}; at most {TIME_MAX_S} is allowed", index)
        value = self._value(raw, index)
        unit = ""
        if type(value) is float:
            unit = self._base_unit if raw.u is UNSET else _unit(raw.u)
        # To the microsecond: what is left over is noise of the sum, not part of what was sent.
        return Record(seq, self._series, unit, round(time_s * 1e6) / 1e6, value, raw.q, raw.qr)

    def _name(self, raw: RawRecord, index: int) -> None:
        if raw.bn is not UNSET:
            self._base_name = raw.bn
        name = self._base_name if raw.n is UNSET else self._base_name + raw.n
        if not name.startswith(self._prefix):
            _fail(f"series {name[:200]!r} does not begin with {self._prefix!r}", index)
        series = name[len(self._prefix) :]
        if _SERIES.fullmatch(series) is None:
            _fail(f"series {name[:200]!r} is not named gateway/device/channel", index)
        self._series = series
        # A name of its own (n) holds for its record only.
        self._stale = raw.n is not UNSET

    def _value(self, raw: RawRecord, index: int) -> Value:
        if raw.vs is UNSET and raw.vb is UNSET and raw.vd is UNSET:
            if self._base_value is None:
                return raw.v if raw.v is not UNSET else _fail("no value; one of v, vs and vb is needed", index)
            # RFC 8428 section 4.6: a missing value counts as 0 where a base value is in force.
            value = self._base_value + (0.0 if raw.v is UNSET else raw.v)
            return value if math.isfinite(value) else _fail(f"value {value}; numbers are finite", index)
        given = [label for label in ("v", "vs", "vb", "vd") if getattr(raw, label) is not UNSET]
        if len(given) > 1:
            _fail(f"{len(given)} values ({', '.join(given)}); one is allowed", index)
        if raw.vs is not UNSET:
            return raw.vs
        return raw.vb if raw.vb is not UNSET else _fail("data values (vd) are not carried", index)
