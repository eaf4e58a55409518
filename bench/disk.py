"""A small file system of its own for what is measured, and a count of its flushes, where this machine allows both."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.children import SYSTEM_PATH, surroundings

IMAGE_BYTES = 256 * 1024 * 1024
MKFS = ("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0")
"""Made in full at once: what the kernel would make later, in the background, would be counted."""
NAMESPACE = ("unshare", "--mount", "--propagation", "private")
MOUNT = 'mount -t ext4 -o loop "$1" "$2"; shift 2; exec "$@"'
"""The mount ends with its name space, whose only process this becomes, and the loop device with the mount."""
NO_FILE = 999_999
"""A descriptor that nobody has; flushing it leaves a mark among those that are noted."""
NOT_THE_STORES = 999_998
"""The same, before a flush that does not count."""
TRACED = "trace=fsync,fdatasync"

_CALL = re.compile(r"\b(?:fsync|fdatasync)\((\d+)\) += (-?\d+)")
_RESUMED = re.compile(r"<\.\.\. (?:fsync|fdatasync) resumed>\) += (-?\d+)")


def own_file_system(folder: Path) -> list[str]:
    """What to put before a command, so that an ext4 of its own is mounted in `folder`/disk while it runs.

    Empty where this user may not, or a tool is missing.
    """
    tools = (MKFS[0], NAMESPACE[0], "mount", "sh")
    if os.geteuid() != 0 or any(shutil.which(tool, path=SYSTEM_PATH) is None for tool in tools):
        return []
    image, place = folder / "disk.img", folder / "disk"
    place.mkdir(exist_ok=True)
    with image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    before = [*NAMESPACE, "sh", "-ec", MOUNT, "sh", str(image), str(place)]
    # A container may forbid what root may do elsewhere.
    return before if _works([*MKFS, str(image)]) and _works([*before, "true"]) else []


def counting(log: Path) -> list[str]:
    """What to put before a command, so that its flushes are noted in `log`; empty where strace is not allowed."""
    before = ["strace", "-f", "-qq", "-o", str(log), "-e", TRACED]
    return before if shutil.which("strace") and _works([*before, "true"]) else []


def _works(command: Sequence[str]) -> bool:
    try:
        done = subprocess.run(command, env=surroundings(), capture_output=True, check=False)  # noqa: S603 - ours
    except OSError:
        return False
    return done.returncode == 0


def mark(descriptor: int = NO_FILE) -> None:
    """Leave a mark among the noted flushes: one of a file that does not exist."""
    with contextlib.suppress(OSError):
        os.fsync(descriptor)


def commit_journal(file: Path) -> None:
    """Have the file system's journal take in what it knows of `file`. This flush is not counted as one of the store."""
    handle = os.open(file, os.O_RDONLY)
    try:
        mark(NOT_THE_STORES)
        os.fsync(handle)
    finally:
        os.close(handle)


def flushes(log: str) -> int:
    """How many flushes succeeded between the first and the last mark."""
    counts = [0]
    for line in log.splitlines():
        call = _CALL.search(line)
        if call and call[1] == str(NO_FILE):
            counts.append(0)
        elif call and call[1] == str(NOT_THE_STORES):
            counts[-1] -= 1
        elif (call and call[2] == "0") or ((late := _RESUMED.search(line)) and late[1] == "0"):
            counts[-1] += 1
    return sum(counts[1:-1])


def sync(folder: Path) -> None:
    """Have everything of one file system written, and of no other (syncfs(2))."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(handle) != 0:
            raise OSError(ctypes.get_errno(), f"syncfs {folder}")
    finally:
        os.close(handle)
