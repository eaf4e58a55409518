"""The first three checks: every reading arrived, once, and is counted."""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.faults.allowance import Allowance, some
from tests.faults.evidence import Evidence, Row, starts_of, store_of
from tests.faults.plan import kind_of, number_of, value_of

TIME_S_MAX = 0.002
"""The wire rounds a time to the millisecond, twice."""
WINDOW_READINGS = 4 * 60
"""What may be on its way: the window of the workload's link times its batch, and a segment may overfill a batch."""
COMMIT_SLACK_S = 1.5
"""How much later than due a commit may end on a busy machine."""


def lost(evidence: Evidence) -> set[int]:
    """Readings that were taken in and are not in the twin."""
    return evidence.told.taken.keys() - {number_of(row.value) for row in evidence.rows}


def everything_arrived(evidence: Evidence, allowance: Allowance) -> Iterator[str]:
    """1. Every reading is in the twin or counted as shed, in order, without holes, as it was read."""
    told = evidence.told
    missing = lost(evidence)
    if allowance.undurable:
        promised = {number for number in missing if number not in told.undurable}
        if promised:
            yield f"durable and lost: {some(promised)}"
        if allowance.commit_every_s:
            limit_s = allowance.commit_every_s + COMMIT_SLACK_S
            old = {number for number in missing if told.undurable.get(number, 0.0) > limit_s}
            if old:
                yield f"lost although commit_every had passed: {some(old)}"
    elif not allowance.counted and missing:
        yield f"taken in and lost: {some(missing)}"
    yield from told.clashes
    yield from (text for text in told.wrong if "stored" not in text or "sent" in text)
    yield from _as_read(evidence)
    if not allowance.again:
        yield from _in_order(evidence)
    if not missing:
        yield from _holes(evidence)


def _as_read(evidence: Evidence) -> Iterator[str]:
    told = evidence.told
    for row in evidence.rows:
        number = number_of(row.value)
        if number not in told.taking:
            yield f"in the twin and never read: {row}"
            continue
        kind = kind_of(number)
        expected = (kind.series, kind.lane.label, value_of(number))
        if (row.series, row.lane, row.value) != expected:
            yield f"not as it was read: {row}, expected {expected}"
        took = told.taken.get(number)
        if took is not None and abs(row.time_s - took.wall_ns / 1e9) > TIME_S_MAX:
            yield f"reading {number} is {row.time_s - took.wall_ns / 1e9:+.3f} s off"


def _in_order(evidence: Evidence) -> Iterator[str]:
    ways: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in evidence.rows:
        ways[row.series, store_of(row.epoch)].append(row)
    for (series, _), rows in ways.items():
        rows.sort(key=lambda row: (starts_of(row.epoch), row.seq))
        for before, after in itertools.pairwise(rows):
            if number_of(before.value) > number_of(after.value):
                yield f"out of order in {series}: {before.value} before {after.value}"
                break
        rows.sort(key=lambda row: number_of(row.value))
        for before, after in itertools.pairwise(rows):
            if after.time_s < before.time_s - TIME_S_MAX:
                yield f"times out of order in {series}: {before.value} after {after.value}"
                break


def _holes(evidence: Evidence) -> Iterator[str]:
    held: dict[tuple[str, str], set[int]] = defaultdict(set)
    for row in evidence.rows:
        held[row.epoch, row.lane].add(row.seq)
    for (epoch, lane), numbers in held.items():
        if len(numbers) != max(numbers):
            holes = set(range(1, max(numbers))) - numbers
            yield f"holes in {epoch} {lane}: {some(holes)}"


def nothing_twice(evidence: Evidence, allowance: Allowance) -> Iterator[str]:
    """2. Nothing is in the twin twice, and on the wire not more often than the windows that were lost."""
    numbers = Counter(number_of(row.value) for row in evidence.rows)
    twice = {number for number, count in numbers.items() if count > 1}
    if twice and not allowance.again:
        yield f"in the twin twice: {some(twice)}"
    if evidence.report is not None:
        losses = evidence.told.runs + len(re.findall(r"link lost|silent|not acknowledged|batch refused", evidence.log))
        if evidence.report.duplicates > losses * WINDOW_READINGS:
            yield f"{evidence.report.duplicates} readings were sent again, for {losses} windows that were lost"


def counts_balance(evidence: Evidence, allowance: Allowance) -> Iterator[str]:
    """3. read = suppressed + shed + acknowledged + waiting + quarantined, and each of them is true."""
    report = evidence.report
    if report is None:
        yield "the last run left no report"
        return
    for series, one in report.tallies.items():
        gone = one["suppressed"] + one["shed"] + one["acknowledged"] + one["waiting"] + one["quarantined"]
        if one["taken"] != gone:
            yield f"{series} does not balance: {one}"
        if one["quarantined"]:
            yield f"{series}: {one['quarantined']} kept apart, and the twin would have taken them"
    if report.waiting:
        yield f"{report.waiting} readings still wait"
    here = Counter(row.series for row in evidence.rows)
    missing = Counter(kind_of(number).series for number in lost(evidence))
    if allowance.undurable or allowance.set_aside:
        return
    for series, one in report.tallies.items():
        if one["acknowledged"] != here[series]:
            yield f"{series}: {one['acknowledged']} acknowledged, {here[series]} in the twin"
        if one["shed"] != missing[series]:
            yield f"{series}: {one['shed']} counted as shed, {missing[series]} missing"
    yield from _all_counted(evidence)


def _all_counted(evidence: Evidence) -> Iterator[str]:
    assert evidence.report is not None
    counted = sum(one["taken"] - one["suppressed"] for one in evidence.report.tallies.values())
    taken, taking = len(evidence.told.taken), len(evidence.told.taking)
    if not taken <= counted <= taking:
        yield f"{counted} readings counted, {taken} to {taking} taken"
