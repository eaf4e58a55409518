"""What was: readings of a series, as they came or thinned, and the gaps that a gateway has told of."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.core.senml import Gathered
from gateway.core.shadow import Json
from gateway.core.wire import Event
from twin import gaps
from twin.load import to_value
from twin.store import Store
from twin.views import gathered

ROWS_MAX = 10_000
"""Readings or gaps in one answer; whoever wants more asks again from the time of the last one."""

_HISTORY = """
WITH wanted AS (
    SELECT series.id FROM series JOIN gateways ON gateways.id = gateway WHERE gateways.name = ?1 AND series.name = ?2
), found AS (
    SELECT time, value, quality, reason, numbering, seq,
        0 AS last, 0 AS bucket, 1 AS count, NULL AS min, NULL AS max, NULL AS tmin, NULL AS tmax, 0 AS overlap
    FROM readings WHERE series = (SELECT id FROM wanted) AND time >= ?3
    UNION ALL
    SELECT time, value, quality, reason, numbering, first,
        last, bucket, count, min, max, tmin, tmax, overlap
    FROM thinned WHERE series = (SELECT id FROM wanted) AND time >= ?3
    ORDER BY time, numbering, seq LIMIT ?4
)
SELECT epoch, lane,
    (SELECT body FROM aggregates WHERE series = (SELECT id FROM wanted) AND aggregates.time = found.time
        AND aggregates.numbering = found.numbering AND aggregates.seq = found.seq AND NOT bucket),
    found.*
FROM found JOIN numberings ON numberings.id = numbering ORDER BY time, numbering, seq
"""

_gathered = msgspec.json.Decoder(Gathered).decode

_GAPS = """
SELECT events.time, store, events.id, data FROM events JOIN gateways ON gateways.id = gateway
WHERE gateways.name = ? AND kind = 'gap' AND events.time >= ? ORDER BY events.time, store, events.id LIMIT ?
"""


async def readings(store: Store, gateway: str, series: str, since_s: float, limit: int) -> list[Json]:
    """Readings of `series` from `since_s` on, the oldest first, at most `limit`.

    Raises:
        StoreError: the database does not answer.
    """
    rows = await store.read(_HISTORY, gateway, series, since_s, min(limit, ROWS_MAX))
    return [_reading(*row) for row in rows]


def _reading(epoch: str, lane: str, body: bytes | None, *found: Any) -> Json:
    time_s, value, quality, reason, _, seq, last, bucket_s, count, *spread, overlap = found
    told: Json = {
        "time": time_s,
        "value": to_value(value),
        "quality": quality or "good",
        "reason": reason or "",
        "epoch": epoch,
        "lane": lane,
    }
    if not bucket_s:
        return told | {"seq": seq} | (gathered(_gathered(body)) if body else {})
    told |= {"first": seq, "last": last, "thinned": bucket_s, "count": count}
    if spread[0] is not None:
        told |= dict(zip(("min", "max", "tmin", "tmax"), spread, strict=True))
    return told | {"overlap": True} if overlap else told


async def told_gaps(store: Store, gateway: str, since_s: float, limit: int) -> list[Json]:
    """What `gateway` has shed, by its own word, from `since_s` on, the oldest first, at most `limit`.

    Raises:
        StoreError: the database does not answer.
    """
    found = []
    for time_s, _, number, data in await store.read(_GAPS, gateway, since_s, min(limit, ROWS_MAX)):
        event = Event(id=number, time=time_s, kind=gaps.KIND, data=msgspec.json.decode(data))
        try:
            gap = gaps.gap_of(event)
        except ValueError:
            continue  # Counted when it came.
        found.append({"time": time_s} | msgspec.structs.asdict(gap))
    return found
