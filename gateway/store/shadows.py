"""What is kept of the two sides of every shadow: the base both agreed on, overrides by hand, the hybrid logical clock.

Everything here is a statement for somebody's transaction: a base that were stored apart from the outcome of a conflict
would let a crash decide it once more, or apply an old change again.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import structlog

from gateway.core.conflict import Side, Write
from gateway.core.hybrid_clock import NEVER, Stamp, stamp_of, text_of
from gateway.core.override import Override
from gateway.store.database import Database, Statement
from gateway.store.segments import SET_META

AGREE = (
    "INSERT INTO agreed (property, desired, stamp) VALUES (?, ?, ?) "
    "ON CONFLICT (property) DO UPDATE SET desired = excluded.desired, stamp = excluded.stamp"
)
CLOCK_KEY = "hybrid_clock"
TALLY_KEY = "conflicts"

log = structlog.get_logger("store")


class Share(msgspec.Struct, frozen=True):
    """What one device has of it."""

    changes: int = 0
    conflicts: int = 0

    @property
    def rate(self) -> float:
        """Conflicts for each change; 0 where nothing was changed."""
        return self.conflicts / self.changes if self.changes else 0.0


class Tally(msgspec.Struct, frozen=True):
    """How often both sides changed the same, for the life of the store."""

    changes: int = 0
    """Changes by the twin that something was decided about."""
    site: int = 0
    """Conflicts that the site won, and so on."""
    twin: int = 0
    both: int = 0
    devices: dict[str, Share] = {}
    """The same by device; a store from before this was counted has less here than above."""

    @property
    def conflicts(self) -> int:
        """All conflicts."""
        return self.site + self.twin + self.both

    @property
    def rate(self) -> float:
        """Conflicts for each change; 0 where nothing was changed."""
        return self.conflicts / self.changes if self.changes else 0.0

    def of(self, device: str) -> Share:
        """What one device has of it."""
        return self.devices.get(device, Share())

    def with_change(self, device: str, winner: Side | None) -> Tally:
        """This and one more change of a device; `winner` where it was a conflict."""
        had, conflict = self.of(device), int(winner is not None)
        devices = self.devices | {device: Share(had.changes + 1, had.conflicts + conflict)}
        won = {} if winner is None else {winner.value: getattr(self, winner.value) + 1}
        return msgspec.structs.replace(self, changes=self.changes + 1, devices=devices, **won)


class Kept(NamedTuple):
    """What an earlier run left."""

    agreed: dict[str, Write]
    overrides: dict[str, Override]
    latest: Stamp
    """The latest stamp that was known; its node is ours."""
    tally: Tally = Tally()


async def load_kept(database: Database, node: str) -> Kept:
    """What is kept; what cannot be read is told and passed over.

    Args:
        database: the store.
        node: the name under which this gateway stamps.

    Raises:
        StoreError: the database does not answer.
    """
    agreed: dict[str, Write] = {}
    for name, desired, stamp in await database.read("SELECT property, desired, stamp FROM agreed"):
        try:
            agreed[name] = Write(msgspec.json.decode(desired), stamp_of(stamp) or NEVER)
        except (msgspec.DecodeError, RecursionError) as error:  # Without a base every change counts as one.
            log.error("agreed value cannot be read", property=name, reason=str(error))
    overrides: dict[str, Override] = {}
    for channel, body in await database.read("SELECT channel, body FROM override"):
        try:
            overrides[channel] = msgspec.json.decode(body, type=Override)
        except msgspec.DecodeError as error:  # It does not hold any more: the twin's wish is followed.
            log.error("override cannot be read", channel=channel, reason=str(error))
    latest = stamp_of(await _meta(database, CLOCK_KEY)) or NEVER
    return Kept(agreed, overrides, latest._replace(node=node), _tally(await _meta(database, TALLY_KEY)))


async def _meta(database: Database, key: str) -> str:
    rows = await database.read("SELECT value FROM meta WHERE key = ?", (key,))
    value = rows[0][0] if rows else ""
    return value if isinstance(value, str) else ""


def _tally(text: str) -> Tally:
    try:
        return msgspec.json.decode(text, type=Tally) if text else Tally()
    except msgspec.DecodeError as error:
        log.error("count of conflicts cannot be read", reason=str(error))
        return Tally()


def agree(name: str, desired: Write) -> Statement:
    """What keeps that both sides know of this wish for a property and that something was made of it."""
    return (AGREE, [(name, msgspec.json.encode(desired.value).decode(), text_of(desired.stamp))])


def disagree(name: str) -> Statement:
    """What forgets a property that the twin wants nothing of any more."""
    return ("DELETE FROM agreed WHERE property = ?", [(name,)])


def keep_override(override: Override) -> Statement:
    """What keeps an override, in place of the one before it."""
    return (
        "INSERT INTO override (channel, body) VALUES (?, ?) ON CONFLICT (channel) DO UPDATE SET body = excluded.body",
        [(override.channel, msgspec.json.encode(override).decode())],
    )


def end_override(channel: str) -> Statement:
    """What forgets an override."""
    return ("DELETE FROM override WHERE channel = ?", [(channel,)])


def keep_clock(latest: Stamp) -> Statement:
    """What keeps the latest stamp, for a start with a wrong clock."""
    return (SET_META, [(CLOCK_KEY, text_of(latest))])


def keep_tally(tally: Tally) -> Statement:
    """What keeps the count of conflicts."""
    return (SET_META, [(TALLY_KEY, msgspec.json.encode(tally).decode())])
