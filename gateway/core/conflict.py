"""Both sides changed one property since they last agreed: what is a conflict, and what comes of it.

`base` is what the twin wanted when both last agreed, and since when. Whoever wrote something else, or the same again
later, has changed it. Only where both did, and not alike, there is a conflict, and the property's policy says what
comes of it. The answer depends on the three writes alone, not on who heard of them first.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from gateway.core.hybrid_clock import NEVER, Stamp
from gateway.core.three_way import ABSENT, Overlap, Path, same, three_way


class ConflictPolicy(enum.StrEnum):
    """Who is right where both sides changed the same."""

    PHYSICAL_PRIORITY = "physical_priority"
    """The site: what was changed there holds."""
    TWIN_PRIORITY = "twin_priority"
    """The twin: what it wants is done."""
    LAST_WRITE_WINS = "last_write_wins"
    """Whoever wrote later, by hybrid logical clocks."""
    MERGE = "merge"
    """Both, key by key and set by set; where they truly overlap, whoever wrote later."""


class Side(enum.StrEnum):
    """Whose value it is."""

    SITE = "site"
    TWIN = "twin"
    BOTH = "both"
    """Some of each."""


class Write(NamedTuple):
    """What somebody said that a property should be, and when. `ABSENT` where it should not be at all."""

    value: object = ABSENT
    stamp: Stamp = NEVER


class Conflict(NamedTuple):
    """One place, by its keys below the property, that both sides changed and differently."""

    path: Path
    base: object
    site: object
    twin: object
    winner: Side


class Outcome(NamedTuple):
    """What the property is to be, whose value that is, and what had to be decided for it."""

    value: object
    side: Side
    conflicts: list[Conflict]


def changed(write: Write, base: Write) -> bool:
    """Whether somebody has changed a property since both sides agreed on `base`."""
    return write.stamp > base.stamp or not same(write.value, base.value)


def resolve(policy: ConflictPolicy, base: Write, site: Write, twin: Write) -> Outcome:
    """What comes of two writes to one property. Deterministic; the same whoever asks."""
    winner = _winner(policy, site, twin)
    if policy is ConflictPolicy.MERGE:
        return _merged(base, site, twin, winner)
    if same(site.value, twin.value) or not changed(twin, base):
        return Outcome(site.value, Side.SITE, [])
    if not changed(site, base):
        return Outcome(twin.value, Side.TWIN, [])
    value = site.value if winner is Side.SITE else twin.value
    return Outcome(value, winner, [Conflict((), base.value, site.value, twin.value, winner)])


def _winner(policy: ConflictPolicy, site: Write, twin: Write) -> Side:
    if policy is ConflictPolicy.PHYSICAL_PRIORITY:
        return Side.SITE
    if policy is ConflictPolicy.TWIN_PRIORITY:
        return Side.TWIN
    # Of two stamps that are the same in everything, both sides have to take the same: the site's.
    return Side.TWIN if twin.stamp > site.stamp else Side.SITE


def _merged(base: Write, site: Write, twin: Write, winner: Side) -> Outcome:
    def choose(overlap: Overlap) -> object:
        return overlap.one if winner is Side.SITE else overlap.other

    merged = three_way(base.value, site.value, twin.value, choose)
    conflicts = [Conflict(one.path, one.base, one.one, one.other, winner) for one in merged.overlaps]
    whose = [side for side, write in ((Side.SITE, site), (Side.TWIN, twin)) if same(merged.value, write.value)]
    return Outcome(merged.value, whose[0] if whose else Side.BOTH, conflicts)
