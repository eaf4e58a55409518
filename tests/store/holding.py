"""What a gate may say of a series when a reading comes: what is sent, held and dropped."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.core.gate import Outcome
from gateway.core.reading import Reading

WINDOWED = ("pump/flow",)
"""Series of which what waits is held as the window of a hybrid is."""
HOLDINGS = ("replace", "grow", "turn", "admit")
"""The newest of what waits is no news, and the reading waits in its place; it waits too; what waited is sent, and it
waits; all is sent."""


def outcome_of(how: str, before: Sequence[Reading], now: Reading, *, windowed: bool) -> Outcome:
    """What becomes of `before`, which waits, and of `now`."""
    send: tuple[Reading, ...] = ()
    held: tuple[Reading, ...] = (now,)
    dropped: tuple[Reading, ...] = ()
    if how == "replace":
        held, dropped = (*before[:-1], now), tuple(before[-1:])
    elif how == "grow":
        held = (*before, now)
    elif how == "turn":
        send = tuple(before)
    else:
        send, held = (*before, now), ()
    return Outcome(send, held, dropped, len(before) if windowed and send else 0, len(held) if windowed else 0)
