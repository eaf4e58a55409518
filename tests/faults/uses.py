"""What the process that asks uses: memory, open files, tasks."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple


class Uses(NamedTuple):
    """What a process uses at one moment."""

    rss_bytes: int
    files: int
    tasks: Counter[str]


def uses() -> Uses:
    """What this one uses now."""
    resident = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    tasks = Counter(str(task.get_coro()).split(" at ")[0] for task in asyncio.all_tasks())
    return Uses(resident, len(list(Path("/proc/self/fd").iterdir())), tasks)
