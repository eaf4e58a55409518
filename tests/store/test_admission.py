"""The one way in for commands."""

from __future__ import annotations

import asyncio

import msgspec

from gateway.core.command import ReasonCode, Source, Target
from gateway.core.wire import CommandStatus
from gateway.store.admission import Admission, Terms
from gateway.store.database import open_database
from gateway.store.events import EventLog
from gateway.store.inbox import Inbox
from tests.fakes.clock import FakeClock
from tests.fakes.timekeeping import timekeeper

HEATER = Target(channel="heater/on", kind="boolean", writable=True)


async def test_one_id_that_comes_twice_at_once_has_one_answer(tmp_path):
    clock = FakeClock()
    async with open_database(tmp_path, stamp="x") as database:
        inbox, events = await Inbox.open(database), await EventLog.open(database, timekeeper(clock))
        admission = Admission(inbox, events, Terms({HEATER.channel: HEATER}), clock, lambda: clock.wall_ns() / 1e9)
        good = admission.local("order-1", HEATER.channel, value=True, source=Source.TWIN)
        bad = admission.local("order-1", "garage/door", value=True, source=Source.TWIN)

        first, second = await asyncio.gather(admission.submit(good), admission.submit(bad))

        assert first == second
        assert (first.status, first.reason_code) == (CommandStatus.IN_PROGRESS, ReasonCode.NONE)
        assert inbox.take() == first
        assert inbox.take() is None


async def test_what_has_ended_is_never_changed_again(tmp_path):
    clock = FakeClock()
    async with open_database(tmp_path, stamp="x") as database:
        inbox, events = await Inbox.open(database), await EventLog.open(database, timekeeper(clock))
        admission = Admission(inbox, events, Terms({HEATER.channel: HEATER}), clock, lambda: clock.wall_ns() / 1e9)
        order = await admission.submit(admission.local("order-1", HEATER.channel, value=True, source=Source.TWIN))
        done = order.finished(CommandStatus.SUCCEEDED, 1.0, result=True)
        await inbox.update(done)
        await inbox.update(msgspec.structs.replace(order, started=True))
        await inbox.update(order.rejected(ReasonCode.CANCELLED, "too late", 2.0))
        assert await inbox.find("order-1") == done
