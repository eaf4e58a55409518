"""What the kernel counts of processes and devices."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

SECTOR_BYTES = 512
"""The unit of /sys/block/*/stat, whatever the device's own is."""
KB = 1024
MB = 1_000_000
CPUCLOCK_SCHED = 2
"""Makes a process id a clock's id, as clock_getcpuclockid(3) does: the CPU time of all threads of that process."""


class Memory(NamedTuple):
    """A process's memory, in bytes."""

    rss: int
    uss: int
    """Not shared with anybody: what would be free if it ended."""


class Device(NamedTuple):
    """What was written to a block device."""

    bytes_written: int
    flushes: int


def cpu_s(pid: int) -> float:
    """CPU time of a process that runs, with all its threads.

    Raises:
        OSError: it has ended.
    """
    return time.clock_gettime((~pid << 3) | CPUCLOCK_SCHED)


def children_cpu_s(pid: int) -> float:
    """CPU time of the children that a process has had and waited for, to a tick of the clock (proc(5), stat).

    Raises:
        OSError: it has ended.
    """
    return parse_children(Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace"))


def parse_children(text: str) -> float:
    """What /proc/*/stat says: the 16th and 17th word; the 2nd is a name in brackets, which may hold anything."""
    words = text.rpartition(")")[2].split()
    return (int(words[13]) + int(words[14])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int | str = "self") -> Memory:
    """Memory of a process that runs.

    Raises:
        OSError: it has ended.
    """
    return parse_rollup(Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"))


def parse_rollup(text: str) -> Memory:
    """What /proc/*/smaps_rollup says."""
    found: dict[str, int] = {}
    for line in text.splitlines()[1:]:
        key, _, value = line.partition(":")
        found[key] = int(value.split()[0]) * KB
    return Memory(found["Rss"], found["Private_Clean"] + found["Private_Dirty"])


def reset_peak() -> None:
    """Let the peak of this process's memory begin anew (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_rss() -> int:
    """The most memory that this process has had since `reset_peak`, in bytes."""
    return _of_status("VmHWM") * KB


def rss() -> int:
    """The memory of this process, in bytes."""
    return _of_status("VmRSS") * KB


def _of_status(key: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return int(value.split()[0])
    raise OSError(f"/proc/self/status has no {key}")


def process_bytes_written() -> int:
    """What this process has had written to block devices (proc(5), io), less what was deleted first."""
    counts = dict(line.split(": ") for line in Path("/proc/self/io").read_text(encoding="ascii").splitlines())
    return int(counts["write_bytes"]) - int(counts["cancelled_write_bytes"])


def device_below(path: Path) -> Device:
    """What was written so far to the block device that the file system of `path` is on.

    Raises:
        OSError: it is on none.
    """
    number = path.stat().st_dev
    stat = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}/stat")
    return parse_stat(stat.read_text(encoding="ascii"))


def parse_stat(text: str) -> Device:
    """What /sys/block/*/stat says: the seventh number is sectors written, the sixteenth flushes (Linux 5.5)."""
    numbers = [int(word) for word in text.split()]
    return Device(numbers[6] * SECTOR_BYTES, numbers[15] if len(numbers) > 15 else 0)
