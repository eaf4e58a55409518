"""How much of a snapshot each part of the outbox's state takes, at most: what the head file has to have room for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.core.held import Undecided
from gateway.core.ledger_events import Gap, Quarantined

SEGMENT_BYTES = 256
"""A segment beside its body: with its labels, its base, and its key where it is being written."""
FRAGMENT_BYTES = 8
"""A fragment beside its text: its length and the index of its series."""
GAP_BYTES = 64
"""A gap beside its texts and counts."""
NUMBER_BYTES = 9
"""A number that a reading has before it is sent."""
COUNT_BYTES = 12
"""A count beside the name of its series."""


def of_fragments(fragments: Sequence[str]) -> int:
    """Readings that are not sealed yet."""
    return FRAGMENT_BYTES * len(fragments) + len("".join(fragments).encode())


def of_segment(body: bytes) -> int:
    """A sealed segment."""
    return SEGMENT_BYTES + len(body)


def of_held(held: Undecided) -> int:
    """Readings of a series that wait for a decision."""
    return SEGMENT_BYTES + of_fragments(held.fragments) + NUMBER_BYTES * len(held.numbers)


def of_gaps(gaps: Iterable[Gap]) -> int:
    """Gaps that are not in the event log yet."""
    return sum(
        GAP_BYTES + len(gap.epoch) + len(gap.reason) + sum(COUNT_BYTES + len(name) for name in gap.counts)
        for gap in gaps
    )


def of_quarantined(quarantined: Quarantined) -> int:
    """A segment that is not kept apart on the disk yet."""
    segment = quarantined.segment
    return of_segment(segment.body) + len(segment.packed) + 4 * len(quarantined.reason)
