"""One part of the wear benchmark: writes readings in simulated time and with real flushes, and says what that cost.

usage: python -m bench.wear_part PART DIRECTORY RUNTIME SECONDS

PART is online, offline_5s, offline_1s, rows_online or rows_offline. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

import msgspec

from bench import counters, disk
from bench.baseline import RowStore
from bench.readings import Source, as_message
from bench.rig import BATCH, commit_if_due, open_store, take_in
from bench.simulated import SimulatedClock
from gateway.cli.logs import configure
from gateway.clock import NS_PER_S
from gateway.core.settings import LogLevel, LogSettings, StoreSettings
from gateway.store.recovery import Opened

CHANNELS = 20
AT_ONCE = 2
STEP_NS = 100_000_000
"""Twenty channels in a second: a device with two of them every 100 ms, and that long until the twin acknowledges."""
STEPS_OF_A_SECOND = 10
WARM_UP_S = 60
JOURNAL_NS, PAGES_NS = 5 * NS_PER_S, 30 * NS_PER_S
"""The usual commit interval of ext4, and how old the kernel lets an unwritten page become."""


class Part(msgspec.Struct, frozen=True):
    """What one part cost."""

    readings: int
    device_bytes: int | None
    """None where the file system is on no block device."""
    process_bytes: int


class Kernel:
    """What the kernel writes by its own clock, which does not run as fast as ours.

    A write to a file makes a record of its time, which the file system's journal takes in every five seconds, and a
    page that was written through memory leaves after thirty. Without both, simulated time shows two thirds of what
    real time does; with both it came within four percent of three minutes of real time.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._journal_ns = self._pages_ns = 0

    def tick(self, now_ns: int) -> None:
        """Do what is due."""
        if now_ns >= self._journal_ns:
            self._journal_ns = now_ns + JOURNAL_NS
            for file in self._directory.glob("*-wal"):
                disk.commit_journal(file)
        if now_ns >= self._pages_ns:
            self._pages_ns = now_ns + PAGES_NS
            disk.sync(self._directory)


class Counted:
    """Counts from its making on."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        disk.sync(directory)
        self._device = self._device_bytes()
        self._process = counters.process_bytes_written()
        disk.mark()

    def end(self, readings: int) -> Part:
        """What so many readings cost; what still waits to be written is written first."""
        disk.mark()
        disk.sync(self._directory)
        device = self._device_bytes()
        on_device = None if device is None or self._device is None else device - self._device
        return Part(readings, on_device, counters.process_bytes_written() - self._process)

    def _device_bytes(self) -> int | None:
        try:
            return counters.device_below(self._directory).bytes_written
        except OSError:
            return None


async def main(part: str, directory: Path, runtime: Path, seconds: int) -> Part:
    """Run a part."""
    online = part.endswith("online")
    if part.startswith("rows"):
        return _rows(directory, seconds, online=online)
    commit_every_s = 1.0 if part.endswith("1s") else 5.0
    settings = StoreSettings(directory=str(directory), runtime_directory=str(runtime), commit_every_s=commit_every_s)
    clock, source = SimulatedClock(), Source(CHANNELS)
    async with open_store(settings, clock) as (_, opened):
        kernel = Kernel(directory)
        await _live(opened, clock, source, kernel, WARM_UP_S, online=online)
        counted = Counted(directory)
        await _live(opened, clock, source, kernel, seconds, online=online)
        return counted.end(seconds * STEPS_OF_A_SECOND * AT_ONCE)


async def _live(
    opened: Opened, clock: SimulatedClock, source: Source, kernel: Kernel, seconds: int, *, online: bool
) -> None:
    """What the daemon's loops do in that time; online, what was sent is acknowledged 100 ms later."""
    outbox = opened.outbox
    for _ in range(seconds * STEPS_OF_A_SECOND):
        sent = outbox.take_live(BATCH) if online else []
        clock.advance(STEP_NS)
        outbox.acknowledge([(one.epoch, one.lane.label, one.first, one.last) for one in sent])
        await commit_if_due(opened, clock)
        kernel.tick(clock.boottime_ns())
        take_in(outbox, source, source.readings(AT_ONCE, clock.boottime_ns(), clock.wall_ns(), tick_ns=0))


def _rows(directory: Path, readings: int, *, online: bool) -> Part:
    """The baseline, whose thousandth reading costs as much as its tenth, so that it need not write as many."""
    source = Source(CHANNELS)
    with contextlib.closing(RowStore(directory)) as store:
        counted = Counted(directory)
        for reading in source.readings(readings, 0, 0):
            row = store.put(as_message(reading, source.units[reading.series]))
            if online:
                store.forget(row)
        return counted.end(readings)


if __name__ == "__main__":
    configure(LogSettings(level=LogLevel.WARNING))
    name, store_directory, runtime_directory, simulated_s = sys.argv[1:]
    made = asyncio.run(main(name, Path(store_directory), Path(runtime_directory), int(simulated_s)))
    sys.stdout.buffer.write(msgspec.json.encode(made))
