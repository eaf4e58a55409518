"""Every case of the suite by name: what it breaks, what it needs, how often in the short form and in the long one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.faults import acks, diskfull, dying, flips, kills, power, readonly, strace, syscalls, system, torn
from tests.faults.allowance import Finding


class Result(NamedTuple):
    """What one fault came to; `name` names it among those of its case, and `point` repeats it alone where it can."""

    name: str
    findings: list[Finding]
    point: str = ""


def _nothing() -> str:
    return ""


def _plain(sweep: Callable[[int, int], Iterator[list[Finding]]]) -> Callable[[int, int], Iterator[Result]]:
    def run(seed: int, count: int) -> Iterator[Result]:
        for number, findings in enumerate(sweep(seed, count), 1):
            yield Result(str(number), findings)

    return run


def _syscalls(seed: int, count: int) -> Iterator[Result]:
    for outcome in syscalls.sweep(seed, count if count > 0 else None):
        yield Result(str(outcome.point), outcome.findings, str(outcome.point))


def _flips(seed: int, count: int) -> Iterator[Result]:
    for outcome in flips.sweep(seed, count):
        yield Result(str(outcome.flip), outcome.findings)


def _diskfull(seed: int, count: int) -> Iterator[Result]:
    for number, (step, findings) in enumerate(diskfull.sweep(seed, count), 1):
        yield Result(f"{number} ({step})", findings)


def _dying(seed: int, count: int) -> Iterator[Result]:
    for number, (kind, findings) in enumerate(dying.sweep(seed, count), 1):
        yield Result(f"{number} ({kind})", findings)


def _system(seed: int, count: int) -> Iterator[Result]:
    for name, findings in system.sweep(seed, count):
        yield Result(name, findings)


class Case(NamedTuple):
    """One kind of fault."""

    about: str
    run: Callable[[int, int], Iterator[Result]]
    """Of a seed and a count, which is what `short` and `long` are."""
    short: int
    long: int
    missing: Callable[[], str] = _nothing
    """Why it cannot run here; empty where it can."""


CASES = {
    "kills": Case("SIGKILL at random moments", _plain(kills.sweep), 50, 1000),
    "syscalls": Case(
        "the N-th system call on the store fails or is the last (0: every one)", _syscalls, 60, 0, strace.missing
    ),
    "power": Case("power cuts of an ext4", _plain(power.sweep), 30, 500, power.missing),
    "torn": Case(
        "power cuts of a disk that reorders and tears what was not flushed", _plain(torn.sweep), 30, 500, strace.missing
    ),
    "diskfull": Case("a disk that is full for a while", _diskfull, 2, 40, diskfull.missing),
    "dying": Case(
        "a disk whose reads, writes or flushes fail for a while, or that opens nothing", _dying, 8, 120, strace.missing
    ),
    "readonly": Case("a file system that becomes read-only", _plain(readonly.sweep), 2, 60, power.missing),
    "flips": Case("one bit flips in a file of the store", _flips, 40, 1000),
    "system": Case("daemon, wire, broker and twin as processes", _system, 2, 40, system.missing),
    "acks": Case("acknowledgements lost, late, doubled, out of order, invented", _plain(acks.sweep), 4, 200),
}
