"""The boots of the machine, as far as segments and events of theirs may wait here."""

from __future__ import annotations

from gateway.core.time_repair import BOOTS_MAX, Boot
from gateway.store.database import Database, Statement

UPSERT = (
    "INSERT INTO boot (boot_id, began_ns, last_ns) VALUES (?, ?, ?) "
    "ON CONFLICT (boot_id) DO UPDATE SET began_ns = excluded.began_ns, last_ns = excluded.last_ns"
)
DROP = "DELETE FROM boot WHERE id <= (SELECT max(id) FROM boot) - ?"


async def load_boots(database: Database) -> list[Boot]:
    """All that are known, oldest first; what cannot be believed is left out.

    Raises:
        StoreError: they cannot be read.
    """
    rows = await database.read("SELECT boot_id, began_ns, last_ns FROM boot ORDER BY id")
    return [
        Boot(boot_id, began_ns, last_ns)
        for boot_id, began_ns, last_ns in rows
        if isinstance(boot_id, str) and isinstance(began_ns, int | None) and isinstance(last_ns, int)
    ]


def save_boot(boot: Boot) -> tuple[Statement, ...]:
    """The statements that keep one, and forget the oldest."""
    return ((UPSERT, [tuple(boot)]), (DROP, [(BOOTS_MAX,)]))
