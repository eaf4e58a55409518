"""How often a part was read and how often it failed, by kind, since the daemon started."""

from __future__ import annotations

import enum
from collections import Counter
from typing import Any

from drivers.base import BusError, ChecksumError, DriverError, NoAnswerError, WrongPartError
from gateway.clock import NS_PER_S


class ErrorKind(enum.StrEnum):
    """What went wrong between us and a part."""

    NO_ANSWER = "no_answer"
    CHECKSUM = "checksum"
    WRONG_PART = "wrong_part"
    BUS = "bus"
    OTHER = "other"
    """What the driver says is nothing of these, or a mistake in the driver."""


_KINDS = (
    (NoAnswerError, ErrorKind.NO_ANSWER),
    (ChecksumError, ErrorKind.CHECKSUM),
    (WrongPartError, ErrorKind.WRONG_PART),
    (BusError, ErrorKind.BUS),
)


def kind_of(error: DriverError) -> ErrorKind:
    """The kind of an error."""
    return next((kind for type_, kind in _KINDS if isinstance(error, type_)), ErrorKind.OTHER)


class Statistics:
    """The counts of one device."""

    def __init__(self, now_ns: int) -> None:
        self.reads = 0
        """How often it gave its values."""
        self.errors: Counter[ErrorKind] = Counter()
        """Every failed attempt to open, read or drive it, by kind."""
        self.last = ""
        """What the last error said; it stays when the device is back."""
        self._since_ns = now_ns
        self._last_ns = now_ns

    def failed(self, error: DriverError, now_ns: int) -> None:
        """Count an error; times are boottime."""
        self.errors[kind_of(error)] += 1
        self.last, self._last_ns = str(error), now_ns

    def described(self, now_ns: int) -> dict[str, Any]:
        """The counts as a document; `last_error` is None where there was none."""
        error = {"reason": self.last, "age_s": round((now_ns - self._last_ns) / NS_PER_S, 1)}
        return {
            "reads": self.reads,
            "errors": {kind.value: count for kind, count in sorted(self.errors.items())},
            "last_error": error if self.errors else None,
            "counted_s": round((now_ns - self._since_ns) / NS_PER_S, 1),
        }
