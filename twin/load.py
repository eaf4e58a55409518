"""From the database to the model: what a twin knows after a restart."""

from __future__ import annotations

import msgspec

from gateway.core.intervals import IntervalSet
from gateway.core.reading import Quality, Value
from gateway.core.shadow import ShadowDocument
from twin.changes import GATEWAYS
from twin.latency import Histogram
from twin.model import Gateway, Latest, Model, Numbering, Order, Thinned
from twin.store import Store

_bins = msgspec.json.Decoder(dict[int, int])
_thinned = msgspec.json.Decoder(Thinned)
_document = msgspec.json.Decoder(ShadowDocument)


async def load(store: Store) -> Model:
    """Everything that the twin keeps in memory, as the last commit left it.

    Raises:
        StoreError: the database does not answer.
    """
    by_id: dict[int, Gateway] = {}
    for row in await store.read(f"SELECT {', '.join(GATEWAYS.columns)} FROM gateways"):  # noqa: S608 - constants
        number, name, prefix, online, epoch, last_heard_s, duplicates, out_of_order, latency = row
        counts = Histogram(_bins.decode(latency))
        by_id[number] = Gateway(
            number, name, prefix, bool(online), epoch, last_heard_s, duplicates, out_of_order, counts
        )
    ids = [0, *by_id, *await _numberings(store, by_id), *await _series(store, by_id)]
    await _shadows(store, by_id)
    await _orders(store, by_id)
    return Model(gateways={gateway.name: gateway for gateway in by_id.values()}, next_id=max(ids) + 1)


async def _numberings(store: Store, by_id: dict[int, Gateway]) -> list[int]:
    made: dict[int, Numbering] = {}
    for number, gateway, epoch, lane, stated in await store.read(
        "SELECT id, gateway, epoch, lane, stated FROM numberings"
    ):
        made[number] = by_id[gateway].numberings[epoch, lane] = Numbering(number, IntervalSet(), stated)
    for number, first, last in await store.read("SELECT numbering, first, last FROM received"):
        made[number].held.add(first, last)
    for number, first, last in await store.read("SELECT numbering, first, last FROM shed"):
        made[number].shed.add(first, last)
    return list(made)


async def _series(store: Store, by_id: dict[int, Gateway]) -> list[int]:
    ids = []
    for number, gateway, name, unit, time_s, value, quality, reason, thinned in await store.read(
        "SELECT id, gateway, name, unit, time, value, quality, reason, thinned FROM series"
    ):
        by_id[gateway].series[name] = Latest(
            number,
            unit,
            time_s,
            to_value(value),
            Quality(quality),
            reason,
            None if thinned is None else _thinned.decode(thinned),
        )
        by_id[gateway].newest_s[name] = time_s
        ids.append(number)
    return ids


async def _shadows(store: Store, by_id: dict[int, Gateway]) -> None:
    for gateway, device, document in await store.read("SELECT gateway, device, document FROM shadows"):
        by_id[gateway].shadows[device] = _document.decode(document)


async def _orders(store: Store, by_id: dict[int, Gateway]) -> None:
    for gateway, execution, request, expires_s in await store.read(
        "SELECT gateway, id, request, expires FROM executions WHERE status = 'CREATED'"
    ):
        by_id[gateway].orders[execution] = Order(request, expires_s)


def to_value(stored: float | str) -> Value:
    """A value as it was before SQLite, which keeps booleans as whole numbers and numbers as reals."""
    return bool(stored) if isinstance(stored, int) else stored
