"""The command line of `scripts/faults`: every case with its seed, one line for each, and how to repeat what failed."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence

from tests.faults import mutants, syscalls
from tests.faults.cases import CASES, Case, Result

SHOWN_CHARACTERS = 1500
SHOWN = 10
"""Faults of one case whose findings are shown in full."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say. Returns 0 where all checks held, 1 where not, 2 where it was not understood."""
    arguments = _parser().parse_args(argv)
    unknown = [name for name in arguments.only if name not in CASES]
    if unknown:
        sys.stderr.write(f"faults: unknown {', '.join(unknown)}; known are {', '.join(CASES)}\n")
        return 2
    seed = random.SystemRandom().randrange(1 << 30) if arguments.seed is None else arguments.seed
    if arguments.list:
        return _list()
    if arguments.mutants is not None:
        return _mutants(arguments.mutants)
    if arguments.point:
        outcome = syscalls.replay(seed, arguments.point)
        return _show(Result(arguments.point, outcome.findings))
    names = arguments.only or list(CASES)
    bad = 0
    for name in names:
        case = CASES[name]
        count = arguments.count if arguments.count is not None else case.long if arguments.long else case.short
        bad += _run(name, case, seed, count, stop=arguments.stop)
    return 1 if bad else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="faults", description="Break things, and check that what is promised holds.")
    parser.add_argument("--long", action="store_true", help="as often as it takes to believe it; hours")
    parser.add_argument("--seed", type=int, metavar="N", help="begin with this; a new one where not given")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this case; may be repeated")
    parser.add_argument("--count", type=int, metavar="N", help="so many faults of each case")
    parser.add_argument("--point", metavar="POINT", help="this one place of the case syscalls")
    parser.add_argument("--stop", action="store_true", help="end a case with the first fault that it does not survive")
    parser.add_argument("--mutants", nargs="*", type=int, metavar="N", help="break the product instead; all, or these")
    parser.add_argument("--list", action="store_true", help="say which cases there are, and do nothing")
    return parser


def _list() -> int:
    for name, case in CASES.items():
        lacks = case.missing()
        here = f"; not here: {lacks}" if lacks else ""
        sys.stdout.write(f"{name:10}{case.about} ({case.short}, long {case.long or 'all'}){here}\n")
    return 0


def _mutants(numbers: list[int]) -> int:
    """Show that each planted mistake is caught. Returns 1 where one survived, or could not be planted."""
    known = range(1, len(mutants.MUTANTS) + 1)
    if any(number not in known for number in numbers):
        sys.stderr.write(f"faults: mutants have the numbers 1 to {known[-1]}\n")
        return 2
    bad = 0
    for number, (mutant, verdict) in zip(numbers or known, mutants.run(numbers), strict=True):
        by = f"by {mutant.case}, check {', '.join(map(str, verdict.checks))}" if verdict.checks else ""
        sys.stdout.write(f"{number:2} {verdict.word:9}{mutant.mistake:70} {by}\n")
        if verdict.word not in ("caught", "skipped"):
            bad += 1
            sys.stdout.write(verdict.shown[-SHOWN_CHARACTERS:])
        sys.stdout.flush()
    return 1 if bad else 0


def _run(name: str, case: Case, seed: int, count: int, *, stop: bool) -> int:
    """One case; returns how many of its faults left something that is not as promised."""
    lacks = case.missing()
    if lacks:
        sys.stdout.write(f"{name:10}skipped: {lacks}\n")
        return 0
    began_s, done, bad = time.monotonic(), 0, 0
    for result in case.run(seed, count):
        done += 1
        if result.findings:
            bad += 1
            if bad <= SHOWN:
                _show(result)
                alone = f" --point {result.point}" if result.point else f" --count {count}"
                sys.stdout.write(f"{'':10}repeat: scripts/faults --seed {seed} --only {name}{alone}\n")
            if stop:
                break
    verdict = f"{bad} of {done} bad" if bad else f"{done} good"
    sys.stdout.write(f"{name:10}{verdict}, {time.monotonic() - began_s:.0f} s, seed {seed}\n")
    sys.stdout.flush()
    return bad


def _show(result: Result) -> int:
    for finding in result.findings:
        sys.stdout.write(f"{'':10}{result.name}: {finding}\n")
    if not result.findings:
        sys.stdout.write(f"{'':10}{result.name}: good\n")
    return 1 if result.findings else 0


if __name__ == "__main__":
    sys.exit(main())
