"""SIGKILL at random moments: of a start, of recovery, of a commit, of anything. It costs nothing at all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from tests.faults.allowance import Finding
from tests.faults.checks import judge
from tests.faults.evidence import gather
from tests.faults.ground import ground
from tests.faults.notes import read_notes
from tests.faults.plan import Plan
from tests.faults.zygote import Zygote, zygote

ON_ONE_GROUND = 8
"""Kills of one store: what one leaves meets the next, and every so often a new one is killed while it is made."""
LATEST_S = (0.012, 0.04, 0.12, 0.3)
"""A kill comes at a random moment before one of these."""


def sweep(seed: int, kills: int) -> Iterator[list[Finding]]:
    """Kill so many times; after each, what the checks find."""
    chance = random.Random(seed)
    with zygote() as forks:
        while kills > 0:
            with ground() as place:
                count = min(kills, ON_ONE_GROUND)
                yield from _on(place, forks, chance, count)
                kills -= count


def _on(place: Path, forks: Zygote, chance: random.Random, kills: int) -> Iterator[list[Finding]]:
    plan = Plan(store=str(place / "store"), memory=str(place / "memory"), seed=chance.randrange(1 << 30), number=0)
    statuses: list[int] = []
    number = 1
    for _ in range(kills):
        plan = plan.next(first=number, readings=None, finish=False, online=chance.random() < 0.8)
        run = forks.start(plan)
        run.ends_within(chance.uniform(0, chance.choice(LATEST_S)))
        statuses.append(run.kill())
        number = read_notes(plan.notes).next_number
        plan = plan.next(first=number, readings=0, finish=True, online=True)
        statuses.append(forks.finish(plan))
        evidence = gather(plan, statuses)
        number = evidence.told.next_number
        yield judge(evidence)
