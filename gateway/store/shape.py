"""What a database of ours looks like: the scripts that make it, and whether what is found in one is what they make.

A flipped bit in the text of a table's definition passes every check that SQLite makes, and may give a column another
name or a lane another number.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "schema"
DEFINITIONS = "SELECT type, name, tbl_name, sql FROM sqlite_master"
NO_MATTER = re.compile(r"--[^\n]*|\s+")
"""Comments and spaces: what is damaged there changes nothing, nor does a letter that became a capital."""

Definition = tuple[str, str, str, str | None]
"""Type, name, table and SQL text of a table, view or index; an index that SQLite made has no text."""


def script(number: int) -> str:
    """The SQL that makes schema `number` of the one before it, in one transaction."""
    text = (FOLDER / f"{number:04d}.sql").read_text(encoding="utf-8")
    return f"BEGIN IMMEDIATE; {text}; PRAGMA user_version={number}; COMMIT;"


def differs(found: Iterable[Definition], version: int) -> str:
    """The first table, view or index of schema `version` that is not among `found` as it should be; empty for none.

    What somebody added is no harm.
    """
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as pattern:
        for number in range(1, version + 1):
            pattern.executescript(script(number))
        expected = pattern.execute(DEFINITIONS).fetchall()
    known = {_plain(one) for one in found}
    return next((str(one[1]) for one in expected if _plain(one) not in known), "")


def _plain(definition: Definition) -> tuple[str, str, str, str]:
    kind, name, table, sql = definition
    return kind, name.lower(), table.lower(), NO_MATTER.sub(" ", sql or "").lower()
