"""A file system that finds itself damaged and becomes read-only under the daemon, as an ext4 on a card does.

It stays so until it is mounted again, which takes an end of the daemon. Until then readings go on to the twin, also
after a start, with memory in the place of the store.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from pathlib import Path

from tests.faults.allowance import Allowance, Finding
from tests.faults.checks import judge
from tests.faults.diskfull import flows
from tests.faults.evidence import gather
from tests.faults.ground import ground
from tests.faults.notes import ill, read_notes
from tests.faults.plan import Plan
from tests.faults.power import Disk, a_disk

MEANT = Allowance(statuses=frozenset({0, -9}))
ILL_S = 0.8
PATIENCE_S = 25.0


def sweep(seed: int, faults: int) -> Iterator[list[Finding]]:
    """So many faults; for each, what the checks find."""
    chance = random.Random(seed)
    for _ in range(faults):
        with ground() as place, a_disk(place) as disk:
            yield list(_fail(place, disk, chance))


def _fail(place: Path, disk: Disk, chance: random.Random) -> Iterator[Finding]:
    plan = Plan(
        store=str(disk.folder / "store"), memory=str(place / "memory"), seed=chance.randrange(1 << 30),
        every_s=0.005, patience_s=PATIENCE_S, grown=chance.random() < 0.5,
    )  # fmt: skip
    run = disk.forks.start(plan)
    flows(plan, run)
    run.ends_within(chance.uniform(0, 0.3))
    # Between two flushes: of one that is under way as the journal ends, this kernel may say that it was good.
    run.freeze()
    disk.fail()
    with ill(plan.notes):
        run.send(signal.SIGCONT)
        run.ends_within(ILL_S)
    statuses = [run.kill()]
    plan = plan.next(first=read_notes(plan.notes).next_number, readings=20, finish=True, patience_s=1.0)
    statuses.append(disk.forks.finish(plan))
    disk.remount()
    plan = plan.next(first=read_notes(plan.notes).next_number, readings=50, patience_s=PATIENCE_S)
    statuses.append(disk.forks.finish(plan))
    evidence = gather(plan, statuses, root=disk.root)
    yield from judge(evidence, MEANT)
    if statuses[1:] != [0, 0]:
        yield Finding(6, f"a start on a read-only disk, and one after it, ended with {statuses[1:]}")
    if not evidence.told.live:
        yield Finding(7, "nothing went on to the twin while the disk was read-only")
