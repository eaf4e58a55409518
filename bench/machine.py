"""Which machine this is, and how fast it is at this moment."""

from __future__ import annotations

import json
import os
import platform
import random
import sqlite3
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.readings import Source
from bench.result import Machine
from demo.folders import DISK

TRIES = 5
"""The best of so many: what disturbs a run only ever makes it longer."""
BLOCK_BYTES = 65_536


def describe() -> Machine:
    """This machine, now."""
    return Machine(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        cpu=cpu_model(),
        cores=len(os.sched_getaffinity(0)),
        kernel=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        file_system=file_system(DISK),
        load=round(os.getloadavg()[0], 2),
        encode_1000_ms=best_ms(_encoder()),
        deflate_64k_ms=best_ms(_deflater()),
        loop_1e6_ms=best_ms(_loop),
    )


def cpu_model(table: Path = Path("/proc/cpuinfo")) -> str:
    """What the processor calls itself: x86 in the line `model name`, a Raspberry Pi in `Model`."""
    try:
        lines = table.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    return named.get("model name") or named.get("Model") or platform.processor() or platform.machine()


def file_system(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """The kind of file system that `path` is on."""
    found = ("", "unknown")
    real = str(path.resolve())
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, place, kind, *_ = line.split()
        # The longest mount point above the path is the one that counts, and of equals the one mounted last.
        if (real + "/").startswith(place.rstrip("/") + "/") and len(place) >= len(found[0]):
            found = (place, kind)
    return found[1]


def best_ms(work: Callable[[], object]) -> float:
    """The CPU time that `work` takes at best, in milliseconds."""
    best_s = float("inf")
    for _ in range(TRIES):
        began_s = time.process_time()
        work()
        best_s = min(best_s, time.process_time() - began_s)
    return round(best_s * 1000, 3)


def _encoder() -> Callable[[], object]:
    messages = [
        {"device": "room", "channel": "temperature", "value": one.value, "time": one.wall_ns / 1e9}
        for one in Source(20).readings(1000, 0, 0)
    ]
    return lambda: [json.dumps(message) for message in messages]


def _deflater() -> Callable[[], object]:
    chance = random.Random(1)  # noqa: S311 - the same on every machine
    block = "".join(chance.choices("0123456789.,", k=BLOCK_BYTES)).encode()
    return lambda: zlib.compress(block)


def _loop() -> int:
    return sum(1 for _ in range(1_000_000))
