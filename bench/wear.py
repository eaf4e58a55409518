"""What readings cost the card: bytes written to the device and flushes, at 20 readings a second, in simulated time.

The store lies on an ext4 file system of its own, in an image on a loop device, so that everything is counted that a
card would have to write, the file system's own records too; `wear_part.Kernel` makes up for timers of the kernel that
simulated time leaves behind. Without root it lies on an ordinary disk, and only what
this process wrote is counted; the notes say which.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench.children import module, output_of
from bench.disk import counting, flushes, own_file_system
from bench.result import Measured, Metric
from bench.wear_part import Part
from demo.folders import folders

METRICS = (
    Metric("online_bytes_per_reading", "B", target=0),
    Metric("online_fsyncs_per_reading", "1", target=0),
    Metric("offline_5s_bytes_per_reading", "B", target=200, times_baseline=100),
    # No multiple of the baseline here: a ring of raw blocks, without any database, writes 314 bytes at this rate.
    Metric("offline_1s_bytes_per_reading", "B", target=450),
)


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    seconds: int = 3600
    """Simulated, of each part."""
    baseline_readings: int = 500
    own_disk: bool = True
    """On a file system of its own, where this user may have one."""


FULL = Sizes()
QUICK = Sizes(seconds=30, baseline_readings=5)


class Worn(NamedTuple):
    """What a part cost for each reading."""

    bytes: float
    fsyncs: float | None
    own: bool
    """Whether it was counted on a device of its own."""


async def measure(sizes: Sizes) -> Measured:
    """Measure both."""
    with folders(None) as made:
        parts = {
            name: await _part(name, made.state / name, made.runtime / name, seconds, own_disk=sizes.own_disk)
            for name, seconds in (
                ("online", sizes.seconds),
                ("offline_5s", sizes.seconds),
                ("offline_1s", sizes.seconds),
                ("rows_online", sizes.baseline_readings),
                ("rows_offline", sizes.baseline_readings),
            )
        }
    online, rows = parts["online"], parts["rows_online"]
    return Measured(
        {
            "online_bytes_per_reading": online.bytes,
            "online_fsyncs_per_reading": online.fsyncs,
            "offline_5s_bytes_per_reading": parts["offline_5s"].bytes,
            "offline_1s_bytes_per_reading": parts["offline_1s"].bytes,
        },
        {
            "online_bytes_per_reading": rows.bytes,
            "online_fsyncs_per_reading": rows.fsyncs,
            "offline_5s_bytes_per_reading": parts["rows_offline"].bytes,
            "offline_1s_bytes_per_reading": parts["rows_offline"].bytes,
        },
        _notes(sizes, parts),
    )


async def _part(name: str, folder: Path, runtime: Path, seconds: int, *, own_disk: bool) -> Worn:
    (folder / "disk").mkdir(parents=True)
    log = folder / "flushes"
    mounting, tracing = own_file_system(folder) if own_disk else [], counting(log)
    arguments = (name, str(folder / "disk" / "store"), str(runtime), str(seconds))
    said = await output_of([*mounting, *tracing, *module(sys.executable, "bench.wear_part", *arguments)])
    part = msgspec.json.decode(said, type=Part)
    own = bool(mounting) and part.device_bytes is not None
    written = part.device_bytes if own and part.device_bytes is not None else part.process_bytes
    fsyncs = flushes(log.read_text(encoding="ascii")) / part.readings if tracing else None
    return Worn(written / part.readings, fsyncs, own)


def _notes(sizes: Sizes, parts: dict[str, Worn]) -> list[str]:
    where = "sectors of an ext4 of its own on a loop device, its journal included"
    if not all(part.own for part in parts.values()):
        where = "what the process had written (/proc/self/io); without the file system's own records, which need root"
    notes = [
        f"{sizes.seconds} simulated seconds of each kind at 20 readings/s; baseline {sizes.baseline_readings} readings",
        "offline, nothing is deleted yet, neither here nor by the baseline",
        f"bytes are {where}",
    ]
    if parts["online"].fsyncs is None:
        return [*notes, "flushes were not counted: strace is missing or not allowed"]
    counts = ", ".join(f"{name} {part.fsyncs:.3g}" for name, part in parts.items() if part.fsyncs is not None)
    return [*notes, f"flushes per reading, by strace: {counts}"]
