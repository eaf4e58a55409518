"""How long the twin remembers: what is too old is deleted in small steps, inside commits that happen anyway.

Every commit that brings readings visits a few series, in turn, and a gateway's executions and events when its turn
comes. What numbers were held or shed is never forgotten, so that nothing that was deleted is taken a second time.
"""

from __future__ import annotations

from typing import NamedTuple

from twin.changes import Changes, Statement
from twin.model import EVENTS_LANE, Gateway, Model

EVENTS_MAX = 100_000
"""Events that are kept of each store of a gateway: at one in a minute ten weeks, and some 20 MB."""

VISITS = 16
"""Series that one commit looks at: a few are quick to pass by, and ten thousand have had their turn in ten minutes."""

STEP_ROWS = 500
"""Rows of one series, or events, that one commit deletes: 8000 in all, more than one brings in the long run, and not
so many that an acknowledgement would have to wait."""

_READINGS = """
DELETE FROM readings WHERE (series, time, numbering, seq) IN
    (SELECT series, time, numbering, seq FROM readings WHERE series = ? AND time < ? LIMIT ?)
"""
_THINNED = """
DELETE FROM thinned WHERE (series, time, numbering, first, last, place) IN
    (SELECT series, time, numbering, first, last, place FROM thinned WHERE series = ? AND time < ? LIMIT ?)
"""
_AGGREGATES = """
DELETE FROM aggregates WHERE (series, time, numbering, seq) IN
    (SELECT series, time, numbering, seq FROM aggregates WHERE series = ? AND time < ? LIMIT ?)
"""
_FINISHED = """
DELETE FROM executions WHERE gateway = ?1 AND id IN
    (SELECT id FROM executions WHERE gateway = ?1 AND finished < ?2 LIMIT ?3)
"""
_UNANSWERED = """
DELETE FROM executions WHERE gateway = ?1 AND id IN
    (SELECT id FROM executions WHERE gateway = ?1 AND finished IS NULL AND expires < ?2 LIMIT ?3)
"""
_EVENTS = """
DELETE FROM events WHERE gateway = ?1 AND store = ?2 AND id IN
    (SELECT id FROM events WHERE gateway = ?1 AND store = ?2 AND id <= ?3 LIMIT ?4)
"""


class _Turn(NamedTuple):
    """Gateways, by name, and series, by id, that are still to be visited before all have been."""

    gateways: list[str]
    series: list[int]


class Retention:
    """Goes round all series, again and again. `keep_s` is None where nothing is ever deleted."""

    def __init__(self, keep_s: float | None, events_max: int = EVENTS_MAX) -> None:
        self._keep_s = keep_s
        self._events_max = events_max
        self._turn = _Turn([], [])

    def step(self, model: Model, changes: Changes, now_s: float) -> None:
        """Add to `changes` what deletes a little of what is too old at `now_s`.

        Age is counted from the newest reading of this commit where that is earlier than `now_s`: a clock that has
        jumped ahead deletes nothing that the gateways still call young.
        """
        if self._keep_s is None or changes.newest_s is None:
            return
        before_s = min(now_s, changes.newest_s) - self._keep_s
        rows: list[tuple[object, ...]] = []
        started = False
        while len(rows) < VISITS:
            if self._turn.series:
                rows.append((self._turn.series.pop(), before_s, STEP_ROWS))
            elif self._turn.gateways:
                gateway = model.gateways.get(self._turn.gateways.pop())
                if gateway is not None:
                    self._turn.series.extend(latest.id for latest in gateway.series.values())
                    self._forget(gateway, before_s, changes)
            elif started:
                break
            else:
                self._turn.gateways.extend(model.gateways)
                started = True
        if rows:
            changes.statements += [Statement(sql, rows) for sql in (_READINGS, _THINNED, _AGGREGATES)]

    def _forget(self, gateway: Gateway, before_s: float, changes: Changes) -> None:
        """Delete old executions of `gateway`, and the events before its newest ones."""
        changes.run(_FINISHED, gateway.id, before_s, STEP_ROWS)
        changes.run(_UNANSWERED, gateway.id, before_s, STEP_ROWS)
        for (store, lane), numbering in gateway.numberings.items():
            last = numbering.held.last or 0
            if lane == EVENTS_LANE and last > self._events_max:
                changes.run(_EVENTS, gateway.id, store, last - self._events_max, STEP_ROWS)
