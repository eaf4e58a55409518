"""The outbox's state from what an earlier run left: a snapshot of its own, or segments that are not its own."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from gateway.core import ledger_size as size
from gateway.core.ledger import Ledger
from gateway.core.ledger_events import Defined, Event, Held, Key, Opened, Sealed, Snapshot, Taken
from gateway.core.segment import Segment, owned_by, series_counts


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
    ledger.gaps, ledger.reporting = list(snapshot.gaps), snapshot.reporting
    ledger.quarantine, ledger.parting = list(snapshot.quarantine), snapshot.parting
    ledger.commit = snapshot.commit
    ledger.held = {held.index: held for held in snapshot.held}
    ledger.bytes = sum(size.of_segment(segment.body) for segment in snapshot.volatile)
    ledger.bytes += sum(size.of_fragments(opened.fragments) for opened in snapshot.open.values())
    ledger.bytes += sum(map(size.of_held, snapshot.held))
    ledger.bytes += size.of_gaps(snapshot.gaps) + sum(map(size.of_quarantined, snapshot.quarantine))
    return ledger


def release_held(ledger: Ledger, apply: Callable[[Event], None]) -> None:
    """Let what is held be sent, by `apply`: nobody will decide about it any more. It keeps its own base."""
    for held in list(ledger.held.values()):
        if held.lane in ledger.open:
            apply(Sealed(held.lane))
        apply(Opened(held.lane, held.base))
        nothing = Held(held.index, held.lane, held.base, [])
        apply(Taken(held.lane, [held.index] * len(held.fragments), held.fragments, nothing))


def adopt(ledger: Ledger, segment: Segment) -> None:
    """Let `ledger` hold a segment of another store, or of another gateway's name; its readings count as taken here."""
    ours = msgspec.structs.replace(owned_by(ledger.gateway, segment), packed=b"")
    ledger.volatile[Key(*segment.key)] = ours
    ledger.bytes += size.of_segment(ours.body)
    for name, count in series_counts(ours.body, ledger.gateway).items():
        tally = ledger.tally_of(name)
        tally.taken += count
        tally.waiting += count
