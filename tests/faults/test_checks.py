"""Each check finds what it is for: good evidence passes all seven, and every way of spoiling it is found by its own."""

from __future__ import annotations

import msgspec
import pytest

from tests.faults.allowance import Allowance
from tests.faults.checks import judge
from tests.faults.evidence import Event, Evidence, Order, Row
from tests.faults.notes import digest, read_notes
from tests.faults.plan import kind_of, value_of
from tests.faults.reading_checks import lost
from tests.faults.report import Report

NUMBERS = range(1, 41)
SECOND_NS = 1_000_000_000
START_S = 1_795_417_200
EPOCH = "0123456789abcdef-1"
TALLY = {"taken": 0, "suppressed": 0, "shed": 0, "acknowledged": 0, "waiting": 0, "quarantined": 0}


def rows():
    """Every reading in the twin, numbered by its lane."""
    seqs: dict[str, int] = {}
    found = []
    for number in NUMBERS:
        kind = kind_of(number)
        lane = kind.lane.label
        seqs[lane] = seqs.get(lane, 0) + 1
        found.append(Row(EPOCH, lane, seqs[lane], kind.series, kind.unit, START_S + number, value_of(number), ""))
    return found


def tallies():
    counts: dict[str, dict[str, int]] = {}
    for number in NUMBERS:
        one = counts.setdefault(kind_of(number).series, dict(TALLY))
        one["taken"] += 1
        one["acknowledged"] += 1
    return counts


def notes():
    lines = ["run 1 0"]
    for number in NUMBERS:
        lines += [f"taking {number}", f"taken {number} {(START_S + number) * SECOND_NS} {number * SECOND_NS}"]
    lines += [f"ordered c1 {START_S + 60}", "admitted c1", f"effect c1 {START_S + 1}", "outcome c1 SUCCEEDED"]
    return [*lines, "durable 30", "fresh 0.1"]


@pytest.fixture
def good():
    return Evidence(
        told=digest(notes()),
        rows=rows(),
        orders=[Order("c1", "SUCCEEDED", START_S + 1.0, START_S + 60.0)],
        report=Report(tallies(), 0, 0, 0, 0, [], "", {}),
        statuses=[-9, 0],
        events=[Event("start", {})],
        commands={"c1"},
        integrity="ok",
        set_aside=[],
        log="all is well\n",
    )


def found(evidence, allowance=None):
    return {finding.check for finding in judge(evidence, allowance or Allowance())}


def test_nothing_is_found_where_nothing_is_wrong(good):
    assert judge(good) == []


def without(evidence, number):
    """A reading did not arrive; what was counted is as if it had."""
    evidence.rows = [row for row in evidence.rows if row.value != value_of(number)]


def changed(evidence, number, **changes):
    evidence.rows = [row._replace(**changes) if row.value == value_of(number) else row for row in evidence.rows]


def noted(evidence, *lines):
    evidence.told = digest([*notes(), *lines])


