"""Power cuts of a real file system: what was not flushed is gone, whatever the process believes.

The store lies on an ext4 of its own, on a loop device, in a mount namespace of its own, which goes when the process
that holds it does: nothing is left behind, however this ends. A cut is a stopped process, then the ioctl that makes
ext4 forget everything that is not on the device.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import random
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.faults.allowance import Allowance, Finding
from tests.faults.checks import judge
from tests.faults.evidence import gather
from tests.faults.ground import ground
from tests.faults.notes import Notes, read_notes
from tests.faults.plan import Plan
from tests.faults.zygote import Zygote, zygote

DISK_BYTES = 16_000_000
SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN of the kernel's fs/ext4/ext4.h: _IOR('X', 125, __u32)."""
WITHOUT_FLUSH = (2).to_bytes(4, "little")
"""EXT4_GOING_FLAGS_NOLOGFLUSH: not even the journal is written."""
ON_ONE_DISK = 10
COMMIT_EVERY_S = 0.1
LATEST_S = (0.1, 0.3, 0.6)
OUTSIDE = ("unshare", "--mount", "--propagation", "private")


@functools.cache
def missing() -> str:
    """Why there can be no power cuts here; empty where there can."""
    if os.geteuid() != 0:
        return "power cuts need root"
    for program in ("unshare", "nsenter", "mount", "mkfs.ext4"):
        if shutil.which(program, path=_path()) is None:
            return f"power cuts need {program}"
    try:
        with ground() as place, a_disk(place):
            return ""
    except OSError as error:
        return f"power cuts need a loop device and ext4: {error}"


def sweep(seed: int, cuts: int) -> Iterator[list[Finding]]:
    """Cut the power so many times; after each, what the checks find."""
    chance = random.Random(seed)
    while cuts > 0:
        count = min(cuts, ON_ONE_DISK)
        with ground() as place, a_disk(place) as disk:
            yield from _on(place, disk, chance, count)
        cuts -= count


def _on(place: Path, disk: Disk, chance: random.Random, cuts: int) -> Iterator[list[Finding]]:
    allowance = Allowance(undurable=True, commit_every_s=COMMIT_EVERY_S)
    plan = Plan(
        store=str(disk.folder / "store"),
        memory=str(place / "memory"),
        seed=chance.randrange(1 << 30),
        number=0,
        commit_every_s=COMMIT_EVERY_S,
    )
    statuses: list[int] = []
    for cut in range(cuts):
        first = read_notes(plan.notes).next_number
        online = chance.random() < 0.7
        plan = plan.next(first=first, readings=None, finish=False, online=online, boot=f"boot-{2 * cut}")
        run = disk.forks.start(plan)
        run.ends_within(chance.uniform(0, chance.choice(LATEST_S)))
        run.send(signal.SIGSTOP)
        disk.cut_power()
        statuses.append(run.kill())
        Notes(plan.notes).note("cut")
        shutil.rmtree(plan.runtime, ignore_errors=True)
        disk.remount()
        first = read_notes(plan.notes).next_number
        plan = plan.next(first=first, readings=0, finish=True, online=True, boot=f"boot-{2 * cut + 1}")
        statuses.append(disk.forks.finish(plan))
        yield judge(gather(plan, statuses, root=disk.root), allowance)


class Disk:
    """A mounted disk, and the process that forks where it can be seen."""

    def __init__(self, forks: Zygote, image: Path, folder: Path) -> None:
        self.forks = forks
        self.folder = folder
        self.root = f"/proc/{forks.pid}/root"
        """Where its namespace is seen from outside."""
        self._image = image
        self.mount()

    def mount(self) -> None:
        self._inside("mount", "-t", "ext4", "-o", "loop,noatime,errors=remount-ro", str(self._image), str(self.folder))

    def cut_power(self) -> None:
        """From now on nothing reaches the disk, and what had not is gone."""
        handle = os.open(f"{self.root}{self.folder}", os.O_RDONLY)
        try:
            fcntl.ioctl(handle, SHUTDOWN, WITHOUT_FLUSH)
        finally:
            os.close(handle)

    def fail(self) -> None:
        """The file system finds itself damaged, and takes nothing any more."""
        mounts = Path(f"/proc/{self.forks.pid}/mounts").read_text(encoding="utf-8").splitlines()
        device = next(Path(line.split()[0]).name for line in mounts if line.split()[1] == str(self.folder))
        assert device.startswith("loop"), device
        Path(f"/sys/fs/ext4/{device}/trigger_fs_error").write_text("planted", encoding="ascii")

    def remount(self) -> None:
        """The power comes back: the file system replays its journal."""
        self._inside("umount", str(self.folder))
        self.mount()

    def _inside(self, *command: str) -> None:
        _call("nsenter", f"--mount=/proc/{self.forks.pid}/ns/mnt", "--", *command)


@contextlib.contextmanager
def a_disk(place: Path) -> Iterator[Disk]:
    image, folder = place / "image", place / "disk"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    _call("mkfs.ext4", "-q", "-F", str(image))
    with zygote(*OUTSIDE) as forks:
        forks.ready()
        yield Disk(forks, image, folder)


def _call(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PATH": _path()})
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()[:200]}")


def _path() -> str:
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
