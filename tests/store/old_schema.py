"""A database as an older edgetwin left it."""

from __future__ import annotations

import contextlib
import sqlite3
from importlib import resources

from gateway.store.database import FILE_NAME


@contextlib.contextmanager
def store_of_schema(folder, version):
    """A connection to a new database of that schema; on leaving it is committed and closed."""
    scripts = resources.files("gateway.store") / "schema"
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as old:
        old.execute("PRAGMA journal_mode=WAL")
        for number in range(1, version + 1):
            old.executescript((scripts / f"{number:04d}.sql").read_text(encoding="utf-8"))
        old.execute(f"PRAGMA user_version={version}")
        yield old
        old.commit()
