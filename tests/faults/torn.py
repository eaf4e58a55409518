"""Power cuts of a disk that keeps back, reorders and tears what was not flushed, at any moment of one recorded run.

Needs strace and no rights. The twin of the recorded run is not asked, for it knows the future: what it had acknowledged
at the moment of the cut is in the notes, and the drained rest goes to a new one.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from gateway.store.database import FILE_NAME
from tests.faults import disklog, strace
from tests.faults.allowance import Allowance, Finding
from tests.faults.checks import judge
from tests.faults.evidence import Evidence, Row, gather
from tests.faults.ground import ground
from tests.faults.notes import Told, digest, read_notes
from tests.faults.plan import Luck, Plan, kind_of, value_of
from tests.faults.zygote import Zygote, zygote

COMMIT_EVERY_S = 0.1
RECORD_S = 2.5
STATES_OF_ONE = 60
ALLOWANCE = Allowance(undurable=True, commit_every_s=COMMIT_EVERY_S, statuses=frozenset({0}))
SILENT = Luck(lost=30, refused=5, acks_lost=20)
"""So that a good part of the readings comes from the disk."""


def sweep(seed: int, states: int, *, lying: bool = False) -> Iterator[list[Finding]]:
    """So many states of the disk; for each, what the checks find."""
    chance = random.Random(seed)
    with zygote() as forks:
        for number in range(0, states, STATES_OF_ONE):
            with ground() as place:
                plan, base, steps = _record(place, forks, chance, fresh=number > 0 and chance.random() < 0.3)
                for _ in range(min(STATES_OF_ONE, states - number)):
                    yield _cut(place, plan, base, steps, forks, chance, lying=lying)


def _record(
    place: Path, forks: Zygote, chance: random.Random, *, fresh: bool
) -> tuple[Plan, dict[str, bytes], list[disklog.Step]]:
    """Run for a while, from a new store or from one that was closed in order; the files before, and what was done."""
    plan = Plan(
        store=str(place / "store"),
        memory=str(place / "memory"),
        seed=chance.randrange(1 << 30),
        number=0,
        commit_every_s=COMMIT_EVERY_S,
        luck=SILENT,
        readings=20,
        finish=True,
    )
    if not fresh:
        assert forks.finish(plan) == 0
    base = disklog.read_files(Path(plan.store), (FILE_NAME, f"{FILE_NAME}-wal"))
    told = read_notes(plan.notes)
    plan.notes.unlink(missing_ok=True)
    plan = plan.next(readings=None, finish=False, stalled=True, first=told.next_number)
    trace = place / "trace"
    run = forks.start(plan)
    with strace.attached(run, trace, disklog.ARGUMENTS, [*_files(plan), plan.notes]):
        run.ends_within(RECORD_S)
        run.kill()
    return plan, base, list(disklog.parse(trace.read_text(encoding="utf-8").splitlines()))


def _files(plan: Plan) -> list[Path]:
    return [Path(plan.store) / name for name in (FILE_NAME, f"{FILE_NAME}-wal")]


def _cut(
    place: Path, plan: Plan, base: dict[str, bytes], steps: list[disklog.Step], forks: Zygote, chance: random.Random,
    *, lying: bool,
) -> list[Finding]:  # fmt: skip
    state = disklog.State(base, str(plan.notes))
    for step in steps[: chance.randrange(len(steps))]:
        state.do(step, lying=lying)
    shutil.rmtree(place / "cut", ignore_errors=True)
    store, memory = place / "cut" / "store", place / "cut" / "memory"
    for folder in (store, memory):
        folder.mkdir(parents=True)
    for file, data in state.cut(chance).items():
        (store / Path(file).name).write_bytes(data)
    (memory / "notes").write_bytes(bytes(state.noted) + b"cut\n")
    before = digest(state.noted.decode().splitlines())
    drain = Plan(
        store=str(store), memory=str(memory), first=before.next_number, readings=0, finish=True, boot="boot-2",
        seed=plan.seed, number=2,
    )  # fmt: skip
    evidence = gather(drain, [forks.finish(drain)])
    return judge(_with(evidence, before), ALLOWANCE)


def _with(evidence: Evidence, before: Told) -> Evidence:
    """Count what the first twin had acknowledged as held by the second."""
    keys = {(row.epoch, row.lane, row.seq) for row in evidence.rows}
    for key, number in before.held.items():
        if key not in keys:
            kind = kind_of(number)
            wall_s = before.taken[number].wall_ns / 1e9
            evidence.rows.append(Row(*key, kind.series, kind.unit, wall_s, value_of(number), ""))
    return evidence
