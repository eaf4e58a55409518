"""A disk that fails for a while, and then is well again, with nobody to help.

Reads, writes or flushes fail, or it takes nothing any more; strace makes the system calls on the store's files fail,
and lets go. Meanwhile readings go on to the twin, what the disk does not take waits in memory, and nothing is lost.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from gateway.store.database import FILE_NAME
from gateway.store.recovery import MARK_NAME
from tests.faults import strace
from tests.faults.allowance import Allowance, Finding
from tests.faults.checks import judge
from tests.faults.diskfull import flows
from tests.faults.evidence import gather
from tests.faults.ground import ground
from tests.faults.notes import ill, read_notes
from tests.faults.plan import Plan
from tests.faults.zygote import Zygote, zygote

KINDS = {
    "reads": ("pread64:error=EIO",),
    "writes": ("pwrite64:error=EIO",),
    "flushes": ("fdatasync:error=EIO", "fsync:error=EIO"),
    "read-only": ("pwrite64:error=EROFS", "ftruncate:error=EROFS"),
    "everything": ("pread64:error=EIO", "pwrite64:error=EIO", "fdatasync:error=EIO"),
    "start": ("openat:error=EIO", "pread64:error=EIO"),
    "start full": ("openat:error=ENOSPC", "pwrite64:error=ENOSPC"),
    "start read-only": ("openat:error=EROFS", "pwrite64:error=EROFS", "ftruncate:error=EROFS"),
}
"""What fails; at a start, from before the store is opened: memory stands in for it until it can be."""
MEANT = Allowance(statuses=frozenset({0}))
BACKLOG_READINGS = 4000
"""Enough that what waits on the disk has to be read from there."""
ILL_S = 0.8
PATIENCE_S = 25.0


def sweep(seed: int, faults: int) -> Iterator[tuple[str, list[Finding]]]:
    """So many faults, kind by kind; for each, what the checks find."""
    chance = random.Random(seed)
    kinds = list(KINDS)
    with zygote() as forks:
        for number in range(faults):
            kind = kinds[number % len(kinds)]
            with ground() as place:
                yield kind, list(_fail(kind, place, forks, chance))


def _fail(kind: str, place: Path, forks: Zygote, chance: random.Random) -> Iterator[Finding]:
    plan = Plan(
        store=str(place / "store"), memory=str(place / "memory"), seed=chance.randrange(1 << 30), number=0,
        readings=BACKLOG_READINGS, burst=100, online=False, patience_s=PATIENCE_S, grown=chance.random() < 0.5,
    )  # fmt: skip
    statuses, at_start = [forks.finish(plan)], kind.startswith("start")
    plan = plan.next(
        first=read_notes(plan.notes).next_number, readings=1000, burst=5, every_s=0.005, online=True, finish=True,
        stalled=at_start,
    )  # fmt: skip
    run, trace = forks.start(plan), place / "trace"
    if at_start:
        with strace.passing(run, trace, _inject(kind), _files(plan)), ill(plan.notes):
            flows(plan, run)
            run.ends_within(ILL_S)
    else:
        flows(plan, run)
        run.ends_within(chance.uniform(0, 0.2))
        with strace.passing(run, trace, _inject(kind), _files(plan)), ill(plan.notes):
            run.ends_within(ILL_S)
    statuses.append(run.end(PATIENCE_S + 15.0))
    evidence = gather(plan, statuses)
    yield from judge(evidence, MEANT)
    if not evidence.told.live:
        yield Finding(7, "nothing went on to the twin while the disk failed")
    if "INJECTED" not in trace.read_text(encoding="utf-8"):
        yield Finding(6, "nothing failed: this round tests nothing")


def _inject(kind: str) -> list[str]:
    faults = KINDS[kind]
    calls = ",".join(fault.partition(":")[0] for fault in faults)
    return ["-e", f"trace={calls}", *(word for fault in faults for word in ("-e", f"inject={fault}"))]


def _files(plan: Plan) -> list[Path]:
    return [Path(plan.store) / name for name in (FILE_NAME, f"{FILE_NAME}-wal", MARK_NAME)]
