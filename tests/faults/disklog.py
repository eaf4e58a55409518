"""What a run did to its files, in order, as strace wrote it down; and what a disk may hold of it after a power cut.

Between two flushes of a file its writes reach the disk in any order or not at all, and one of them may be torn between
two sectors: less than any file system promises, and all that SQLite asks for. What the run noted (`notes`) stands in
the same order, so that it is known what had been promised by then.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

SECTOR_BYTES = 512
CALLS = ("pwrite64", "write", "ftruncate", "fdatasync", "fsync", "unlink")
ARGUMENTS = ["-y", "-xx", "-s", "65536", "-e", f"trace={','.join(CALLS)}"]
_CALL = re.compile(r"^(\d+) +(\w+)\((.*)$")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>")
_FD = re.compile(r"^\d+<([^>]*)>")
_WRITE = re.compile(r'"([^"]*)"(?:, (\d+))?(?:, (\d+))?')


class Step(NamedTuple):
    """One thing that happened to a file: `write`, `truncate` (to `at` bytes), `flush` or `unlink`."""

    what: str
    file: str
    at: int = 0
    data: bytes = b""


def parse(lines: Sequence[str]) -> Iterator[Step]:
    """The steps in strace's output. A flush counts when it has returned, a write when it was asked for."""
    flushing: dict[str, str] = {}
    for line in lines:
        resumed = _RESUMED.match(line)
        if resumed:
            if resumed[2] in ("fdatasync", "fsync"):
                yield Step("flush", flushing.pop(resumed[1]))
            continue
        call = _CALL.match(line)
        if call is None:
            continue
        thread, name, rest = call.groups()
        if name == "unlink":
            yield Step("unlink", _text(rest.split('"')[1]).decode())
            continue
        fd = _FD.match(rest)
        assert fd is not None, line[:200]
        file = _path(fd[1])
        if name in ("fdatasync", "fsync"):
            if "unfinished" in rest:
                flushing[thread] = file
            else:
                yield Step("flush", file)
        elif name == "ftruncate":
            yield Step("truncate", file, int(rest.split(",")[1].split(")")[0].split()[0]))
        else:
            written = _WRITE.search(rest)
            assert written is not None, line[:200]
            yield Step("write", file, int(written[3] or 0), _text(written[1]))


def _text(hexadecimal: str) -> bytes:
    return bytes.fromhex(hexadecimal.replace("\\x", ""))


def _path(printed: str) -> str:
    return _text(printed).decode() if printed.startswith("\\x") else printed


class State:
    """The files as a disk would have them, and what was noted by then."""

    def __init__(self, files: dict[str, bytes], notes: str) -> None:
        self._files = {file: bytearray(data) for file, data in files.items()}
        self._pending: dict[str, list[Step]] = {file: [] for file in files}
        self._notes = notes
        self.noted = bytearray()

    def do(self, step: Step, *, lying: bool = False) -> None:
        """Let a step happen; a `lying` disk says of a flush that it is done, and does nothing."""
        if step.file == self._notes:
            self.noted += step.data
        elif step.what == "unlink":
            self._files.pop(step.file, None)
            self._pending.pop(step.file, None)
        elif step.what == "flush":
            if not lying:
                for pending in self._pending.pop(step.file, []):
                    self._apply(pending, pending.data)
        else:
            self._files.setdefault(step.file, bytearray())
            self._pending.setdefault(step.file, []).append(step)

    def cut(self, chance: random.Random) -> dict[str, bytes]:
        """The files after a power cut at this moment."""
        for steps in self._pending.values():
            keep = chance.choice((0.0, 0.5, 0.9, 1.0))
            for step in steps:
                if chance.random() < keep:
                    self._apply(step, step.data)
                elif chance.random() < 0.2 and len(step.data) > SECTOR_BYTES:
                    at = SECTOR_BYTES - step.at % SECTOR_BYTES
                    self._apply(step, step.data[:at])
        return {file: bytes(data) for file, data in self._files.items()}

    def _apply(self, step: Step, data: bytes) -> None:
        file = self._files[step.file]
        if step.what == "truncate":
            file[:] = file[: step.at].ljust(step.at, b"\0")
            return
        if len(file) < step.at + len(data):
            file.extend(bytes(step.at + len(data) - len(file)))
        file[step.at : step.at + len(data)] = data


def read_files(folder: Path, names: Sequence[str]) -> dict[str, bytes]:
    """The files of a folder that is at rest, by path."""
    return {str(folder / name): (folder / name).read_bytes() for name in names if (folder / name).exists()}
