"""The ledger, event by event. Its laws are in `test_ledger_laws.py`."""

from __future__ import annotations

import pytest

from gateway.core.ledger import Ledger
from gateway.core.ledger_events import (
    Acknowledged,
    Committed,
    Committing,
    Corrected,
    Defined,
    Deleted,
    Event,
    Gap,
    Key,
    Opened,
    Quarantined,
    Sealed,
    Shed,
    Suppressed,
    Taken,
    Tally,
    encode_snapshot,
)
from gateway.core.ledger_restore import adopt, restore
from gateway.core.reading import Lane
from gateway.core.segment import Base, Segment

BASE = Base("8f0c1d2e-boot", 5_000_000_000, 1_795_417_200_000_000_000)
EPOCH = "3f2a9c1b7d10e644-2"
FRAGMENTS = ('{"t":0.0,"v":21.43}', '{"t":1.0,"vs":"漢字 \\"t\\":"}', '{"t":2.5,"vb":true}')


def ledger_with(*events: Event) -> Ledger:
    ledger = Ledger("gw", EPOCH, "boot")
    for event in (Defined("a/x", "Cel"), Defined("b/y", ""), *events):
        ledger.apply(event)
    return ledger


def reading(lane=Lane.NORMAL, index=0, fragment=FRAGMENTS[0]) -> Taken:
    return Taken(lane, [index], [fragment])


def one_sealed(lane=Lane.NORMAL, count=1) -> list[Event]:
    return [Opened(lane, BASE), *[reading(lane)] * count, Sealed(lane)]


def key(first=1, lane=Lane.NORMAL, epoch=EPOCH) -> Key:
    return Key(epoch, lane, first)


def state(ledger: Ledger) -> bytes:
    return encode_snapshot(ledger.snapshot())


def test_many_open_readings_count_for_what_they_take():
    ledger = ledger_with(Defined("device-" + "d" * 57 + "/" + "c" * 64, "Cel"), Opened(Lane.NORMAL, BASE))
    for fragment in [*FRAGMENTS, '{"t":0.0,"vs":"' + "\u6f22" * 100 + '"}'] * 50:
        ledger.apply(reading(index=2, fragment=fragment))
    assert len(state(ledger)) <= ledger.bytes + 1_000


def test_many_tiny_segments_count_for_what_they_take():
    ledger = ledger_with(*one_sealed() * 2_000)
    assert len(state(ledger)) <= ledger.bytes + 1_000
    for one in list(ledger.volatile):
        ledger.apply(Acknowledged(one))
    assert ledger.bytes == 0


def test_readings_are_numbered_by_lane_from_one_in_the_order_of_their_segment():
    ledger = ledger_with(*one_sealed(count=3), *one_sealed(Lane.HIGH), *one_sealed(count=2))
    assert [(one.lane, one.first, one.last) for one in ledger.volatile.values()] == [
        (Lane.NORMAL, 1, 3),
        (Lane.HIGH, 1, 1),
        (Lane.NORMAL, 4, 5),
    ]


def test_a_lane_that_was_opened_and_got_no_reading_makes_no_segment():
    ledger = ledger_with(Opened(Lane.NORMAL, BASE), Sealed(Lane.NORMAL))
    assert (ledger.volatile, ledger.bytes, ledger.next_seq[Lane.NORMAL]) == ({}, 0, 1)


def test_a_new_epoch_numbers_from_one_again_and_what_is_held_keeps_its_numbers():
    ledger = ledger_with(*one_sealed(count=2))
    ledger.begin_epoch("3f2a9c1b7d10e644-3", "boot")
    for event in one_sealed():
        ledger.apply(event)
    assert [(one.epoch[-1], one.first, one.last) for one in ledger.volatile.values()] == [("2", 1, 2), ("3", 1, 1)]


def test_what_is_acknowledged_in_memory_is_gone_and_counted():
    ledger = ledger_with(*one_sealed(count=2), Acknowledged(key()), Acknowledged(key()))
    assert (ledger.volatile, ledger.freed, ledger.bytes) == ({}, {}, 0)
    assert ledger.tallies[0] == Tally(taken=2, acknowledged=2)


@pytest.mark.parametrize(("stored", "freed"), [(True, [key()]), (False, [])])
def test_what_is_acknowledged_during_its_commit_has_to_be_deleted_if_it_arrives(stored, freed):
    ledger = ledger_with(*one_sealed(), Committing([key()]), Acknowledged(key()), Committed(stored))
    assert list(ledger.freed) == freed
    assert ledger.tallies[0] == Tally(taken=1, acknowledged=1)


def test_what_was_not_stored_stays_in_memory():
    ledger = ledger_with(*one_sealed(), Committing([key()]), Committed(stored=False))
    assert list(ledger.volatile) == [key()]
    assert ledger.writing == {}


