"""A hybrid logical clock: stamps that follow the wall clock and never contradict cause and effect.

Kulkarni, Demirbas et al., "Logical Physical Clocks", 2014. A stamp is the largest time that its writer knew of, in
milliseconds, and a counter of what happened within it. It is kept with every write, so that a start with a wrong clock
continues from where the run before it was.

A clock that nobody trusts moves no stamp: what is stamped meanwhile is later than all that was known, and no later.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MS_MAX = 2**48 - 1
COUNTER_MAX = 2**16 - 1
"""A stamp is 64 bits: 48 of milliseconds (until the year 10889), 16 of counter."""
AHEAD_MS_MAX = 60_000
"""A stamp that is later than this from now is refused: one bad clock would drag every other along, for ever. It is
beyond what clocks kept by NTP differ, and what a message takes."""

_TEXT = re.compile(r"([0-9a-f]{12})([0-9a-f]{4})(?:-([A-Za-z0-9_-]{0,64}))?")


class Stamp(NamedTuple):
    """When something was written. Stamps compare by time, then counter, then the writer's name."""

    ms: int = 0
    """Unix time in milliseconds, 0 to 2^48 - 1."""
    counter: int = 0
    """What happened before it within the same millisecond, 0 to 65535."""
    node: str = ""
    """Who wrote it: settles what nothing else does, the same way everywhere."""


NEVER = Stamp()
"""Earlier than every write."""


class TooFarAheadError(ValueError):
    """A stamp from a clock that cannot be right."""


def tick(last: Stamp, now_ms: int | None) -> Stamp:
    """The stamp of a write that happens here and now.

    Args:
        last: the latest stamp that is known here; its node is ours.
        now_ms: Unix time, or None where no clock can be trusted.
    """
    ms = max(last.ms, _bounded(now_ms))
    return _fitted(ms, last.counter + 1 if ms == last.ms else 0, last.node)


def receive(last: Stamp, other: Stamp, now_ms: int | None) -> Stamp:
    """The latest stamp that is known here once `other` is: whatever is written next is later than both.

    Raises:
        TooFarAheadError: `other` is more than `AHEAD_MS_MAX` later than now; nothing here has changed.
    """
    if now_ms is None:
        # Nobody can say whether it is too far ahead, so it is obeyed where it is not, and never adopted.
        return last
    check_ahead(other, now_ms)
    ms = max(last.ms, other.ms, _bounded(now_ms))
    if ms == last.ms and ms == other.ms:
        counter = max(last.counter, other.counter) + 1
    elif ms == last.ms:
        counter = last.counter + 1
    else:
        counter = other.counter + 1 if ms == other.ms else 0
    return _fitted(ms, counter, last.node)


def check_ahead(other: Stamp, now_ms: int | None) -> None:
    """See to it that a stamp can be right.

    Raises:
        TooFarAheadError: it is more than `AHEAD_MS_MAX` later than now.
    """
    if now_ms is not None and other.ms - now_ms > AHEAD_MS_MAX:
        ahead_s = (other.ms - now_ms) / 1000
        raise TooFarAheadError(f"stamped {ahead_s:.0f} s in the future; at most {AHEAD_MS_MAX // 1000} s are allowed")


def text_of(stamp: Stamp) -> str:
    """The stamp as 16 hexadecimal digits and, after a `-`, its writer; such texts sort as the stamps do."""
    return f"{stamp.ms:012x}{stamp.counter:04x}" + (f"-{stamp.node}" if stamp.node else "")


def stamp_of(text: object) -> Stamp | None:
    """The stamp in a text; None where it holds none."""
    found = _TEXT.fullmatch(text) if isinstance(text, str) else None
    return found and Stamp(int(found[1], 16), int(found[2], 16), found[3] or "")


def of_seconds(seconds: object, node: str) -> Stamp:
    """The stamp of a write of which only the whole second is known: the beginning of that second.

    A write at the site within the same second then counts as the later one. `NEVER` where it is no time.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= MS_MAX // 1000:
        return NEVER
    return Stamp(int(seconds) * 1000, 0, node)


def _fitted(ms: int, counter: int, node: str) -> Stamp:
    """A counter that is full borrows a millisecond from the future."""
    return Stamp(ms, counter, node) if counter <= COUNTER_MAX else Stamp(ms + 1, 0, node)


def _bounded(now_ms: int | None) -> int:
    return 0 if now_ms is None else min(max(now_ms, 0), MS_MAX - 1)
