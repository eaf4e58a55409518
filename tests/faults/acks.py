"""Acknowledgements that are lost, late, doubled, out of order, for half a segment, of another epoch, of the future.

Only one that names everything that a segment holds, and that the twin sent, frees it. Some commands come late too, and
must not act then.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.faults.allowance import Finding
from tests.faults.checks import judge
from tests.faults.evidence import gather
from tests.faults.ground import ground
from tests.faults.notes import read_notes
from tests.faults.plan import Luck, Plan
from tests.faults.zygote import zygote

READINGS = 400
STARTS = 3
"""Runs of one store: what is late or wrong in one may be of the run before."""
LUCK = Luck(
    lost=25, refused=5, acks_lost=20, acks_late=30, acks_twice=30, acks_invented=40, orders_late=30, cut_once_in=60
)


def sweep(seed: int, rounds: int) -> Iterator[list[Finding]]:
    """So many stores, each with some runs of bad luck; for each, what the checks find."""
    chance = random.Random(seed)
    with zygote() as forks:
        for _ in range(rounds):
            with ground() as place:
                plan = Plan(
                    store=str(place / "store"), memory=str(place / "memory"), seed=chance.randrange(1 << 30), luck=LUCK,
                    readings=READINGS, number=0, finish=True,
                )  # fmt: skip
                statuses = []
                for _ in range(STARTS):
                    plan = plan.next(first=read_notes(plan.notes).next_number)
                    statuses.append(forks.finish(plan))
                yield judge(gather(plan, statuses))
