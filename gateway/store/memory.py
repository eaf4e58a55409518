"""How far back the memory of commands reaches.

An id that has acted is remembered for longer than any command is good. But a store can be lost, or be a new one: then
an older command may have acted and nobody here knows. So the moment at which a store was made is kept in it.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from gateway.clock import NS_PER_S
from gateway.core.segment import Base
from gateway.store.database import Database
from gateway.store.segments import SET_META
from gateway.timekeeper import Timekeeper

KEY = "commands_since"


async def memory_since(database: Database, timekeeper: Timekeeper) -> Callable[[], float | None]:
    """What tells when the memory of commands began, by what is known of the clocks then; None where that is not known.

    Raises:
        StoreError: it cannot be read or kept.
    """
    found = await database.read("SELECT value FROM meta WHERE key = ?", (KEY,))
    if found:
        base = _base(found[0][0])
    elif await database.read("SELECT 1 FROM event LIMIT 1"):
        base = None  # Made by an edgetwin that did not keep it: it is no new one.
    else:
        base = timekeeper.base()
        await database.write((SET_META, [(KEY, msgspec.json.encode(base))]))

    def since_s() -> float | None:
        if base is None:
            return None
        dated = timekeeper.date(base)
        return (dated.wall_ns if dated.latest_ns is None else dated.latest_ns) / NS_PER_S

    return since_s


def _base(value: object) -> Base | None:
    try:
        return msgspec.json.decode(value, type=Base) if isinstance(value, bytes | str) else None
    except ValueError:
        return None
