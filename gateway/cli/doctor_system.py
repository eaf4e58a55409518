"""Whether the machine itself is fit: its supply, its clock, and the disk that the store is on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from drivers.host import SUPPLY
from drivers.hwmon import FOLDER
from gateway.cli.finding import Finding, Level, Machine
from gateway.config.wording import size_text
from gateway.core.reading import ClockState
from gateway.core.settings import StoreSettings

IN_MEMORY = frozenset({"tmpfs", "ramfs", "overlay"})
"""File systems that forget; `overlay` is what a card that is kept read-only has."""
NOT_SAFE = frozenset({"vfat", "exfat", "msdos", "ntfs", "ntfs3", "fuseblk", "nfs", "nfs4", "cifs", "9p"})
"""File systems on which a database may be damaged by a power cut or by another machine."""
ROOM = 2
"""Quotas that should be free: what is set aside after a damage, and the new one."""


def check_system(machine: Machine, store: StoreSettings) -> Iterator[Finding]:
    """Supply, clock and disks."""
    yield from _check_supply(machine)
    yield _check_clock(machine)
    yield from _check_store(machine, store)


def _check_supply(machine: Machine) -> Iterator[Finding]:
    for folder in sorted(machine.at(FOLDER).glob("hwmon*")):
        place = f"/{folder.relative_to(machine.root)}"
        if machine.text(f"{place}/name") == SUPPLY:
            if machine.text(f"{place}/in0_lcrit_alarm") == "1":
                what = "the voltage is, or was since this was last asked, below 4.63 V"
                todo = "a stronger supply, a shorter and thicker cable, fewer parts on USB"
                yield Finding("supply", Level.WARNING, what, todo)
            else:
                yield Finding("supply", Level.OK, "the voltage is high enough")


def _check_clock(machine: Machine) -> Finding:
    if machine.clock_state is ClockState.SYNCHRONISED:
        return Finding("clock", Level.OK, "is synchronised")
    todo = "`timedatectl set-ntp true` and a way to a time server; a clock chip (DS3231) for sites without a network"
    return Finding(
        "clock", Level.WARNING, "nobody has set it since the start; readings are dated late or by the twin", todo
    )


def _check_store(machine: Machine, store: StoreSettings) -> Iterator[Finding]:
    kind, options = _mount(machine, store.directory)
    place = f"{store.directory} ({kind or 'unknown file system'})"
    if "ro" in options:
        todo = "mount it for writing, and look into `dmesg`: the kernel does this to a card with errors"
        yield Finding("store", Level.PROBLEM, f"{place} is read-only", todo)
    elif kind in IN_MEMORY:
        what = f"{place} is in memory: a power cut takes all that the twin has not"
        yield Finding("store", Level.WARNING, what, "put store.directory on a disk, ext4")
    elif kind in NOT_SAFE:
        what = f"{place} is no place for a database: a power cut may damage it"
        yield Finding("store", Level.WARNING, what, "put store.directory on a local disk, ext4")
    else:
        yield Finding("store", Level.OK, f"{place} keeps what it is given")
    yield from _check_room(machine, store)
    runtime, _ = _mount(machine, store.runtime_directory)
    if runtime and runtime not in IN_MEMORY:
        what = f"{store.runtime_directory} ({runtime}) is on a disk, and every reading is written there"
        yield Finding("runtime", Level.WARNING, what, "put store.runtime_directory on a tmpfs, such as /run")


def _check_room(machine: Machine, store: StoreSettings) -> Iterator[Finding]:
    path = machine.at(store.directory)
    while not path.exists() and path != machine.root:
        path = path.parent
    free, wanted = machine.free_bytes(path), ROOM * store.quota
    if free < wanted:
        what = f"{size_text(free // 1_000_000 * 1_000_000)} are free, the quota is {size_text(store.quota)}"
        level = Level.PROBLEM if free < store.quota else Level.WARNING
        yield Finding("room", level, what, f"make room, or lower store.quota; {size_text(wanted)} should be free")
    else:
        yield Finding("room", Level.OK, f"{free / 1e9:.1f} GB are free, the quota is {size_text(store.quota)}")


def _mount(machine: Machine, directory: str) -> tuple[str, frozenset[str]]:
    """The kind and the options of the file system that a directory is on, by /proc/mounts (proc(5))."""
    places = {"/", directory, *map(str, PurePosixPath(directory).parents)}
    best, kind, options = "", "", ""
    for line in machine.text("/proc/mounts").splitlines():
        _, where, found, given, *_ = [*line.split(), "", "", "", ""]
        where = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), where)
        if where in places and len(where) >= len(best):  # What is mounted later lies on top.
            best, kind, options = where, found, given
    return kind, frozenset(options.split(","))
