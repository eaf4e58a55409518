"""What the twin answers to those who look: plain values for JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.core.senml import Gathered
from gateway.core.shadow import Json, delta
from gateway.core.signing import open_envelope
from twin import engine
from twin.model import Gateway, Model, Thinned
from twin.store import Store

EXECUTIONS_SHOWN = 100
"""Finished commands in a state, newest first: what a person looks at."""

_EXECUTION = "id, request, status, issued, expires, accepted, finished, reason, result"


def status(model: Model) -> Json:
    """How every gateway is, and what of its readings came."""
    return {"gateways": {name: _gateway(gateway) for name, gateway in sorted(model.gateways.items())}}


def _gateway(gateway: Gateway) -> Json:
    numberings = list(gateway.readings())
    return {
        "online": gateway.online,
        "epoch": gateway.epoch,
        "readings": {
            "received": engine.received(numberings),
            "duplicates": gateway.duplicates,
            "missing": engine.missing(numberings),
            "shed": engine.shed(numberings),
            "out_of_order": gateway.out_of_order,
        },
        "latency_ms": {
            "p50": gateway.latency.quantile_ms(0.5),
            "p99": gateway.latency.quantile_ms(0.99),
            "count": gateway.latency.count,
        },
        "last_heard": gateway.last_heard_s,
    }


def state(gateway: Gateway, now_s: float) -> Json:
    """The newest value of every series and all shadows of a gateway."""
    series = {
        name: {
            "value": latest.value,
            "unit": latest.unit,
            "time": latest.time_s,
            "age_s": round(now_s - latest.time_s, 3),
            "quality": latest.quality,
            "reason": latest.reason,
            **_thinned(latest.thinned),
        }
        for name, latest in sorted(gateway.series.items())
    }
    shadows = {
        device: {
            "desired": document.desired,
            "reported": document.reported,
            "delta": delta(document.desired, document.reported),
            "version": document.version,
        }
        for device, document in sorted(gateway.shadows.items())
        if document.exists
    }
    return {"gateway": gateway.name, "online": gateway.online, "series": series, "shadows": shadows}


def gathered(aggregate: Gathered) -> Json:
    """What the aggregate of a window has beside its mean."""
    told: Json = {"samples": aggregate.samples}
    if aggregate.extremes is not None:
        least, greatest, tmin_s, tmax_s = msgspec.structs.astuple(aggregate.extremes)
        told |= {"min": least, "max": greatest, "tmin": tmin_s, "tmax": tmax_s}
    if aggregate.last is not None:
        told["last"] = aggregate.last
    return told if aggregate.integral is None else told | {"integral": aggregate.integral}


def _thinned(thinned: Thinned | None) -> Json:
    """What a value that stands for many readings has beside it."""
    if thinned is None:
        return {}
    if thinned.gathered is not None:
        return gathered(thinned.gathered)
    told: Json = {"thinned": thinned.bucket_s, "count": thinned.count}
    if thinned.extremes is not None:
        least, greatest, tmin_s, tmax_s = msgspec.structs.astuple(thinned.extremes)
        told |= {"min": least, "max": greatest, "tmin": tmin_s, "tmax": tmax_s}
    return told


async def finished(store: Store, gateway: str) -> list[Json]:
    """The commands of `gateway` that are over, the newest first.

    Raises:
        StoreError: the database does not answer.
    """
    rows = await store.read(
        f"SELECT {_EXECUTION} FROM executions WHERE gateway = (SELECT id FROM gateways WHERE name = ?) "  # noqa: S608 - a constant
        "AND finished IS NOT NULL ORDER BY finished DESC, id LIMIT ?",
        gateway,
        EXECUTIONS_SHOWN,
    )
    return [_execution(row) for row in rows]


async def execution(store: Store, gateway: str, number: str) -> Json | None:
    """What became of a command; None where there never was one.

    Raises:
        StoreError: the database does not answer.
    """
    rows = await store.read(
        f"SELECT {_EXECUTION} FROM executions WHERE gateway = (SELECT id FROM gateways WHERE name = ?) AND id = ?",  # noqa: S608 - a constant
        gateway,
        number,
    )
    return _execution(rows[0]) if rows else None


def _execution(row: tuple[Any, ...]) -> Json:
    number, request, status_, issued_s, expires_s, accepted_s, finished_s, reason, result = row
    asked = {} if request is None else msgspec.json.decode(open_envelope(request).order)
    operation = {key: asked[key] for key in ("device", "operation", "parameters", "if_version") if key in asked}
    return {
        "id": number,
        "channel": asked.get("channel"),
        "value": asked.get("value"),
        **operation,
        "status": status_,
        "reason": None if reason is None else msgspec.json.decode(reason),
        "result": None if result is None else msgspec.json.decode(result),
        "issued": issued_s,
        "expires": expires_s,
        "accepted": accepted_s,
        "finished": finished_s,
    }
