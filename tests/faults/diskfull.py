"""A disk that is full for a while: readings go on through memory; what memory cannot hold goes in order, counted."""

from __future__ import annotations

import contextlib
import errno
import functools
import itertools
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gateway.core.reading import Lane
from tests.faults.allowance import Allowance, Finding
from tests.faults.checks import judge
from tests.faults.evidence import Evidence, gather
from tests.faults.ground import ground
from tests.faults.notes import ill, read_notes
from tests.faults.plan import Plan, kind_of
from tests.faults.reading_checks import lost
from tests.faults.zygote import Run, Zygote, zygote

DISK_BYTES = 4_000_000
MEANT = Allowance(counted=True, statuses=frozenset({0, 1, -9}))
"""A store that cannot be closed on a full disk ends the daemon with 1, and it is started again."""
PATIENCE_S = 25.0
FULL_S = 0.5
LOOK_EVERY_S = 0.01
SHARE_SLACK = 0.01
"""What was on the disk or with the twin before cannot be shed, whatever its lane."""
OVERFLOW_READINGS, MEMORY_BYTES = 20_000, 150_000
"""So many do not fit in so much, nor in so much and the disk before it was full."""
STEPS = ("flow", "restart", "overflow")
"""Full while readings flow; full over a SIGKILL and a start; full, offline, until memory is too."""


@functools.cache
def missing() -> str:
    """Why no disk can be filled here; empty where one can."""
    if shutil.which("unshare") is None:
        return "a full disk needs unshare"
    done = subprocess.run([*_prefix("/tmp"), "true"], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"a full disk needs a tmpfs of its own: {done.stderr.strip()[:200]}"


def _prefix(folder: str) -> list[str]:
    """What starts a program that sees a small disk in `folder`, in a namespace that ends with it."""
    outside = ["unshare", "--mount", "--propagation", "private"]
    if os.geteuid() != 0:
        outside = ["unshare", "--user", "--map-root-user", *outside[1:]]
    mount = f'mount -t tmpfs -o size={DISK_BYTES} none "$0" && exec "$@"'
    return [*outside, "sh", "-c", mount, folder]


def sweep(seed: int, rounds: int) -> Iterator[tuple[str, list[Finding]]]:
    """So many rounds of every kind; for each, what the checks find."""
    chance = random.Random(seed)
    for _ in range(rounds):
        for step in STEPS:
            with ground() as place:
                folder = place / "disk"
                folder.mkdir()
                with zygote(*_prefix(str(folder))) as forks:
                    forks.ready()
                    yield step, list(_round(step, place, forks, chance))


def _round(step: str, place: Path, forks: Zygote, chance: random.Random) -> Iterator[Finding]:
    disk = f"/proc/{forks.pid}/root{place}/disk"
    overflow = step == "overflow"
    plan = Plan(
        store=str(place / "disk" / "store"), memory=str(place / "memory"), seed=chance.randrange(1 << 30),
        readings=None if step == "restart" else OVERFLOW_READINGS if overflow else 2500, burst=100 if overflow else 5,
        online=not overflow and chance.random() < 0.7, finish=True, commands_every=0 if overflow else 25,
        patience_s=PATIENCE_S, memory_bytes=MEMORY_BYTES if overflow else None,
        grown=not overflow and chance.random() < 0.3,
    )  # fmt: skip
    run = forks.start(plan)
    flows(plan, run)
    run.ends_within(chance.uniform(0, 0.05 if overflow else 0.25))
    statuses = []
    with _full(disk), ill(plan.notes):
        run.ends_within(FULL_S)
        while overflow and read_notes(plan.notes).next_number <= OVERFLOW_READINGS and not run.ends_within(FULL_S):
            pass
        if step == "restart":
            statuses.append(run.kill())
            again = plan.next(first=read_notes(plan.notes).next_number, readings=100, patience_s=1.0)
            statuses.append(forks.finish(again))
            plan = again.next(first=read_notes(plan.notes).next_number, readings=50, patience_s=PATIENCE_S)
    if step == "restart":
        run = forks.start(plan)
    statuses.append(run.end(PATIENCE_S + 15.0))
    if statuses[-1] == 1:  # All was delivered while the disk was full still, and then the store could not be closed.
        plan = plan.next(first=read_notes(plan.notes).next_number, readings=50, online=True)
        statuses.append(forks.finish(plan))
    evidence = gather(plan, statuses, root=f"/proc/{forks.pid}/root")
    yield from judge(evidence, msgspec.structs.replace(MEANT, counted=overflow))
    if step == "flow" and plan.online and not evidence.told.live:
        yield Finding(7, "nothing went on to the twin while the disk was full")
    if overflow:
        yield from _in_order_of_lanes(evidence)


def flows(plan: Plan, run: Run) -> None:
    """Wait until readings are taken in: a start that meets a full disk is another fault."""
    while plan.first not in read_notes(plan.notes).taken and not run.ends_within(LOOK_EVERY_S):
        pass


@contextlib.contextmanager
def _full(disk: str) -> Iterator[None]:
    """Fill the disk to its last byte, and free it again."""
    ballast = Path(disk) / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for block in (b"\0" * 65_536, b"\0" * 512):
            try:
                while True:
                    file.write(block)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    try:
        yield
    finally:
        ballast.unlink()


def _in_order_of_lanes(evidence: Evidence) -> Iterator[Finding]:
    """Low goes before normal, normal before high, critical never."""
    taken = [kind_of(number).lane for number in evidence.told.taken]
    gone = [kind_of(number).lane for number in lost(evidence)]
    if Lane.CRITICAL in gone:
        yield Finding(1, "a critical reading was shed")
    if not gone:
        yield Finding(3, "memory never was full: this round tests nothing")
    shares = [gone.count(lane) / max(1, taken.count(lane)) for lane in (Lane.LOW, Lane.NORMAL, Lane.HIGH)]
    if any(later > earlier + SHARE_SLACK for earlier, later in itertools.pairwise(shares)):
        yield Finding(1, f"shed of low, normal and high: {shares}")
    if gone and "gap" not in {event.kind for event in evidence.events}:
        yield Finding(3, "readings were shed, and the event log knows no gap")
