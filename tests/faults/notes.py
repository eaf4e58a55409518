"""What a run was promised, written down outside the disk under test, one system call a line, so that a kill loses none.

taking N                     reading N is about to be handed to the outbox
taken N WALL_NS BOOT_NS      the outbox has taken it
durable N                    a commit has ended before which every reading up to N was taken
held EPOCH LANE FIRST LAST N…    the twin has committed these readings, and says so next
ordered ID EXPIRES_S         the twin is about to give a command
admitted ID                  the twin is told that it is accepted
effect ID TIME_S             it acts
outcome ID STATUS            its outcome is committed
fresh S                      a new reading was acknowledged after S seconds
wrong TEXT                   a law was broken while the run looked on
run NUMBER BOOT_NS           a run begins
cut                          the power was cut (whoever cut it says so)
ill, well                    the disk begins to fail, and is well again
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec


class Notes:
    """The open notes of a run that is under way."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def note(self, *words: object) -> None:
        """Write one line."""
        os.write(self._handle, (" ".join(map(str, words)) + "\n").encode())


@contextlib.contextmanager
def ill(path: Path) -> Iterator[None]:
    """Note that the disk fails, and when it no longer does."""
    notes = Notes(path)
    notes.note("ill")
    try:
        yield
    finally:
        notes.note("well")


class Took(msgspec.Struct, frozen=True):
    """A reading that was taken in."""

    number: int
    wall_ns: int
    boottime_ns: int


class Told(msgspec.Struct):
    """What the notes say."""

    taking: set[int] = msgspec.field(default_factory=set)
    taken: dict[int, Took] = msgspec.field(default_factory=dict)
    durable: int = 0
    """Every reading up to this one is on the disk, acknowledged or shed, but for those in `undurable`."""
    undurable: dict[int, float] = msgspec.field(default_factory=dict)
    """Readings that no commit had reached when the power was cut, and their age then in seconds."""
    held: dict[tuple[str, str, int], int] = msgspec.field(default_factory=dict)
    """(epoch, lane, seq) to the number of the reading that the twin has under it."""
    clashes: list[str] = msgspec.field(default_factory=list)
    """One name for two readings."""
    ordered: dict[str, float] = msgspec.field(default_factory=dict)
    """When each command expires."""
    admitted: set[str] = msgspec.field(default_factory=set)
    effects: list[tuple[str, bool]] = msgspec.field(default_factory=list)
    """The command of each effect, and whether its outcome was committed already."""
    acted_s: dict[str, float] = msgspec.field(default_factory=dict)
    """When each command last acted, by the wall clock."""
    outcomes: dict[str, str] = msgspec.field(default_factory=dict)
    fresh_s: float | None = None
    """How long a new reading took in the last run."""
    wrong: list[str] = msgspec.field(default_factory=list)
    runs: int = 0
    ill: bool = False
    ailing: set[int] = msgspec.field(default_factory=set)
    """Readings that were taken while the disk failed."""
    live: int = 0
    """In so many segments the twin had some of them before it was well again."""
    last_ns: int = 0
    """The boottime of the last reading that was taken."""

    @property
    def next_number(self) -> int:
        """The number that no reading has yet."""
        return max(self.taking, default=0) + 1


def read_notes(path: Path) -> Told:
    """The notes in `path`, of which the last may be half written still; none where there is no file."""
    return digest(path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else [])


def digest(lines: Iterable[str]) -> Told:
    """What `lines` say."""
    told = Told()
    for line in lines:
        word, _, rest = line.partition(" ")
        _DIGEST[word](told, rest.split(" "))
    return told


def _run(told: Told, _words: list[str]) -> None:
    told.runs += 1
    told.fresh_s = None


def _taken(told: Told, words: list[str]) -> None:
    number, wall_ns, boottime_ns = map(int, words)
    told.taken[number] = Took(number, wall_ns, boottime_ns)
    told.last_ns = boottime_ns
    if told.ill:
        told.ailing.add(number)


def _cut(told: Told, _words: list[str]) -> None:
    # Backwards from the newest: what is durable lies before the rest.
    for number in reversed(told.taken):
        if number <= told.durable:
            break
        told.undurable[number] = (told.last_ns - told.taken[number].boottime_ns) / 1e9
    told.durable = max(told.taken, default=0)


def _held(told: Told, words: list[str]) -> None:
    epoch, lane, first, _, *numbers = words
    told.live += told.ill and not told.ailing.isdisjoint(map(int, numbers))
    for seq, number in enumerate(map(int, numbers), int(first)):
        before = told.held.setdefault((epoch, lane, seq), number)
        if before != number:
            told.clashes.append(f"{epoch} {lane} {seq} is reading {before} and reading {number}")


def _effect(told: Told, words: list[str]) -> None:
    told.effects.append((words[0], words[0] in told.outcomes))
    told.acted_s[words[0]] = float(words[1])


_DIGEST = {
    "run": _run,
    "taking": lambda told, words: told.taking.add(int(words[0])),
    "taken": _taken,
    "durable": lambda told, words: setattr(told, "durable", max(told.durable, int(words[0]))),
    "cut": _cut,
    "ill": lambda told, _: setattr(told, "ill", True),
    "well": lambda told, _: setattr(told, "ill", False),
    "held": _held,
    "ordered": lambda told, words: told.ordered.update({words[0]: float(words[1])}),
    "admitted": lambda told, words: told.admitted.add(words[0]),
    "effect": _effect,
    "outcome": lambda told, words: told.outcomes.update({words[0]: words[1]}),
    "fresh": lambda told, words: setattr(told, "fresh_s", float(words[0])),
    "wrong": lambda told, words: told.wrong.append(" ".join(words)),
}