def test_a_stored_segment_is_acknowledged_once():
    done = Acknowledged(key(), {"a/x": 1})
    ledger = ledger_with(*one_sealed(), Committing([key()]), Committed(stored=True), done, done)
    assert list(ledger.freed) == [key()]
    assert ledger.tallies[0] == Tally(taken=1, acknowledged=1)
    ledger.apply(Deleted([key()]))
    assert ledger.freed == {}


def test_what_is_shed_is_counted_as_shed():
    ledger = ledger_with(*one_sealed(count=2), Shed(key(), 2, "full"), Shed(key(), 2, "full"), Suppressed(1, 5))
    assert ledger.tallies == [Tally(taken=2, shed=2), Tally(taken=5, suppressed=5)]
    assert ledger.total() == Tally(taken=7, suppressed=5, shed=2)
    assert ledger.gaps == [Gap(EPOCH, Lane.NORMAL, 1, 2, "full", {"a/x": 2})]


def test_a_series_with_a_new_unit_keeps_its_index_and_its_counts():
    ledger = ledger_with(*one_sealed(), Defined("a/x", "K"), *one_sealed())
    units = [one.body[one.body.index(b"bu") + 5 :][:3] for one in ledger.volatile.values()]
    assert units == [b"Cel", b'K",']
    assert ledger.tallies[0].taken == 2


def test_a_segment_of_another_gateway_is_adopted_under_our_name():
    foreign = Segment(
        Lane.NORMAL, "ffffffffffffffff-1", 5, 6, BASE, b'{"bn":"old/a/x","t":0.0,"v":1.0},{"t":1.0,"v":2.0}'
    )
    ledger = ledger_with()
    adopt(ledger, foreign)
    held = ledger.volatile[key(5, epoch="ffffffffffffffff-1")]
    assert held.body.startswith(b'{"bn":"gw/a/x"')
    assert ledger.tallies[0] == Tally(taken=2, waiting=2)
    assert ledger.bytes == restore(ledger.snapshot()).bytes


def test_a_stored_segment_is_shed_once_and_then_to_be_deleted():
    gone = Shed(key(), 1, "full", {"a/x": 1})
    ledger = ledger_with(*one_sealed(), Committing([key()]), Committed(stored=True), gone, gone)
    assert (list(ledger.freed), len(ledger.gaps)) == ([key()], 1)
    assert ledger.tallies[0] == Tally(taken=1, shed=1)


def test_gaps_that_follow_each_other_are_one_and_go_when_they_are_reported():
    ledger = ledger_with(*one_sealed(count=2), *one_sealed(), Shed(key(), 2, "full"), Shed(key(3), 3, "full"))
    assert ledger.gaps == [Gap(EPOCH, Lane.NORMAL, 1, 3, "full", {"a/x": 3})]
    ledger.apply(Committing([], 1, gaps=1))
    ledger.apply(Committed(stored=True))
    assert (ledger.gaps, ledger.bytes) == ([], 0)


def test_a_gap_that_is_being_reported_stays_as_it_is():
    ledger = ledger_with(*one_sealed(), *one_sealed(), Shed(key(), 1, "full"))
    ledger.apply(Committing([], 1, gaps=1))
    ledger.apply(Shed(key(2), 2, "full"))
    assert [(gap.first, gap.last) for gap in ledger.gaps] == [(1, 1), (2, 2)]
    ledger.apply(Committed(stored=True))
    assert ledger.gaps == [Gap(EPOCH, Lane.NORMAL, 2, 2, "full", {"a/x": 1})]


@pytest.mark.parametrize("stored", [False, True])
def test_what_the_twin_can_never_take_is_held_until_it_is_put_away(stored):
    ledger = ledger_with(*one_sealed(count=2))
    segment = ledger.volatile[key()]
    for event in [Committing([key()]), Committed(stored), Quarantined(segment, "no")]:
        ledger.apply(event)
    assert (len(ledger.quarantine), list(ledger.freed)) == (1, [key()] if stored else [])
    assert ledger.tallies[0] == Tally(taken=2, quarantined=2)
    assert ledger.bytes > 0
    ledger.apply(Committing([], 2, apart=1))
    ledger.apply(Committed(stored=False))
    assert len(ledger.quarantine) == 1
    ledger.apply(Committing([], 2, apart=1))
    ledger.apply(Committed(stored=True))
    assert (ledger.quarantine, ledger.bytes) == ([], 0)


def test_a_correction_makes_the_counts_fit_what_is_there():
    gap = Gap(EPOCH, Lane.NORMAL, 1, 1, "damaged", {})
    ledger = ledger_with(*one_sealed(count=3), Corrected({"a/x": 1, "b/y": -2}, [gap]))
    assert ledger.tallies == [Tally(taken=3, shed=1, waiting=2), Tally(taken=2, waiting=2)]
    assert ledger.gaps == [gap]