NEWEST = NUMBERS[-1]
SPOILED = {
    "a reading is lost": (1, lambda it: without(it, 7)),
    "the newest is lost": (1, lambda it: without(it, NEWEST)),
    "another value": (1, lambda it: changed(it, 7, value=999.0)),
    "another series": (1, lambda it: changed(it, 7, series="a/b")),
    "another time": (1, lambda it: changed(it, 7, time_s=START_S + 7.01)),
    "out of order": (1, lambda it: changed(it, 7, seq=5000)),
    "one name for two": (1, lambda it: noted(it, f"held {EPOCH} low 1 1 7", f"held {EPOCH} low 1 1 8")),
    "an alarm sent too early": (1, lambda it: noted(it, "wrong ('e', 'critical', 1, 1) was sent before it was stored")),
    "twice": (2, lambda it: it.rows.append(it.rows[3]._replace(seq=4000))),
    "sent again and again": (2, lambda it: setattr(it.report, "duplicates", 100_000)),
    "counts that do not balance": (3, lambda it: it.report.tallies["tank/level"].update(shed=1)),
    "counted as shed, and arrived": (
        3,
        lambda it: it.report.tallies["tank/level"].update(
            shed=1, acknowledged=it.report.tallies["tank/level"]["acknowledged"] - 1
        ),
    ),
    "kept apart without need": (
        3,
        lambda it: it.report.tallies["tank/level"].update(
            quarantined=1, acknowledged=it.report.tallies["tank/level"]["acknowledged"] - 1
        ),
    ),
    "still waiting": (3, lambda it: setattr(it.report, "waiting", 3)),
    "no report": (3, lambda it: setattr(it, "report", None)),
    "too late": (4, lambda it: noted(it, f"ordered c2 {START_S}", f"effect c2 {START_S + 9}")),
    "never given": (4, lambda it: noted(it, f"effect c9 {START_S}")),
    "after its outcome": (4, lambda it: noted(it, f"effect c1 {START_S + 2}")),
    "accepted and forgotten": (4, lambda it: setattr(it, "commands", set())),
    "no answer": (4, lambda it: setattr(it, "orders", [Order("c1", "IN_PROGRESS", None, START_S + 60.0)])),
    "another answer": (4, lambda it: setattr(it, "orders", [Order("c1", "FAILED", 1.0, START_S + 60.0)])),
    "before it is stored": (4, lambda it: noted(it, "wrong c1 acts before it is stored")),
    "memory": (5, lambda it: setattr(it.report, "rss_grown_bytes", 11_000_000)),
    "open files": (5, lambda it: setattr(it.report, "files_more", 3)),
    "tasks": (5, lambda it: setattr(it.report, "tasks_more", ["one"])),
    "a flood in the log": (5, lambda it: setattr(it, "log", "x" * 1_000_000)),
    "a damaged database": (6, lambda it: setattr(it, "integrity", "row 3 is missing")),
    "set aside without need": (6, lambda it: setattr(it, "set_aside", ["edgetwin.db.now.bad"])),
    "a strange end": (6, lambda it: setattr(it, "statuses", [-11, 0])),
    "a stack trace": (6, lambda it: setattr(it, "log", "Traceback (most recent call last)\n")),
    "nothing fresh": (7, lambda it: setattr(it.told, "fresh_s", None)),
    "slow": (7, lambda it: setattr(it.told, "fresh_s", 10.5)),
}


@pytest.mark.parametrize("way", SPOILED)
def test_what_is_wrong_is_found_by_its_check(good, way):
    check, spoil = SPOILED[way]
    spoil(good)
    assert check in found(good)


def test_a_power_cut_may_cost_what_no_commit_had_reached_and_nothing_else(good):
    allowance = Allowance(undurable=True, commit_every_s=0.0)
    good.told = digest([*notes(), "cut"])
    without(good, 35)
    assert found(good, allowance) == set()
    without(good, 25)
    assert found(good, allowance) == {1}


def test_what_a_power_cut_costs_is_not_older_than_commit_every(good):
    good.told = digest([*notes(), "cut"])
    without(good, 35)
    assert found(good, Allowance(undurable=True, commit_every_s=4.5)) == set()
    assert found(good, Allowance(undurable=True, commit_every_s=3.0)) == {1}


def test_what_is_counted_may_be_missing_where_that_is_allowed_and_only_there(good):
    without(good, 7)
    one = good.report.tallies[kind_of(7).series]
    one["shed"], one["acknowledged"] = 1, one["acknowledged"] - 1
    assert found(good, Allowance(counted=True)) == set()
    assert found(good) == {1}


def test_notes_of_a_process_that_died_count_what_it_had_begun(good):
    good.told = digest([*notes(), "taking 41"])
    assert judge(good) == []
    assert lost(good) == set()


def test_notes_are_read_line_by_line_and_a_run_forgets_what_was_fresh_before():
    told = digest([*notes(), "run 2 0"])
    assert (told.runs, told.fresh_s, told.durable, told.next_number) == (2, None, 30, 41)
    assert msgspec.to_builtins(told.taken[3]) == {
        "number": 3,
        "wall_ns": (START_S + 3) * SECOND_NS,
        "boottime_ns": 3 * SECOND_NS,
    }


def test_a_note_that_is_being_written_is_not_read_yet(tmp_path):
    path = tmp_path / "notes"
    path.write_text("taking 7\ntaken 7 1")
    assert (read_notes(path).taking, read_notes(path).taken) == ({7}, {})
    path.write_text("taking 7\ntaken 7 1 2\n")
    assert set(read_notes(path).taken) == {7}
