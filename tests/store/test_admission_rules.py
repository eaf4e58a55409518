"""What the admission asks beside the command itself: newer ones, versions, age, floods."""

from __future__ import annotations

import contextlib

import pytest

from gateway.core.command import ReasonCode, Source, Target, execution_of
from gateway.core.flood import BURST, TELL_EVERY_S, Flood
from gateway.core.wire import CommandRequest, CommandStatus
from gateway.store.admission import Admission, Terms
from gateway.store.database import open_database
from gateway.store.events import EventLog
from gateway.store.inbox import Inbox
from gateway.store.log_file import read_log
from gateway.store.memory import memory_since
from tests.fakes.clock import FakeClock
from tests.fakes.timekeeping import timekeeper

TARGETS = {name: Target(name, "boolean", writable=True) for name in ("heater/on", "fan/on")}


class Gate:
    def __init__(self, database, inbox, events, clock, **terms):
        self.database, self.inbox, self.clock = database, inbox, clock
        self.admission = Admission(inbox, events, Terms(TARGETS, **terms), clock, lambda: self.now_s)

    @property
    def now_s(self):
        return self.clock.wall_ns() / 1e9

    async def order(self, identifier, channel="heater/on", value=True, *, age_s=0.0, **options):
        issued_s = self.now_s - age_s
        request = CommandRequest(channel=channel, value=value, issued=issued_s, expires=issued_s + 600, **options)
        return await self.admission.submit(execution_of(identifier, request, Source.TWIN, self.now_s))

    async def codes(self):
        return dict(await self.database.read("SELECT id, reason_code FROM command"))


@contextlib.asynccontextmanager
async def open_gate(folder, clock=None, **terms):
    clock = clock or FakeClock()
    async with open_database(folder, stamp="x") as database:
        yield Gate(
            database, await Inbox.open(database), await EventLog.open(database, timekeeper(clock)), clock, **terms
        )


@pytest.fixture
async def gate(tmp_path):
    async with open_gate(tmp_path) as opened:
        yield opened


async def test_a_newer_order_takes_the_place_of_one_that_waits_and_that_is_told(gate, tmp_path):
    withdrawn = []
    gate.admission.withdrawn(withdrawn.append)
    await gate.order("old", age_s=5)
    await gate.order("other", "fan/on", age_s=5)
    await gate.order("new", value=False)
    assert await gate.codes() == {"old": "SUPERSEDED", "other": "", "new": ""}
    assert [one.id for one in withdrawn] == ["old"]
    assert [one.id for one in await gate.inbox.untold()] == ["old"]
    assert [entry.kind for entry in read_log(tmp_path)] == ["command", "command", "command", "outcome"]
    assert {gate.inbox.take().id, gate.inbox.take().id} == {"other", "new"}


async def test_an_older_order_that_comes_later_is_superseded_also_after_a_restart(gate):
    await gate.order("new")
    gate.inbox.take()
    assert (await gate.order("old", age_s=5)).reason_code is ReasonCode.SUPERSEDED
    again = Gate(
        gate.database, await Inbox.open(gate.database), await EventLog.open(gate.database, timekeeper()), gate.clock
    )
    assert (await again.order("older", age_s=6)).reason_code is ReasonCode.SUPERSEDED
    assert not (await again.order("newest", age_s=-1)).final


async def test_a_version_is_counted_on_by_one_command_only(gate):
    gate.admission.version_of = {"heater": 7}.get
    assert (await gate.order("c1", if_version=6)).reason_code is ReasonCode.VERSION_CONFLICT
    assert not (await gate.order("c2", if_version=7)).final
    assert (await gate.order("c3", if_version=7)).reason_code is ReasonCode.VERSION_CONFLICT
    assert (await gate.order("c4", "fan/on", if_version=7)).reason_code is ReasonCode.VERSION_CONFLICT


async def test_what_was_issued_before_the_store_was_made_may_have_acted_already(tmp_path):
    clock = FakeClock()
    async with open_database(tmp_path, stamp="x") as database:
        keeper = timekeeper(clock)
        keeper.look()
        since_s = await memory_since(database, keeper)
        gate = Gate(database, await Inbox.open(database), await EventLog.open(database, keeper), clock, since_s=since_s)
        assert (await gate.order("replay", age_s=1)).reason_code is ReasonCode.REPLAYED
        assert not (await gate.order("new")).final
        clock.advance(100)
        again = await memory_since(database, keeper)
        assert again() == since_s() == gate.now_s - 100


async def test_a_store_that_was_there_before_is_no_new_one(tmp_path):
    async with open_database(tmp_path, stamp="x") as database:
        keeper = timekeeper()
        await (await EventLog.open(database, keeper)).record("start")
        assert (await memory_since(database, keeper))() is None


async def test_a_flood_is_answered_but_fills_neither_disk_nor_log(gate):
    codes = [(await gate.order(f"c{number}", "no/channel")).reason_code for number in range(2 * BURST)]
    assert set(codes) == {ReasonCode.UNKNOWN_CHANNEL}
    good = await gate.order("good")
    assert (good.status, good.reason_code) == (CommandStatus.REJECTED, ReasonCode.RATE_LIMITED)
    ((rows,),) = await gate.database.read("SELECT count(*) FROM command")
    ((told,),) = await gate.database.read("SELECT count(*) FROM event WHERE kind = 'commands_refused'")
    assert (rows, told) == (BURST, 1)
    gate.clock.advance(1)
    # It was refused, and is; what is still wanted is another order.
    assert (await gate.order("good")).reason_code is ReasonCode.RATE_LIMITED
    assert (await gate.order("c999", "fan/on")).reason_code is ReasonCode.UNKNOWN_CHANNEL
    assert not (await gate.order("good-2")).final


async def test_also_a_refusal_that_is_forgotten_is_never_followed_by_another_answer(gate, monkeypatch):
    monkeypatch.setattr("gateway.core.flood.REMEMBERED_MAX", 5)
    for number in range(BURST):
        await gate.order(f"c{number}", "no/channel")
    for number in range(10):
        gate.clock.advance(0.001)
        assert (await gate.order(f"good{number}")).reason_code is ReasonCode.RATE_LIMITED
    issued_s = gate.now_s
    gate.clock.advance(60)
    for number in range(10):
        again = await gate.order(f"good{number}", age_s=gate.now_s - issued_s + (9 - number) * 0.001)
        assert again.reason_code is ReasonCode.RATE_LIMITED
    assert not (await gate.order("new")).final


def test_the_bucket_fills_again_and_reports_are_rare():
    flood = Flood(burst=2, per_s=0.5)
    assert [flood.admits(0.0) for _ in range(3)] == [True, True, False]
    assert [flood.admits(2.0), flood.admits(2.0)] == [True, False]
    assert [flood.admits(1e9) for _ in range(3)] == [True, True, False]
    assert flood.report(0.0) == {}
    flood.refused["A"] += 3
    assert flood.report(0.0) == {"A": 3}
    flood.refused["A"] += 1
    assert flood.report(TELL_EVERY_S - 1) == {}
    assert flood.report(TELL_EVERY_S) == {"A": 1}


async def test_a_clock_that_is_set_between_admission_and_action_expires_nothing_local(gate):
    local = gate.admission.local("here", "heater/on", True, Source.CONTROL)
    gate.clock.wall += 10**18
    assert not (await gate.admission.submit(local)).final
    found = (await Inbox.open(gate.database)).take()
    assert (found.boot_id, found.deadline_ns) == (local.boot_id, local.deadline_ns)
