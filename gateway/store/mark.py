"""The mark: how far the store had come, kept outside the database, so that a tail that vanished is noticed.

One damaged bit in a write-ahead log makes SQLite drop what was committed after it, and every check of the database
then says that all is well. The mark is a page of its own, mapped; the kernel writes it back when it likes, so it costs
no flush and may be some seconds old after a power cut: then it notices less, never too much.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from gateway.core.ledger import Ledger
from gateway.core.reading import Lane
from gateway.store.files import down_of

MAGIC = b"EDGETWM1"
PAGE = 4096
FORMAT = struct.Struct("<8s16sQQQ4QI")
"""Magic, store id, starts, commits, readings that wait, next number of each lane, CRC of all that."""


class Position(NamedTuple):
    """How far a store had come."""

    store_id: str
    starts: int
    commits: int
    waiting: int
    next_seq: tuple[int, ...]


def position_of(ledger: Ledger, store_id: str, commits: int) -> Position:
    """How far the store of a ledger has come."""
    starts = int(ledger.epoch.rpartition("-")[2])
    next_seq = tuple(ledger.next_seq[lane] for lane in Lane)
    return Position(store_id, starts, commits, ledger.waiting, next_seq)


class Mark:
    """The open mark."""

    def __init__(self, path: Path, read: Callable[[int, int, int], bytes] = os.pread) -> None:
        try:
            # A mapped page that the disk does not give is SIGBUS, at every start: asked for here, it is an error.
            handle = _open(path)
            try:
                read(handle, PAGE, 0)
            except OSError:
                os.close(handle)
                path.unlink()
                handle = _open(path)
            try:
                os.posix_fallocate(handle, 0, PAGE)
                self._map = mmap.mmap(handle, PAGE)
            finally:
                os.close(handle)
        except OSError as error:
            raise down_of(error, f"cannot use {path}") from error

    def read(self) -> Position | None:
        """What an earlier run left; None where it is new or damaged."""
        magic, store_id, starts, commits, waiting, *rest = FORMAT.unpack_from(self._map)
        if magic != MAGIC or rest[-1] != crc32(self._map[: FORMAT.size - 4]):
            return None
        return Position(store_id.decode("ascii", "replace"), starts, commits, waiting, tuple(rest[:-1]))

    def write(self, position: Position) -> None:
        """Keep `position`: one copy into memory."""
        store_id, starts, commits, waiting, next_seq = position
        head = FORMAT.pack(MAGIC, store_id.encode(), starts, commits, waiting, *next_seq, 0)[:-4]
        self._map[: FORMAT.size] = head + crc32(head).to_bytes(4, "little")

    def close(self) -> None:
        """Let go of it."""
        self._map.close()


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def lost_ranges(mark: Position, known: Position) -> dict[Lane, tuple[int, int]]:
    """The numbers that were committed by the mark's account and are unknown to the database; both are of one start."""
    lost = {}
    for lane in Lane:
        first, end = known.next_seq[lane], mark.next_seq[lane]
        if end > first:
            lost[lane] = (first, end - 1)
    return lost
