"""Thinning: many readings of a series become a few that keep its mean, its extremes and where they were.

It is what happens to readings of the normal lane before they are dropped. The thinned segment stands for the same
numbers as the segments that it was made of, so the twin's account stays complete; it says how coarse it is
(`thinned`, in seconds).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from gateway.core.segment import Segment

NS_PER_S = 1_000_000_000
STEPS_S = (60, 3600)
"""Readings become minutes, minutes become hours, and hours are dropped."""


class StoredRecord(msgspec.Struct, omit_defaults=True):
    """One record of a segment's body, as `core/segment.py` wrote it, or as thinning did."""

    bn: str | None = None
    bu: str | None = None
    t: float | None = None
    v: float | None = None
    vb: bool | None = None
    vs: str | None = None
    q: str | None = None
    qr: str | None = None
    count: int | None = None
    min: float | None = None
    max: float | None = None
    tmin: float | None = None
    tmax: float | None = None


class _Sample(msgspec.Struct):
    """A record with its name and its time on the common base."""

    at_s: float
    record: StoredRecord


_decode = msgspec.json.Decoder(list[StoredRecord]).decode
_encode = msgspec.json.encode


def can_join(one: Segment, other: Segment) -> bool:
    """Whether `other` continues `one`: next number, same epoch, lane and boot, same knowledge of the clock."""
    return (
        one.epoch == other.epoch
        and one.lane is other.lane
        and other.first == one.last + 1
        and one.base.boot_id == other.base.boot_id
        and one.base.clock is other.base.clock
    )


def thin(segments: Sequence[Segment], bucket_s: int) -> Segment:
    """One segment for the numbers of all of `segments`, each of which continues the one before.

    Numbers of one series become one record per `bucket_s` seconds of boottime: `v` is their mean, at the mean of their
    times; `min`, `max`, `tmin`, `tmax` the extremes and when they were; `count` how many there were. Of texts, booleans
    and values that are not GOOD every change is kept, with the count of what it stands for.
    """
    base = segments[0].base
    groups: dict[tuple[str, str | None], list[_Sample]] = {}
    for segment in segments:
        shift_s = (segment.base.boottime_ns - base.boottime_ns) / NS_PER_S
        name, unit = "", None
        for record in _decode(b"[" + segment.body + b"]"):
            if record.bn is not None:
                name, unit = record.bn, record.bu
            groups.setdefault((name, unit), []).append(_Sample((record.t or 0.0) + shift_s, record))
    offset_s = base.boottime_ns / NS_PER_S
    parts: list[bytes] = []
    for (name, unit), samples in groups.items():
        records = _thin_series(samples, bucket_s, offset_s)
        records[0].bn, records[0].bu = name, unit
        parts += [_encode(record) for record in records]
    return msgspec.structs.replace(segments[0], last=segments[-1].last, body=b",".join(parts), thinned=bucket_s)


def _thin_series(samples: list[_Sample], bucket_s: int, offset_s: float) -> list[StoredRecord]:
    out: list[StoredRecord] = []
    bucket: list[_Sample] = []
    number = -1
    for sample in sorted(samples, key=lambda sample: sample.at_s):
        numeric = sample.record.v is not None and sample.record.q is None
        at = math.floor((sample.at_s + offset_s) / bucket_s)
        if bucket and (not numeric or at != number):
            out.append(_mean(bucket))
            bucket = []
        if numeric:
            bucket.append(sample)
            number = at
        else:
            _keep_change(out, sample)
    if bucket:
        out.append(_mean(bucket))
    return out


def _mean(bucket: list[_Sample]) -> StoredRecord:
    weights = [sample.record.count or 1 for sample in bucket]
    total = sum(weights)
    values = [sample.record.v or 0.0 for sample in bucket]
    low = min(bucket, key=_low)
    high = max(bucket, key=_high)
    return StoredRecord(
        t=round(sum(sample.at_s * weight for sample, weight in zip(bucket, weights, strict=True)) / total, 3),
        v=_tidy(sum(value * weight for value, weight in zip(values, weights, strict=True)) / total),
        count=total,
        min=_low(low),
        max=_high(high),
        tmin=round(low.at_s if low.record.tmin is None else low.at_s - (low.record.t or 0.0) + low.record.tmin, 3),
        tmax=round(high.at_s if high.record.tmax is None else high.at_s - (high.record.t or 0.0) + high.record.tmax, 3),
    )


def _low(sample: _Sample) -> float:
    return (sample.record.v if sample.record.min is None else sample.record.min) or 0.0


def _high(sample: _Sample) -> float:
    return (sample.record.v if sample.record.max is None else sample.record.max) or 0.0


def _tidy(value: float) -> float:
    """A mean needs no more digits than a sensor has: seven are finer than any part here resolves."""
    return float(f"{value:.7g}")


def _keep_change(out: list[StoredRecord], sample: _Sample) -> None:
    record = sample.record
    count = record.count or 1
    last = out[-1] if out else None
    same = last is not None and (last.v, last.vb, last.vs, last.q, last.qr) == (
        record.v, record.vb, record.vs, record.q, record.qr
    )  # fmt: skip
    if last is not None and same:
        last.count = (last.count or 1) + count
        return
    kept = msgspec.structs.replace(record, bn=None, bu=None, t=round(sample.at_s, 3), count=count)
    out.append(kept)
