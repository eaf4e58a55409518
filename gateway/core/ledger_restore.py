"""The outbox's state from a snapshot of it."""

from __future__ import annotations

from gateway.core.ledger import Ledger
from gateway.core.ledger_events import Defined, Key, Snapshot


def restore(snapshot: Snapshot) -> Ledger:
    """The state that `snapshot` was made of."""
    ledger = Ledger(snapshot.gateway, snapshot.epoch, snapshot.boot_id)
    for series, tally in zip(snapshot.series, snapshot.tallies, strict=True):
        ledger.apply(Defined(series.name, series.unit))
        ledger.tallies[-1] = tally
    ledger.next_seq = dict(snapshot.next_seq)
    ledger.open = dict(snapshot.open)
    ledger.volatile = {Key(*segment.key): segment for segment in snapshot.volatile}
    ledger.freed = dict.fromkeys(snapshot.freed)
    ledger.writing = dict(snapshot.writing)
    ledger.gaps = list(snapshot.gaps)
    ledger.quarantine = list(snapshot.quarantine)
    ledger.bytes = sum(len(segment.body) for segment in snapshot.volatile) + sum(
        len(fragment) for opened in snapshot.open.values() for fragment in opened.fragments
    )
    return ledger
