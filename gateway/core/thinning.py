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

NS_PER_MS = 1_000_000
MS_PER_S = 1000
STEPS_S = (60, 3600)
"""Readings become minutes, minutes become hours, and hours are dropped."""

MEAN_DIGITS = 7
"""Significant digits of a mean: finer than any part here resolves."""
MEAN_ERROR = 5e-7
"""How far thinning moves a mean at most, as a share of the largest number behind it; thinning twice moves it twice.
Extremes and counts stay exact, and times are kept to the millisecond."""


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
    samples: int | None = None
    lastv: float | None = None
    s: float | None = None


class _Sample(msgspec.Struct):
    """A record, and the milliseconds from the common base to its segment's and to itself."""

    base_ms: int
    at_ms: int
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
        base_ms = _ms(segment.base.boottime_ns - base.boottime_ns)
        name, unit = "", None
        for record in _decode(b"[" + segment.body + b"]"):
            if record.bn is not None:
                name, unit = record.bn, record.bu
            sample = _Sample(base_ms, base_ms + round((record.t or 0.0) * MS_PER_S), record)
            groups.setdefault((name, unit), []).append(sample)
    parts: list[bytes] = []
    for (name, unit), samples in groups.items():
        records = _thin_series(samples, bucket_s * MS_PER_S, _ms(base.boottime_ns))
        records[0].bn, records[0].bu = name, unit
        parts += [_encode(record) for record in records]
    return msgspec.structs.replace(
        segments[0], last=segments[-1].last, body=b",".join(parts), packed=b"", thinned=bucket_s
    )


def _ms(duration_ns: int) -> int:
    return (duration_ns + NS_PER_MS // 2) // NS_PER_MS


def _thin_series(samples: list[_Sample], bucket_ms: int, offset_ms: int) -> list[StoredRecord]:
    out: list[StoredRecord] = []
    bucket: list[_Sample] = []
    number = -1
    for sample in sorted(samples, key=lambda sample: sample.at_ms):
        numeric = sample.record.v is not None and sample.record.q is None
        at = (sample.at_ms + offset_ms) // bucket_ms
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
    numbers = sum(sample.record.count or 1 for sample in bucket)
    counts = [sample.record.samples or sample.record.count or 1 for sample in bucket]
    total = sum(counts)
    integrals = [sample.record.s for sample in bucket if sample.record.s is not None]
    gathered = any(sample.record.samples for sample in bucket)
    low, high = min(bucket, key=_low), max(bucket, key=_high)
    # Halves, because the sum of numbers near the end of the range would have no float.
    half = math.fsum(
        (sample.record.v or 0.0) / 2 * (count / total) for sample, count in zip(bucket, counts, strict=True)
    )
    return StoredRecord(
        t=sum(sample.at_ms * count for sample, count in zip(bucket, counts, strict=True)) // total / MS_PER_S,
        v=min(max(tidy(half * 2), _low(low)), _high(high)),
        count=numbers,
        samples=total if gathered else None,
        lastv=bucket[-1].record.lastv,
        s=math.fsum(integrals) if integrals else None,
        min=_low(low),
        max=_high(high),
        tmin=_when(low, low.record.tmin),
        tmax=_when(high, high.record.tmax),
    )


def _low(sample: _Sample) -> float:
    return (sample.record.v if sample.record.min is None else sample.record.min) or 0.0


def _high(sample: _Sample) -> float:
    return (sample.record.v if sample.record.max is None else sample.record.max) or 0.0


def _when(sample: _Sample, told_s: float | None) -> float:
    """Seconds from the common base to an extreme: where the record tells it, or the record's own time."""
    at_ms = sample.at_ms if told_s is None else sample.base_ms + round(told_s * MS_PER_S)
    return at_ms / MS_PER_S


def tidy(value: float) -> float:
    """`value` to `MEAN_DIGITS` significant digits."""
    return float(f"{value:.{MEAN_DIGITS}g}")


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
    out.append(msgspec.structs.replace(record, bn=None, bu=None, t=sample.at_ms / MS_PER_S, count=count))
