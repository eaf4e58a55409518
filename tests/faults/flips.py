"""One bit flips in one of the store's files while nobody looks: after a kill, before the next start.

It may cost what it hits, never more than a start, and never a wrong value; and what it cost is counted, or said.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from gateway.store.database import FILE_NAME
from gateway.store.recovery import HEAD_NAME, MARK_NAME
from tests.faults.allowance import Allowance, Finding
from tests.faults.checks import judge
from tests.faults.evidence import Evidence, gather
from tests.faults.ground import ground
from tests.faults.notes import read_notes
from tests.faults.plan import Plan, kind_of
from tests.faults.reading_checks import lost
from tests.faults.zygote import Zygote, zygote

FILES = ("db", "wal", "head", "mark")
FLIPS_OF_ONE = 12
CLOSED_BEFORE = 0.6
RUN_S = (0.1, 0.6)
WAL_BEGINS_BYTES = 8_000
"""Where a start stands in the WAL: what is damaged there takes everything after it along."""
DAMAGED = Allowance(counted=True, set_aside=True, statuses=frozenset({0, 1, -9}))
SAID = (
    "set aside",
    "head file",
    "the end of the store is missing",
    "the store is a new one",
    "readings lost on the disk",
)
LAST_FRAME_READINGS = 1
"""What a flip in the very last frame costs looks like a process that died in the middle of it."""


class Flip(NamedTuple):
    """Where the bit is."""

    file: str
    byte: int
    bit: int

    def __str__(self) -> str:
        return ":".join(map(str, self))


class Outcome(NamedTuple):
    """What one flip came to."""

    flip: Flip
    lost: int
    set_aside: bool
    findings: list[Finding]


def sweep(seed: int, flips: int) -> Iterator[Outcome]:
    """Flip so many bits, each in files of its own."""
    chance = random.Random(seed)
    with zygote() as forks:
        for number in range(0, flips, FLIPS_OF_ONE):
            with ground() as place:
                plan = _kill(place, forks, chance)
                for _ in range(min(FLIPS_OF_ONE, flips - number)):
                    yield _flip(place, plan, forks, chance)


def _kill(place: Path, forks: Zygote, chance: random.Random) -> Plan:
    """A store with something in it, in the database, in its WAL and in the head file."""
    plan = Plan(
        store=str(place / "a" / "store"), memory=str(place / "a" / "memory"), seed=chance.randrange(1 << 30), number=0,
        commit_every_s=chance.choice((0.02, 0.1)), commands_every=50,
    )  # fmt: skip
    if chance.random() < CLOSED_BEFORE:
        # What a run keeps that is closed in order lies in the database, and the next start begins a WAL.
        plan = plan.next(readings=chance.randrange(20, 400), online=False)
        assert forks.finish(plan) == 0
    plan = plan.next(first=read_notes(plan.notes).next_number, readings=None, online=chance.random() < 0.5)
    run = forks.start(plan)
    run.ends_within(chance.uniform(*RUN_S))
    run.kill()
    return plan


def _flip(place: Path, plan: Plan, forks: Zygote, chance: random.Random) -> Outcome:
    shutil.rmtree(place / "b", ignore_errors=True)
    shutil.copytree(place / "a", place / "b", ignore=shutil.ignore_patterns("*.sock"))
    plan = msgspec.structs.replace(plan, store=str(place / "b" / "store"), memory=str(place / "b" / "memory"))
    flip = _choose(plan, chance)
    path = _path(plan, flip.file)
    data = bytearray(path.read_bytes())
    data[flip.byte] ^= 1 << flip.bit
    path.write_bytes(data)
    statuses = [-9]
    for _ in range(2):
        plan = plan.next(
            first=read_notes(plan.notes).next_number, readings=10, finish=True, online=True, patience_s=5.0
        )
        statuses.append(forks.finish(plan))
    evidence = gather(plan, statuses)
    findings = judge(evidence, msgspec.structs.replace(DAMAGED, again="head file damaged" in evidence.log))
    findings += [Finding(number, what) for number, what in _damage(evidence, flip)]
    return Outcome(flip, len(lost(evidence)), bool(evidence.set_aside), findings)


def _choose(plan: Plan, chance: random.Random) -> Flip:
    """A bit that may matter: of the head file only what was written, and mostly where something is."""
    file = chance.choice([file for file in FILES if _path(plan, file).exists()])
    data = _path(plan, file).read_bytes()
    end = WAL_BEGINS_BYTES if file == "wal" and chance.random() < 0.5 else len(data)
    for _ in range(200):
        byte = chance.randrange(min(end, len(data)))
        if any(data[max(0, byte - 16) : byte + 16]):
            break
    return Flip(file, byte, chance.randrange(8))


def _path(plan: Plan, file: str) -> Path:
    store = Path(plan.store)
    return {
        "db": store / FILE_NAME,
        "wal": store / f"{FILE_NAME}-wal",
        "head": plan.runtime / HEAD_NAME,
        "mark": store / MARK_NAME,
    }[file]


def _damage(evidence: Evidence, flip: Flip) -> Iterator[tuple[int, str]]:
    """Nothing may be lost without a word, and the last start has to be a good one."""
    if evidence.statuses[-1] != 0:
        yield 6, f"{flip}: a second start ended with {evidence.statuses[-1]}: a crash loop"
    missing = lost(evidence)
    said = any(words in evidence.log for words in SAID)
    if flip.file == "mark" and missing:
        yield 1, f"{flip}: {len(missing)} lost, and only the mark was damaged"
    if len(missing) > (LAST_FRAME_READINGS if flip.file == "head" else 0) and not said:
        yield 1, f"{flip}: {len(missing)} lost without a word"
    if flip.file == "db" and not evidence.set_aside and evidence.report is not None:
        series = Counter(kind_of(number).series for number in missing)
        shed = Counter({name: one["shed"] for name, one in evidence.report.tallies.items() if one["shed"]})
        if shed != series:
            yield 3, f"{flip}: lost {dict(series)}, counted {dict(shed)}"
