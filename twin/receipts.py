"""Acknowledgements: what a gateway may forget, and what it need not send again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gateway.core.senml import Rejected
from gateway.core.wire import Ack

RANGES_MAX = 1500
"""Ranges in one message: with them it stays half below what a gateway reads, which the largest batch would not."""

REJECTED_MAX = 100
"""Rejected segments in one message, each with its reason: the other half."""

Range = tuple[str, str, int, int]
"""Epoch, lane label, first and last."""


class Receipt(NamedTuple):
    """An answer to a batch, to events or to a birth that waits for its commit."""

    topic: str
    ranges: list[Range]
    received_s: float
    rejected: list[Rejected]


def acks(receipt: Receipt, sent_s: float, accepts: list[str]) -> Iterator[Ack]:
    """The messages that say it, and what this twin can read: one, or as many as are needed."""
    rejected = [(one.epoch, one.lane, one.first, one.last, one.reason) for one in receipt.rejected]
    parts = max(_parts(receipt.ranges, RANGES_MAX), _parts(rejected, REJECTED_MAX), 1)
    for part in range(parts):
        yield Ack(
            ranges=receipt.ranges[part * RANGES_MAX : (part + 1) * RANGES_MAX],
            received=receipt.received_s,
            sent=sent_s,
            rejected=rejected[part * REJECTED_MAX : (part + 1) * REJECTED_MAX],
            accepts=accepts,
        )


def _parts(things: list[tuple[str, str, int, int]] | list[tuple[str, str, int, int, str]], most: int) -> int:
    return -(-len(things) // most)
