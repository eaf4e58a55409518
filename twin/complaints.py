"""What went wrong: every one counted, one of each kind told."""

from __future__ import annotations

from collections import Counter

import structlog

KINDS_MAX = 1000
"""Kinds that are told apart; a kind holds no text from outside, so that more of them would be a mistake of ours."""


class Complaints:
    """Counts by kind, and writes a log line when a kind is met for the first time."""

    def __init__(self, log: structlog.typing.FilteringBoundLogger) -> None:
        self._log = log
        self._counts: Counter[str] = Counter()

    @property
    def counts(self) -> dict[str, int]:
        """Kind -> how often."""
        return dict(self._counts)

    def add(self, kind: str, **details: object) -> None:
        """Count one more of `kind`; `details` are told the first time."""
        if kind not in self._counts and len(self._counts) >= KINDS_MAX:
            kind = "other"
        self._counts[kind] += 1
        if self._counts[kind] == 1:
            self._log.warning(kind, **{name: str(detail)[:300] for name, detail in details.items()})
