"""A local override: a value that somebody gave a channel by hand, at the site, and that holds for a time.

While it holds, nothing that a program here asks of the channel is done, and what the twin wants is decided by the
channel's conflict policy. Its time is measured by the clock that never jumps; only over a restart of the machine the
wall clock has to say how much is left, and where nobody trusts that, the time since the start.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from gateway.core.conflict import Write
from gateway.core.hybrid_clock import NEVER, stamp_of
from gateway.core.reading import Value

NS_PER_S = 1_000_000_000
OVERRIDE_KEY = "_override"
"""Where a shadow's `reported` tells of overrides; no channel has this name."""
BY_CHARACTERS_MAX = 32
"""Of a person's name so much is kept: a login name is shorter."""


class Now(NamedTuple):
    """The moment in which something is decided."""

    boot_id: str
    boottime_ns: int
    wall_s: float | None
    """Unix time; None where no clock can be trusted."""


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """One override, as it is kept on the disk."""

    channel: str
    value: Value
    by: str
    """The login name of who did it."""
    lasts_s: float
    stamp: str
    """When it was done, by the hybrid logical clock."""
    boot_id: str
    made_boottime_ns: int
    made_s: float | None = None
    """Unix time; None where no clock could be trusted then."""
    before: Value | None = None
    """What the channel was before somebody laid hands on it; None where that is not known."""

    @property
    def write(self) -> Write:
        """It, as the site's side of a conflict."""
        return Write(self.value, stamp_of(self.stamp) or NEVER)


def left_s(override: Override, now: Now) -> float:
    """How long it holds; zero or less where it has ended."""
    since_start_s = now.boottime_ns / NS_PER_S
    if override.boot_id == now.boot_id:
        return override.lasts_s - (now.boottime_ns - override.made_boottime_ns) / NS_PER_S
    if override.made_s is not None and now.wall_s is not None:
        # A clock that says it is not yet made is a wrong one: it may not make it longer than it ever was.
        return override.lasts_s - max(since_start_s, now.wall_s - override.made_s)
    return override.lasts_s - since_start_s


def told(overrides: Iterable[Override]) -> dict[str, object]:
    """What `reported` says of the overrides of one device, by channel without the device."""
    said: dict[str, object] = {}
    for one in overrides:
        entry: dict[str, object] = {"value": one.value, "by": one.by}
        if one.made_s is not None:
            entry["until"] = round(one.made_s + one.lasts_s)
        said[one.channel.partition("/")[2]] = entry
    return said
