"""The outbox's state from what an earlier run left: a snapshot of its own, or segments that are not its own."""

from __future__ import annotations

from collections.abc import Callable, Container

import msgspec

from gateway.core import ledger_size as size
from gateway.core.held import Held
from gateway.core.ledger import Ledger
from gateway.core.ledger_events import Defined, Event, Key, Opened, Sealed, Snapshot, Taken, merge_gaps
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
    ledger.held = {(held.index, held.slot): held for held in snapshot.held}
    if snapshot.counts_of is not None:
        ledger.counts_of = snapshot.counts_of
    ledger.bytes = sum(size.of_segment(segment.body) for segment in snapshot.volatile)
    ledger.bytes += sum(size.of_fragments(opened.fragments) for opened in snapshot.open.values())
    ledger.held_bytes = sum(map(size.of_held, snapshot.held))
    ledger.bytes += ledger.held_bytes
    ledger.bytes += size.of_gaps(snapshot.gaps) + sum(map(size.of_quarantined, snapshot.quarantine))
    return ledger


def release_held(ledger: Ledger, apply: Callable[[Event], None]) -> None:
    """Let what is held be sent, by `apply`: nobody will decide about it any more. It keeps its own base and numbers."""
    for held in list(ledger.held.values()):
        numbered = len(held.numbers)
        nothing = Held(held.index, held.lane, held.base, [], slot=held.slot, sent=held.fragments[:numbered])
        fragments = held.fragments[numbered:]
        if not fragments:
            apply(nothing)
            continue
        if held.lane in ledger.open:
            apply(Sealed(held.lane))
        apply(Opened(held.lane, held.base))
        apply(Taken(held.lane, [held.index] * len(fragments), fragments, nothing))


def adopt(ledger: Ledger, segment: Segment) -> None:
    """Let `ledger` hold a segment of another store, or of another gateway's name; its readings count as taken here."""
    ours = msgspec.structs.replace(owned_by(ledger.gateway, segment), packed=b"")
    ledger.volatile[Key(*segment.key)] = ours
    ledger.bytes += size.of_segment(ours.body)
    for name, count in series_counts(ours.body, ledger.gateway).items():
        tally = ledger.tally_of(name)
        tally.taken += count
        tally.waiting += count


def take_over(ledger: Ledger, other: Ledger, rows: Container[Key]) -> None:
    """Let `ledger` hold what `other` has in memory only, which is sealed; what is in `rows` its disk has already.

    What was shed there and not yet told is told here. Where `other` counted for no store, its counts are added to those
    of `ledger`; where it counted for another one, the readings that come over are all that is known of it.
    """
    whole = other.counts_of == ""
    if whole:
        for series, tally in zip(other.series, other.tallies, strict=True):
            if series.name not in ledger.indexes:
                ledger.define(series)
            ledger.tally_of(series.name).add(tally)
        ledger.quarantine += other.quarantine
        ledger.bytes += sum(map(size.of_quarantined, other.quarantine))
    apart = [] if whole else [one.segment for one in other.quarantine]
    for segment in (*other.volatile.values(), *apart):
        if segment.key not in rows:
            adopt(ledger, segment)
        if whole:  # Counted above, and once more just now or when its row was written.
            _uncount(ledger, segment)
    for gap in () if whole else other.gaps:
        for name, count in gap.counts.items():
            tally = ledger.tally_of(name)
            tally.taken += count
            tally.shed += count
    _add_gaps(ledger, other)


def _uncount(ledger: Ledger, segment: Segment) -> None:
    for name, count in series_counts(segment.body, ledger.gateway).items():
        tally = ledger.tally_of(name)
        tally.taken -= count
        tally.waiting -= count


def _add_gaps(ledger: Ledger, other: Ledger) -> None:
    before = size.of_gaps(ledger.gaps)
    ledger.gaps = merge_gaps([*ledger.gaps, *other.gaps])
    ledger.bytes += size.of_gaps(ledger.gaps) - before
