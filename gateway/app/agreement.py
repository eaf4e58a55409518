"""What both sides of every property agreed on last, and the clock by which their later writes are told apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from gateway.core.conflict import Outcome, Write
from gateway.core.hybrid_clock import NEVER, Stamp, TooFarAheadError, receive, text_of, tick
from gateway.core.three_way import ABSENT
from gateway.store.database import Statement
from gateway.store.shadows import Kept, Tally, agree, keep_clock, keep_tally

log = structlog.get_logger("conflict")


class Agreement:
    """The bases in memory, as they are on the disk: `settle` follows the transaction of `statements`."""

    def __init__(self, kept: Kept, trusted: Callable[[], float | None]) -> None:
        self._agreed = dict(kept.agreed)
        self._latest = kept.latest
        self._trusted = trusted
        self.tally = kept.tally

    def base(self, name: str) -> Write:
        """What the twin wanted of a property when something was made of it last."""
        return self._agreed.get(name, Write())

    def knows(self, name: str) -> bool:
        """Whether the twin has wanted something of a property."""
        return name in self._agreed

    def stamp(self) -> Stamp:
        """The stamp of a write that happens here and now."""
        self._latest = tick(self._latest, self._now_ms())
        return self._latest

    def heard(self, write: Write) -> Write:
        """A write of the twin, without its stamp where that comes from a clock that cannot be right."""
        try:
            self._latest = receive(self._latest, write.stamp, self._now_ms())
        except TooFarAheadError as error:
            log.warning("stamp refused", reason=str(error), node=write.stamp.node)
            return Write(write.value, NEVER)
        return write

    def _now_ms(self) -> int | None:
        now_s = self._trusted()
        return None if now_s is None else round(now_s * 1000)

    def statements(self, name: str, twin: Write, outcome: Outcome) -> list[Statement]:
        """What keeps that `outcome` was made of what the twin wrote."""
        return [agree(name, twin), *self.count_statements(name, outcome)]

    def settle(self, name: str, twin: Write, outcome: Outcome) -> None:
        """It is on the disk."""
        self._agreed[name] = twin
        self.count(name, outcome)

    def clock_statement(self) -> Statement:
        """What keeps the stamps that were given."""
        return keep_clock(self._latest)

    def count_statements(self, name: str, outcome: Outcome) -> list[Statement]:
        """What counts a change by the twin, and keeps nothing of it: an order is no state."""
        return [keep_clock(self._latest), keep_tally(self._counted(name, outcome))]

    def count(self, name: str, outcome: Outcome) -> None:
        """It is on the disk."""
        self.tally = self._counted(name, outcome)

    def drop(self, name: str) -> None:
        """The twin wants nothing of a property any more, and the disk knows."""
        self._agreed.pop(name, None)

    def _counted(self, name: str, outcome: Outcome) -> Tally:
        return self.tally.with_change(name.partition("/")[0], outcome.side if outcome.conflicts else None)


def event_of(name: str, policy: str, base: Write, site: Write, twin: Write, outcome: Outcome) -> dict[str, Any]:
    """What the event log and the twin are told of a conflict."""
    return {
        "property": name,
        "policy": policy,
        "base": _shown(base.value),
        "site": _shown(site.value),
        "twin": _shown(twin.value),
        "outcome": _shown(outcome.value),
        "winner": outcome.side.value,
        "site_stamp": text_of(site.stamp),
        "twin_stamp": text_of(twin.stamp),
        "overlaps": [
            {"path": "/".join(one.path), "base": _shown(one.base), "site": _shown(one.site), "twin": _shown(one.twin)}
            for one in outcome.conflicts
            if one.path
        ],
    }


def _shown(value: object) -> object:
    return None if value is ABSENT else value
