"""The files of the database: one process at a time, and a damaged one out of the way but never thrown away."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import structlog

from gateway.errors import StoreBusyError, StoreDownError, StoreError

DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_ERROR}
"""Primary codes of errors that lie in the file itself (the last: its tables are not ours). Others, such as those of a
full or failing disk, say nothing about what the file holds, and it is left alone."""

WRITE_VERSION_AT, WRITE_VERSIONS = 18, (1, 2)
"""The byte of the header that says how the file may be written: 1 with a rollback journal, 2 with a WAL."""

DISK_HINT = "is the disk full, read-only or failing, and may this user write to it?"

ASIDE_MAX = 3
"""Databases that were set aside are for a person to look at; who has not looked at three looks at none."""

MISTAKES = {errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL}
"""Error numbers that say that no directory can ever be at this path; everything else may pass."""
DISK = {
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
}
"""Primary codes of errors that the disk is to blame for."""

log = structlog.get_logger("store")


def down_of(error: Exception, message: str) -> StoreError:
    """The error to raise for one of the operating system or of SQLite: whether the disk is to blame, or somebody is."""
    if isinstance(error, OSError):
        if error.errno in MISTAKES:
            hint = "store.directory must exist, or be makeable, and be writable by this user"
            return StoreError(f"{message}: {error.strerror}", hint=hint)
        return StoreDownError(f"{message}: {error.strerror}", hint=DISK_HINT)
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    kind = StoreDownError if code & 0xFF in DISK else StoreError
    return kind(f"{message}: {error}", hint=DISK_HINT)


def set_aside(path: Path, stamp: str, error: Exception) -> Path:
    """Give a damaged database, with its WAL, a dated name, for a person to look at, and make room for a new one.

    Raises:
        StoreError: `error` says nothing about the file, or it cannot be renamed.
    """
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    if code & 0xFF not in DAMAGE and not (code == sqlite3.SQLITE_READONLY and _calls_itself_read_only(path)):
        raise down_of(error, f"cannot open {path}") from error
    again = itertools.chain([""], map("-{}".format, itertools.count(2)))
    names = (path.with_name(f"{path.name}.{stamp}{more}.bad") for more in again)
    aside = next(name for name in names if not name.exists())
    try:
        for suffix in ("-wal", "-shm", ""):  # The file itself last, so that its WAL is never taken for a new file's.
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.rename(f"{aside}{suffix}")
    except OSError as failure:
        raise down_of(failure, f"cannot set {path} aside as {aside.name}") from failure
    log.error("database damaged and set aside", reason=str(error), file=str(aside))
    return aside


def keep_newest_aside(directory: Path, newest: Path | None, bytes_max: int) -> int:
    """Remove the oldest databases that were set aside, beyond ASIDE_MAX or `bytes_max`; returns what is left in bytes.

    `newest`, which was set aside just now, always stays. What cannot be removed stays and counts.
    """
    found: dict[str, list[Path]] = {}
    for part in directory.glob("*.bad*"):
        found.setdefault(part.name.partition(".bad")[0], []).append(part)
    left = count = 0
    for parts in sorted(found.values(), key=lambda parts: _age(parts, newest)):
        size = sum(part.stat().st_size for part in parts)
        first = newest is not None and newest in parts
        if not first and (count >= ASIDE_MAX or left + size > bytes_max):
            with contextlib.suppress(OSError):
                for part in parts:
                    part.unlink()
                log.warning("old damaged database removed", file=str(parts[0]), bytes=size)
                continue
        left, count = left + size, count + 1
    return left


def _age(parts: list[Path], newest: Path | None) -> tuple[bool, int]:
    """The newest sorts first; a wall clock that was wrong then makes no more of this than a wrong order."""
    return newest not in parts, -max(map(_renamed_ns, parts))


def _renamed_ns(path: Path) -> int:
    return path.stat().st_ctime_ns


def _calls_itself_read_only(path: Path) -> bool:
    """Whether the file's header says so; no version of SQLite has written that. Otherwise it is the disk that says it.

    Source: the file format write version, https://sqlite.org/fileformat2.html section 1.3.3.
    """
    with contextlib.suppress(OSError), path.open("rb") as file:
        header = file.read(WRITE_VERSION_AT + 1)
        return len(header) > WRITE_VERSION_AT and header[WRITE_VERSION_AT] not in WRITE_VERSIONS
    return False


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold `directory`, which is made where there is none, for this process alone.

    Raises:
        StoreBusyError: another process holds it.
        StoreError: it cannot be used.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise down_of(error, f"cannot use the store's directory {directory}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreBusyError(
                f"another edgetwin has the store in {directory}",
                hint="stop it, or give this one its own store.directory",
            ) from None
        yield
    finally:
        os.close(handle)
