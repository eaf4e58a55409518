"""The audit: whether as many readings wait as are thought to, and what to do where they do not.

It reads every segment, so it runs only when there is a reason: counts that do not fit at the start, or a segment whose
CRC does not match when it is to be sent. What is damaged is deleted and counted as shed, series by series; the rest
goes on. Where memory still has a good copy, because the segment is on its way to the twin, the row is written anew;
where the twin has it already, the row is left to be deleted with the others that are acknowledged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import structlog

from gateway.core.ledger import Ledger
from gateway.core.ledger_events import Corrected, Gap, Key
from gateway.core.reading import Lane
from gateway.core.segment import Segment, series_counts
from gateway.store import segments as disk
from gateway.store.database import Database

DAMAGED = "damaged"
ROWS_AT_ONCE = 128

log = structlog.get_logger("store")


Row = tuple[Lane, int]


async def audit(
    database: Database, ledger: Ledger, known: Callable[[], dict[Row, tuple[Key, Segment | None]]] = dict
) -> Corrected:
    """Delete the damaged segments, and say what that and every other loss means for the counts.

    `known` tells, when it is asked, the rows of segments that are taken, with what they hold, or acknowledged.

    Raises:
        StoreError: the disk cannot be read, or does not take the deletion.
    """
    found: dict[Key, dict[str, int]] = {}
    damaged: list[disk.Stored] = []
    for lane in Lane:
        after = 0
        while rows := await disk.load_lane(database, lane, after, ROWS_AT_ONCE):
            after = rows[-1].row
            for one in rows:
                if one.segment is None:
                    damaged.append(one)
                else:
                    found[one.key] = series_counts(one.segment.body, ledger.gateway)
    held = known()
    # By its row: in a damaged one not even the key is to be trusted.
    copies = {row: held[row] for one in damaged if (row := (one.key.lane, one.row)) in held}
    damaged = [one for one in damaged if (one.key.lane, one.row) not in held]
    healed = [(row[1], segment) for row, (_, segment) in copies.items() if segment is not None]
    found |= {Key(*segment.key): series_counts(segment.body, ledger.gateway) for _, segment in healed}
    if damaged or healed:
        gone = [(one.key.lane, one.row) for one in damaged] + [(one.lane, row) for row, one in healed]
        await database.write(*disk.delete(gone), *disk.insert(healed))
    return _corrected(ledger, found, damaged)


def _corrected(ledger: Ledger, rows: dict[Key, dict[str, int]], damaged: list[disk.Stored]) -> Corrected:
    found: Counter[str] = Counter()
    for key, counts in rows.items():
        if key not in ledger.freed:  # Asked only now: something may have been acknowledged while the disk was read.
            found.update(counts)
    for segment in ledger.volatile.values():
        found.update(series_counts(segment.body, ledger.gateway))
    for opened in ledger.open.values():
        found.update(ledger.series[index].name for index in opened.indexes)
    for held in ledger.held.values():
        found[ledger.series[held.index].name] += len(held.fragments)
    thought = {series.name: tally.waiting for series, tally in zip(ledger.series, ledger.tallies, strict=True)}
    counts = {name: thought.get(name, 0) - found[name] for name in thought.keys() | found.keys()}
    counts = {name: count for name, count in counts.items() if count}
    gaps = [Gap(one.key.epoch, one.key.lane, one.key.first, one.last, DAMAGED, {}) for one in damaged]
    if counts or gaps:
        log.error("readings lost on the disk", damaged_segments=len(damaged), readings=sum(counts.values()))
    return Corrected(counts, gaps)
