"""The head file: what the outbox holds in memory, in a form that outlives the process.

It lies in memory (tmpfs), so it costs the card nothing and a power cut takes it; a crash or SIGKILL does not.

Format. The file has two halves; one is current. A half is a header, a snapshot and frames:

    magic 8 | generation u64 | snapshot length u32 | snapshot CRC u32 | header CRC u32 | snapshot | frames …
    frame: length u32 | CRC u32 (of the generation, then the data) | data

The half with the higher generation and a good header is current. Its frames end at the first that is not whole; that
is the one in whose middle the process died, and nobody was promised it. Where a whole one follows, it is damage. Frames
left over from an earlier use of the half do not match, because their CRC began with another generation. Numbers are
little-endian.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self
from zlib import crc32

from gateway.errors import StoreError

MAGIC = b"EDGETWH1"
HEADER = struct.Struct("<8sQIII")
FRAME = struct.Struct("<II")
FRAMES_BYTES = 131_072
"""Behind so much of frames a new snapshot is begun: what is not touched takes no memory."""
HALF_BYTES = 1_048_576
"""Room for some 20 000 readings between two commits: 5 s of 4000 readings a second."""
SEARCH_BYTES = 16_384
"""How far behind a broken frame a whole one is looked for: most are a tenth of this."""


class Recovered(NamedTuple):
    """What a head file of an earlier process holds."""

    snapshot: bytes
    frames: list[bytes]


class Head:
    """An open head file. `append` costs one copy into memory and no system call."""

    def __init__(self, path: Path, half_bytes: int = HALF_BYTES) -> None:
        self._path = path
        self._half_bytes = half_bytes
        self._generation = 0
        self._position = 0
        self._end = 0
        self._turn = 0
        self.damaged = False
        """Whether `recover` found that something is missing that was kept."""
        self._map = _open(path, 2 * half_bytes)

    def recover(self) -> Recovered | None:
        """What an earlier process left, or None where there is nothing usable."""
        found = [self._header(half) for half in (0, 1)]
        current = max((0, 1), key=lambda half: found[half][0])
        self._generation, length, crc = found[current]
        if self._generation == 0:
            return None
        start = current * self._half_bytes + HEADER.size
        snapshot = self._map[start : start + length]
        if crc32(snapshot) != crc:
            self.damaged = True
            return None
        return Recovered(snapshot, self._frames(start + length, (current + 1) * self._half_bytes))

    def _header(self, half: int) -> tuple[int, int, int]:
        start = half * self._half_bytes
        raw = self._map[start : start + HEADER.size]
        magic, generation, length, crc, header_crc = HEADER.unpack(raw)
        if magic != MAGIC or header_crc != crc32(raw[: HEADER.size - 4]) or length > self._half_bytes - HEADER.size:
            self.damaged = self.damaged or any(raw)  # All zeros is how `begin` leaves it until it is done.
            return (0, 0, 0)
        return (generation, length, crc)

    def _frames(self, position: int, end: int) -> list[bytes]:
        frames = []
        seed = crc32(self._generation.to_bytes(8, "little"))
        while data := self._frame(position, end, seed):
            frames.append(data)
            position += FRAME.size + len(data)
        self.damaged = self.damaged or self._goes_on(position, end, seed)
        return frames

    def _frame(self, position: int, end: int, seed: int) -> bytes:
        """The frame at a place; empty where none is, or none that is whole."""
        if position + FRAME.size > end:
            return b""
        length, crc = FRAME.unpack_from(self._map, position)
        position += FRAME.size
        if length == 0 or position + length > end:
            return b""
        data = self._map[position : position + length]
        return data if crc32(data, seed) == crc else b""

    def _goes_on(self, position: int, end: int, seed: int) -> bool:
        """Whether a whole frame follows the broken one at a place: that one is then no end, but damaged."""
        if position + FRAME.size > end:
            return False
        length, _ = FRAME.unpack_from(self._map, position)
        places = [position + FRAME.size + length, *range(position + 1, min(position + SEARCH_BYTES, end))]
        return any(self._frame(place, end, seed) for place in places)

    def begin(self, snapshot: bytes) -> bool:
        """Make the other half current, with `snapshot` in it and no frames; False, and no change, where it has no room.

        The header is written last: until then the old half holds.
        """
        if HEADER.size + len(snapshot) + FRAME.size > self._half_bytes:
            return False
        self._generation += 1
        half = self._generation % 2
        start = half * self._half_bytes
        body = start + HEADER.size
        self._map[start:body] = bytes(HEADER.size)
        self._map[body : body + len(snapshot)] = snapshot
        head = HEADER.pack(MAGIC, self._generation, len(snapshot), crc32(snapshot), 0)[: HEADER.size - 4]
        self._position = body + len(snapshot)
        self._end = start + self._half_bytes
        self._turn = self._position + FRAMES_BYTES
        self._seed = crc32(self._generation.to_bytes(8, "little"))
        self._map[start:body] = head + crc32(head).to_bytes(4, "little")
        return True

    def append(self, data: bytes) -> bool:
        """Add a frame; False, and no change, where it has no room."""
        position, size = self._position, len(data)
        end = position + FRAME.size + size
        if end > self._end:
            return False
        self._map[position:end] = FRAME.pack(size, crc32(data, self._seed)) + data
        self._position = end
        return True

    def keep(self, data: bytes, snapshot: Callable[[], bytes]) -> None:
        """Add a frame, in the other half behind a new `snapshot` where this one is full or long enough.

        Raises:
            StoreError: there is no room for both; nothing that was kept is lost.
        """
        if self._position < self._turn and self.append(data):
            return
        state = snapshot()
        if HEADER.size + len(state) + FRAME.size + len(data) <= self._half_bytes:
            self.begin(state)
            self.append(data)
        elif not self.append(data):
            raise StoreError(f"{self._path}: no room for {len(state)} bytes and an event of {len(data)}")

    def close(self) -> None:
        """Let go of the file; what it holds stays."""
        self._map.close()

    def discard(self) -> None:
        """Remove the file: all that it held is on the disk. Where that fails, the next start finds nothing new."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _open(path: Path, size: int) -> mmap.mmap:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # Reserved now, because a page that cannot be had later would be SIGBUS in the middle of a reading.
            os.posix_fallocate(handle, 0, size)
            return mmap.mmap(handle, size)
        finally:
            os.close(handle)
    except OSError as error:
        raise StoreError(
            f"cannot use the head file {path}: {error.strerror}",
            hint="store.runtime_directory must be writable and have 2 MB of memory (tmpfs)",
        ) from error
