"""The N-th system call on the store's files fails, or is the last: N = 1, 2, 3 … until a run meets none any more."""

from __future__ import annotations

import random
import re
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from gateway.store.database import FILE_NAME
from gateway.store.recovery import HEAD_NAME, MARK_NAME
from tests.faults import strace
from tests.faults.allowance import Allowance, Finding
from tests.faults.checks import judge
from tests.faults.evidence import gather
from tests.faults.ground import ground
from tests.faults.notes import read_notes
from tests.faults.plan import PERFECT, Plan
from tests.faults.zygote import Zygote, zygote

CALLS = ("pwrite64", "fdatasync", "ftruncate", "openat", "unlink", "fallocate", "rename")
FAULTS = ("error=ENOSPC", "error=EIO", "signal=SIGKILL")
MEANT = Allowance(statuses=frozenset({0, 1, -9}))
"""A store that cannot be opened or closed ends the daemon with 1, and it is started again."""
READINGS = 60
BACKLOG_S = 0.15
FAULTY_S, PATIENCE_S = 3.0, 15.0
"""How long a run may take to deliver everything, with the fault and without: a command that the disk did not take is
given again at the next connection only."""
FRESH_MAX = 600
"""Most of the calls that make a store are writes of one and the same growth; so many of them tell enough."""


class Point(NamedTuple):
    """One place of the sweep, written `used:pwrite64:error=EIO:17`."""

    state: str
    """`fresh` while the store is made; `used` for one with a backlog that a kill has left."""
    call: str
    fault: str
    nth: int

    def __str__(self) -> str:
        return ":".join(map(str, self))

    @classmethod
    def parse(cls, text: str) -> Point:
        """The point that `text` names."""
        state, call, fault, nth = text.split(":")
        return cls(state, call, fault, int(nth))


class Outcome(NamedTuple):
    """What one point came to."""

    point: Point
    met: bool
    """Whether the fault happened at all."""
    findings: list[Finding]


def sweep(seed: int, points: int | None = None) -> Iterator[Outcome]:
    """Every point, or so many that are spread over all of them."""
    with zygote() as forks, ground() as place:
        rig = Rig(forks, place, seed)
        for point in rig.points(points):
            yield rig.hit(point)


def replay(seed: int, text: str) -> Outcome:
    """One point again."""
    with zygote() as forks, ground() as place:
        return Rig(forks, place, seed).hit(Point.parse(text))


class Rig:
    """What every point begins with."""

    def __init__(self, forks: Zygote, place: Path, seed: int) -> None:
        self._forks = forks
        self._place = place
        self._seed = seed
        self._backlog = self._plan(place / "used", first=1)
        run = forks.start(msgspec.structs.replace(self._backlog, stalled=False, finish=False, readings=None))
        run.ends_within(BACKLOG_S)
        run.kill()

    def _plan(self, place: Path, first: int) -> Plan:
        return Plan(
            store=str(place / "store"),
            memory=str(place / "memory"),
            seed=self._seed,
            number=2,
            first=first,
            readings=READINGS,
            finish=True,
            luck=PERFECT,
            stalled=True,
            online=first > 1,
            patience_s=FAULTY_S,
        )

    def points(self, count: int | None) -> list[Point]:
        """All points, or about so many of them: each kind of call and fault has its share."""
        fresh, used = self._every("fresh"), self._every("used")
        if count is None:
            return [*_spread(fresh, FRESH_MAX, self._seed), *used]
        writes = [point for point in used if point.call == "pwrite64"]
        others = [point for point in used if point.call != "pwrite64"]
        return [point for points in (fresh, writes, others) for point in _spread(points, count // 3, self._seed)]

    def _every(self, state: str) -> list[Point]:
        """Every point of a state, one of each kind beyond the last call included."""
        trace = self._place / "trace"
        self._run(state, trace, [])
        found = Counter(re.findall(r"^\d+ +(\w+)\(", trace.read_text(encoding="utf-8"), re.MULTILINE))
        counts = [(call, nth) for call in CALLS for nth in range(1, found[call] + 2)]
        return [Point(state, call, fault, nth) for call, nth in counts for fault in FAULTS]

    def hit(self, point: Point) -> Outcome:
        """Run with the fault, then without; the checks say what is wrong then."""
        trace = self._place / "trace"
        plan, status = self._run(point.state, trace, ["-e", f"inject={point.call}:{point.fault}:when={point.nth}"])
        text = trace.read_text(encoding="utf-8")
        statuses = [status]
        first = read_notes(plan.notes).next_number
        plan = plan.next(first=first, stalled=False, online=True, readings=5, patience_s=PATIENCE_S)
        statuses.append(self._forks.finish(plan))
        findings = judge(gather(plan, statuses), MEANT)
        return Outcome(point, "INJECTED" in text or "killed by SIGKILL" in text, findings)

    def _run(self, state: str, trace: Path, inject: list[str]) -> tuple[Plan, int]:
        place = self._place / "point"
        shutil.rmtree(place, ignore_errors=True)
        first = 1
        if state == "used":
            shutil.copytree(self._place / "used", place, ignore=shutil.ignore_patterns("*.sock"))
            plan = self._plan(place, first)
            first = read_notes(plan.notes).next_number
        plan = self._plan(place, first)
        store = Path(plan.store)
        files = [store / f"{FILE_NAME}{suffix}" for suffix in ("", "-wal", "-shm")]
        paths = [*files, store / MARK_NAME, store / "lock", plan.runtime / HEAD_NAME, store]
        run = self._forks.start(plan)
        with strace.attached(run, trace, ["-e", f"trace={','.join(CALLS)}", *inject], paths):
            if not run.ends_within(plan.patience_s + 10):
                run.send(signal.SIGKILL)
        return plan, run.end()


def _spread(points: list[Point], count: int, seed: int) -> list[Point]:
    """About `count` of `points`, evenly spread, beginning by chance."""
    step = max(1.0, len(points) / max(1, count))
    at = random.Random(seed).uniform(0, step - 1)
    return [points[int(at + step * place)] for place in range(int((len(points) - at) / step))]
