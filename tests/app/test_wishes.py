"""From a shadow's wish to a command and back to the shadow, as the wiring ties them together."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace

import pytest

from gateway.app import shadow_wiring
from gateway.app.agreement import Agreement
from gateway.app.arbiter import Arbiter, Channels
from gateway.app.overrides import Overrides
from gateway.app.records import Records
from gateway.cloud.shadows import Shadows
from gateway.core.command import ReasonCode, Source, Target
from gateway.core.conflict import ConflictPolicy
from gateway.core.device_shadow import Wish
from gateway.core.hybrid_clock import NEVER
from gateway.core.settings import StoreSettings
from gateway.core.wire import CommandStatus
from gateway.store.admission import Admission, Terms
from gateway.store.database import open_database
from gateway.store.events import EventLog
from gateway.store.inbox import Inbox
from gateway.store.recovery import open_outbox
from gateway.store.shadows import Kept
from tests.fakes.clock import FakeClock
from tests.fakes.session import FakeSession
from tests.fakes.timekeeping import timekeeper

KNOWN = {
    "heater/on": Target("heater/on", "boolean", writable=True),
    "climate/setpoint": Target("climate/setpoint", "number", 5.0, 30.0, writable=True),
}


@contextlib.asynccontextmanager
async def open_house(folder):
    clock = FakeClock()
    store = StoreSettings(directory=str(folder), runtime_directory=str(folder / "run"))
    async with open_database(folder, stamp="x") as database, open_outbox(database, "gw", clock, store, "0" * 16):
        inbox, events = await Inbox.open(database), await EventLog.open(database, timekeeper(clock))
        yield House(database, inbox, events, Admission(inbox, events, Terms(KNOWN), clock, lambda: None), clock)


class House:
    def __init__(self, database, inbox, events, admission, clock):
        self.database, self.inbox = database, inbox
        self.shadows = Shadows("edgetwin", "gw", {"heater": ["on"], "climate": ["setpoint"]}, clock)
        agreement = Agreement(Kept({}, {}, NEVER), lambda: None)
        records, policies = Records(admission, events, database), dict.fromkeys(KNOWN, ConflictPolicy.PHYSICAL_PRIORITY)
        overrides = Overrides({}, policies, agreement, records, lambda: None, lambda _channel: None)
        self.wish = Arbiter(Channels(KNOWN, policies), self.shadows, overrides, agreement, records).wish
        self.finished = shadow_wiring.finisher(self.shadows)
        self.session = FakeSession()
        self.shadows.connected(self.session, "s")

    async def want(self, device, channel, value, version=7):
        """The document says that it wants this; what became of it in the shadow's errors."""
        self.shadows.devices[device].wanted(Wish(channel, value))
        await self.wish(device, Wish(channel, value), version)
        error = self.shadows.devices[device].wishes.refused.get(channel)
        return error and error.code

    async def do(self, result, status=CommandStatus.SUCCEEDED):
        """The actuator's part."""
        execution = self.inbox.take()
        assert execution.source is Source.SHADOW
        self.finished(execution.finished(status, execution.issued_s, result=result))
        return execution

    async def commits(self):
        return (await self.database.read("SELECT count(*) FROM command"))[0][0]

    def errors(self, device):
        return {channel: error.code for channel, error in self.shadows.devices[device].wishes.refused.items()}


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as opened:
        yield opened


async def test_a_wish_becomes_a_command_of_the_shadow(house):
    assert await house.want("heater", "on", True) is None
    execution = await house.do(True)
    assert (execution.channel, execution.value) == ("heater/on", True)
    assert execution.id.startswith("shadow-7-")
    assert house.shadows.devices["heater"].reporter.actual == {"on": True}


async def test_a_whole_number_is_a_number(house):
    await house.want("climate", "setpoint", 21)
    execution = await house.do(21.0)
    assert (execution.value, type(execution.value)) == (21.0, float)
    assert house.errors("climate") == {}


@pytest.mark.parametrize(("device", "channel", "value", "code"), [
    ("climate", "setpoint", 99, "OUT_OF_RANGE"),
    ("climate", "setpoint", "warm", "WRONG_TYPE"),
    ("heater", "on", 1, "WRONG_TYPE"),
])  # fmt: skip
async def test_a_wish_that_cannot_be_is_refused_by_the_common_rules_and_is_in_the_record(
    house, device, channel, value, code
):
    assert await house.want(device, channel, value) == code
    assert await house.commits() == 1


@pytest.mark.parametrize(("channel", "value", "code"), [
    ("setpoint", {"deep": 1}, "WRONG_TYPE"),
    ("setpoint", [21], "WRONG_TYPE"),
    pytest.param("setpoint", 10**400, "WRONG_TYPE", id="setpoint-huge-WRONG_TYPE"),
    ("nothing", 1, "UNKNOWN_CHANNEL"),
    ("_errors", {}, "UNKNOWN_CHANNEL"),
    ("", "", "UNKNOWN_CHANNEL"),
])  # fmt: skip
async def test_what_no_channel_can_be_asked_for_is_refused_without_a_word_to_the_disk(house, channel, value, code):
    assert await house.want("climate", channel, value) == code
    assert await house.commits() == 0


async def test_a_command_that_failed_is_a_refusal_with_its_reason(house):
    await house.want("heater", "on", True)
    execution = house.inbox.take()
    house.finished(execution.failed(CommandStatus.FAILED, ReasonCode.DEVICE_ERROR, "gone", 0.0))
    assert house.errors("heater") == {"on": "DEVICE_ERROR"}


async def test_a_part_that_reads_back_as_something_else_is_reported_as_it_is_and_explained(house):
    await house.want("climate", "setpoint", 21)
    await house.do(20.5)
    assert house.shadows.devices["climate"].reporter.actual == {"setpoint": 20.5}
    assert house.errors("climate") == {"setpoint": "DEVICE_ERROR"}


async def test_a_command_of_another_source_reports_what_is_and_refuses_nothing(house):
    execution = SimpleNamespace(
        channel="heater/on",
        value=True,
        result=None,
        source=Source.TWIN,
        status=CommandStatus.FAILED,
        reason_code="",
        operation="set",
    )
    house.finished(execution)
    assert house.errors("heater") == {}


async def test_a_refusal_is_explained_in_a_sentence(house):
    for device_, channel, want, sentence in [
        ("heater", "on", "maybe", "heater/on"),
        ("heater", "odd", 1, "the device has no such channel"),
        ("heater", "on", {}, "a boolean is wanted here"),
        ("climate", "setpoint", 99, "5"),
    ]:
        await house.want(device_, channel, want)
        assert sentence in house.shadows.devices[device_].wishes.refused[channel].reason


async def test_a_read_back_that_differs_is_explained(house):
    await house.want("heater", "on", True)
    await house.do(False)
    reason = house.shadows.devices["heater"].wishes.refused["on"].reason
    assert reason == "the part was told on and reads back off"


async def test_a_document_with_hundreds_of_strange_wishes_is_a_few_words(house):
    desired = {f"odd{number}": number for number in range(300)}
    get = json.loads(house.session.on("edgetwin/things/gw/shadow/name/heater/get")[0])
    document = {"state": {"delta": desired}, "version": 3, "clientToken": get["clientToken"]}
    house.shadows.wish = house.wish
    await house.shadows.on_message("heater", "get/accepted", json.dumps(document).encode())
    assert await house.commits() == 0
    told = house.session.on("edgetwin/things/gw/shadow/name/heater/update")
    assert len(told) == 1
    assert len(told[0]) < 4000
