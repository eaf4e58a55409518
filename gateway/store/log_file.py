"""The event log for who looks at it from outside: read from the file itself, while the daemon runs or not."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.core.chain import Anchor, Entry, Verdict, anchor_of, verify
from gateway.errors import StoreError
from gateway.store.database import BUSY_TIMEOUT_MS, FILE_NAME

COLUMNS = "id, boot_id, boottime_ns, time_s, clock, kind, data"


@contextlib.contextmanager
def _opened(directory: Path) -> Iterator[sqlite3.Connection]:
    """The database, of which nothing is changed.

    Raises:
        StoreError: there is none, or it cannot be read.
    """
    path = directory / FILE_NAME
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_MS / 1000)) as connection:
            connection.text_factory = lambda data: data.decode(errors="replace")
            yield connection
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{path}: {error}", hint="is it there, and may this user read it?") from error


def read_log(directory: Path, after: int = 0, kind: str = "", last: int | None = None) -> list[Entry]:
    """The entries behind number `after`, of one kind where it is named, in order; the `last` ones where that is given.

    Raises:
        StoreError: they cannot be read.
    """
    sql = f"SELECT {COLUMNS} FROM event WHERE id > ? AND (? = '' OR kind = ?) ORDER BY id DESC LIMIT ?"  # noqa: S608 - ours
    with _opened(directory) as connection:
        rows = connection.execute(sql, (after, kind, kind, -1 if last is None else last)).fetchall()
    return [Entry(*row) for row in reversed(rows)]


def verify_log(directory: Path, expected: str = "") -> Verdict:
    """Whether the chain of the log in `directory` holds, and the head `expected` (`id:digest`) was once one of it.

    Raises:
        StoreError: it cannot be read, or was made by an edgetwin that did not chain it.
    """
    with _opened(directory) as connection:
        # One transaction, so that anchor and entries are of one moment.
        connection.execute("BEGIN")
        found = connection.execute("SELECT value FROM meta WHERE key = 'events_anchor'").fetchone()
        try:
            anchor = anchor_of(found[0] if found else "")
        except (ValueError, AttributeError):
            raise StoreError(f"{directory}: the anchor of the event log cannot be read") from None
        told = connection.execute("SELECT value FROM meta WHERE key = 'events_told'").fetchone()
        rows = connection.execute(f"SELECT {COLUMNS}, digest FROM event ORDER BY id").fetchall()  # noqa: S608 - ours
    verdict = verify(anchor, ((Entry(*row[:-1]), row[-1]) for row in rows))
    if told and isinstance(told[0], int) and told[0] > verdict.head.id:
        verdict.problems.append(f"entries {verdict.head.id + 1} to {told[0]}: missing, the twin has them")
    if expected and (problem := _contradicts(expected, anchor, {row[0]: row[-1] for row in rows})):
        verdict.problems.append(problem)
    return verdict


def _contradicts(expected: str, anchor: Anchor, digests: Mapping[int, bytes | None]) -> str:
    """Why a head that was seen earlier cannot have been one of this chain; empty where it can."""
    try:
        head = anchor_of(expected)
    except ValueError:
        return f"{expected!r} is not ID:DIGEST"
    if head.id < anchor.id:
        return ""  # Dropped since then; nothing here can say.
    found = anchor.digest if head.id == anchor.id else digests.get(head.id)
    return "" if found == head.digest else f"entry {head.id}: not the one that was seen earlier"
