"""Readings that wait for a decision: counted at every moment, and sent after a crash or a stop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.gate import gate_of
from gateway.core.ledger import Ledger
from gateway.core.ledger_events import decode_event, decode_snapshot, encode_snapshot
from gateway.core.ledger_restore import release_held, restore
from gateway.core.plan import make_plan
from gateway.core.reading import Lane, Reading
from gateway.core.settings import ChannelSettings, Mode, StoreSettings
from gateway.store.intake import Intake
from tests.core.gate_run import steps
from tests.fakes.clock import FakeClock
from tests.store.shelf import records, shelf_in, values

EVERYTHING = 10_000
DOOR = ChannelSettings(mode=Mode.EVENT, swinging_door=1.0)
WINDOW = ChannelSettings(mode=Mode.PERIODIC, window_s=60.0)


@pytest.fixture
def clock():
    return FakeClock()


class Watched:
    """A channel whose gate decides what a shelf's outbox gets."""

    def __init__(self, shelf, settings):
        self.shelf, self.plan = shelf, make_plan(settings, 1.0, None, None)
        self.gate = gate_of(self.plan)

    def read(self, *given):
        for value in given:
            clock = self.shelf.clock
            clock.advance(1.0)
            reading = Reading("a/x", value, clock.boottime_ns(), clock.wall_ns())
            self.shelf.outbox.decide(reading, "Cel", Lane.NORMAL, self.gate.take(reading, self.plan.limits(0.0)))

    @property
    def tally(self):
        one = self.shelf.outbox.ledger.tally_of("a/x")
        assert one.balanced
        return one.taken, one.suppressed, one.acknowledged, one.waiting


async def test_the_candidate_of_a_door_counts_as_waiting(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        channel = Watched(shelf, DOOR)
        channel.read(1.0, 1.1, 1.2, 1.3)
        assert channel.tally == (4, 2, 0, 2)
        assert values(shelf.outbox.take_live(EVERYTHING)) == [1.0]
        channel.read(9.0)
        assert channel.tally == (5, 2, 0, 3)
        assert values(shelf.outbox.take_live(EVERYTHING)) == [1.3]


async def test_what_was_held_goes_with_its_own_time(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        channel = Watched(shelf, DOOR)
        channel.read(1.0, 1.1)
        wall_s = clock.wall_ns() / 1e9
        shelf.outbox.take_live(EVERYTHING)
        channel.read(9.0)
        (record,) = records(shelf.outbox.take_live(EVERYTHING))
        assert record.time_s == pytest.approx(wall_s, abs=1e-3)


@pytest.mark.parametrize(("settings", "waiting", "sent"), [(DOOR, 2, [1.0, 1.3]), (WINDOW, 1, [1.15])])
async def test_what_was_held_survives_a_crash_and_is_sent_then(tmp_path, clock, settings, waiting, sent):
    async with shelf_in(tmp_path, clock) as shelf:
        before = Watched(shelf, settings)
        before.read(1.0, 1.1, 1.2, 1.3)
        assert before.tally == (4, 4 - waiting, 0, waiting)
        shelf.abandon()
    async with shelf_in(tmp_path, clock) as shelf:
        assert Watched(shelf, settings).tally == (4, 4 - waiting, 0, waiting)
        assert values(shelf.outbox.take_live(EVERYTHING)) == sent
        assert not shelf.outbox.ledger.held


@pytest.mark.parametrize(("settings", "sent"), [(DOOR, [1.0, 1.3]), (WINDOW, [1.15])])
async def test_a_stop_in_order_puts_what_was_held_on_the_disk(tmp_path, clock, settings, sent):
    async with shelf_in(tmp_path, clock) as shelf:
        Watched(shelf, settings).read(1.0, 1.1, 1.2, 1.3)
    (tmp_path / "run" / "outbox.head").unlink(missing_ok=True)
    async with shelf_in(tmp_path, clock) as shelf:
        assert Watched(shelf, settings).tally == (4, 4 - len(sent), 0, len(sent))
        assert values(await shelf.outbox.take_stored(EVERYTHING)) == sent


class Tape:
    """A head that keeps the frames, and nothing else."""

    def __init__(self):
        self.frames = []

    def keep(self, data, _snapshot):
        self.frames.append(data)


@given(
    st.lists(steps, min_size=1, max_size=30),
    st.sampled_from([DOOR, WINDOW, ChannelSettings(mode=Mode.HYBRID, deadband=1.0, previous=True, window_s=20.0)]),
)
def test_after_every_single_frame_the_account_is_right_and_a_crash_there_loses_nothing(given_steps, settings):
    clock, tape = FakeClock(), Tape()
    intake = Intake(tape, Ledger("gw", "0123456789abcdef-1", clock.boot_id), clock, StoreSettings())
    plan = make_plan(settings, 1.0, None, None)
    gate = gate_of(plan)
    for value, (quality, reason), apart_ms, stretch, how in given_steps:
        clock.advance(apart_ms / 1000)
        reading = Reading("a/x", value, clock.boottime_ns(), clock.wall_ns(), quality, reason)
        outcome = gate.admit(reading) if how == "admit" else gate.take(reading, plan.limits(stretch))
        intake.decide(reading, "Cel", Lane.NORMAL, outcome)
    assert intake.ledger.total().taken == len(given_steps)
    ledger = Ledger("gw", "0123456789abcdef-1", clock.boot_id)
    for frame in tape.frames:
        ledger.apply(decode_event(frame))
        again = restore(decode_snapshot(encode_snapshot(ledger.snapshot())))
        assert (again.held, again.bytes) == (ledger.held, ledger.bytes)
        release_held(again, again.apply)
        total = again.total()
        assert total == ledger.total()
        assert total.balanced
        waiting = sum(one.count for one in again.volatile.values()) + sum(
            len(one.indexes) for one in again.open.values()
        )
        assert waiting == total.waiting
