"""Commands as they come and are answered: once, in time, or refused with a reason, and told until that is confirmed."""

from __future__ import annotations

import pytest

from gateway.cloud.commands import CONFIRM_S, REASON_CHARACTERS_MAX, REQUEST_BYTES_MAX
from gateway.core.command import Source
from gateway.core.reading import ClockState
from gateway.core.wire import CommandStatus
from gateway.store.inbox import WAITING_MAX


async def test_a_good_command_is_accepted_acts_and_its_outcome_is_told(station):
    await station.connect()
    await station.order("c1")
    assert station.responses("c1") == [("IN_PROGRESS", "")]
    assert [(one.channel, one.value) for one in await station.act()] == [("heater/on", True)]
    assert station.responses("c1") == [("IN_PROGRESS", ""), ("SUCCEEDED", "")]
    assert station.said("edgetwin/commands/things/gw/executions/c1/response/json")[-1]["result"] == {"value": True}


async def test_nobody_is_told_of_a_command_that_is_not_on_the_disk(station):
    await station.connect()
    await station.order("c1")
    rows = await station.rig.database.read("SELECT id, status FROM command")
    assert rows == [("c1", "IN_PROGRESS")]


async def test_an_outcome_is_repeated_until_the_twin_has_confirmed_it(station):
    await station.connect()
    await station.order("c1")
    await station.act()
    for _ in range(3):
        station.clock.advance(CONFIRM_S)
        await station.remind()
    assert station.responses("c1").count(("SUCCEEDED", "")) == 4
    await station.connect()
    assert station.responses("c1") == [("SUCCEEDED", "")]
    await station.confirm("c1")
    told = len(station.responses("c1"))
    await station.remind()
    await station.connect()
    assert station.responses("c1") == []
    assert told == 1


@pytest.mark.parametrize("changes", [{}, {"value": "no boolean"}])
async def test_an_outcome_is_told_once_while_the_twin_may_still_be_about_to_confirm_it(station, changes):
    await station.connect()
    await station.order("c1", **changes)
    await station.act()
    for _ in range(3):
        station.clock.advance(CONFIRM_S / 4)
        await station.remind()
    assert len([one for one in station.responses("c1") if one[0] != "IN_PROGRESS"]) == 1


async def test_a_confirmation_of_what_is_not_over_confirms_nothing(station):
    await station.connect()
    await station.order("c1")
    await station.confirm("c1")
    await station.act()
    assert ("SUCCEEDED", "") in station.responses("c1")


async def test_the_same_id_acts_once_and_gets_its_answer_again(station):
    await station.connect()
    for _ in range(3):
        await station.order("c1")
    assert len(await station.act()) == 1
    await station.order("c1")
    await station.order("c1", value=False)
    assert await station.act() == []
    assert station.responses("c1")[-1] == ("SUCCEEDED", "")


async def test_many_at_once_act_in_the_order_of_their_urgency(station):
    await station.connect()
    for identifier, channel, value, priority in (("c1", "heater/on", True, 5), ("c2", "climate/setpoint", 20.0, 0)):
        await station.order(identifier, channel=channel, value=value, priority=priority)
        station.clock.advance(0.001)
    assert [one.id for one in await station.act()] == ["c2", "c1"]


REFUSED = {
    "unknown channel": ({"channel": "heater/off"}, "UNKNOWN_CHANNEL"),
    "no channel": ({"channel": ""}, "UNKNOWN_CHANNEL"),
    "only read": ({"channel": "room/temperature", "value": 1.0}, "NOT_WRITABLE"),
    "a number for a switch": ({"value": 1}, "WRONG_TYPE"),
    "a text for a switch": ({"value": "on"}, "WRONG_TYPE"),
    "a switch for a number": ({"channel": "climate/setpoint", "value": True}, "WRONG_TYPE"),
    "too high": ({"channel": "climate/setpoint", "value": 30.001}, "OUT_OF_RANGE"),
    "too low": ({"channel": "climate/setpoint", "value": -1e300}, "OUT_OF_RANGE"),
    "unknown operation": ({"operation": "toggle"}, "UNKNOWN_OPERATION"),
    "parameters beside set": ({"parameters": {"for": 2}}, "UNKNOWN_PARAMETER"),
    "nothing at all": ({"value": None}, "MALFORMED"),
    "an object": ({"value": {}}, "MALFORMED"),
    "no priority": ({"priority": 10}, "MALFORMED"),
    "a text for a time": ({"issued": "now"}, "MALFORMED"),
}


@pytest.mark.parametrize(("changes", "code"), REFUSED.values(), ids=REFUSED)
async def test_a_command_that_cannot_be_done_is_refused_with_its_reason(station, changes, code):
    await station.connect()
    await station.order("c1", **changes)
    assert station.responses("c1")[0] == ("REJECTED", code)
    assert await station.act() == []


async def test_a_retained_command_is_refused_whatever_it_says(station):
    await station.connect()
    await station.order("c1", retain=True)
    assert station.responses("c1")[0] == ("REJECTED", "RETAINED")
    assert await station.act() == []


async def test_the_removal_of_a_retained_command_is_no_command(station):
    await station.connect()
    await station.order("c1", b"")
    assert station.responses("c1") == []
    assert station.downlink.rejected == {}


async def test_a_command_that_came_too_late_is_refused(station):
    await station.connect()
    for identifier, late in (("c1", 0.0), ("c2", 1e9)):
        await station.order(identifier, expires=station.now_s - late)
        assert station.responses(identifier)[0] == ("REJECTED", "EXPIRED")
    await station.order("c3", expires=station.now_s + 0.001)
    assert station.responses("c3")[0] == ("IN_PROGRESS", "")


async def test_a_command_without_an_end_has_that_of_its_channel(station):
    await station.connect()
    await station.order("c1", b'{"channel":"heater/on","value":true,"issued":%d}' % (station.now_s - 299))
    assert station.responses("c1")[0] == ("IN_PROGRESS", "")
    await station.order("c3", b'{"channel":"heater/on","value":true,"issued":%d}' % (station.now_s - 300))
    assert station.responses("c3")[0] == ("REJECTED", "EXPIRED")
    await station.order("c2", issued=-1e308, expires=1e308)
    assert station.responses("c2")[0] == ("REJECTED", "MALFORMED")


async def test_without_a_clock_to_trust_no_command_is_taken(station):
    station.clock.clock_state = ClockState.UNSYNCHRONISED
    await station.connect()
    await station.order("c1")
    assert station.responses("c1")[0] == ("REJECTED", "CLOCK_UNKNOWN")


@pytest.mark.parametrize("payload", [b"{", b"\xff", b"[]", b"{}", b"null", b"[" * 100_000, b'{"channel":"x"}'])
async def test_what_is_no_command_is_answered_and_not_kept(station, payload):
    await station.connect()
    await station.order("c1", payload)
    assert station.responses("c1") == [("REJECTED", "MALFORMED")]
    assert await station.rig.database.read("SELECT count(*) FROM command") == [(0,)]
    # The id is still good for the command that was meant.
    await station.order("c1")
    assert station.responses("c1")[-1] == ("IN_PROGRESS", "")


async def test_a_command_that_is_far_too_large_does_not_reach_the_disk(station):
    await station.connect()
    await station.order("c1", channel="x" * REQUEST_BYTES_MAX)
    assert station.responses("c1") == [("REJECTED", "MALFORMED")]
    assert await station.rig.database.read("SELECT count(*) FROM command") == [(0,)]


@pytest.mark.parametrize("identifier", ["", "a b", "x" * 65, "ü", "a.b", "..", "a\n"])
async def test_an_id_that_is_none_is_counted_because_nobody_can_be_answered(station, identifier):
    await station.connect()
    sent = len(station.session.sent)
    await station.order(identifier)
    assert len(station.session.sent) == sent
    assert sum(station.downlink.rejected.values()) == 1


async def test_a_reason_is_no_longer_than_the_protocol_allows(station):
    await station.connect()
    await station.order("c1", operation="o" * 3000)
    said = station.said("edgetwin/commands/things/gw/executions/c1/response/json")[0]
    assert said["statusReason"]["reasonCode"] == "UNKNOWN_OPERATION"
    assert len(said["statusReason"]["reasonDescription"]) == REASON_CHARACTERS_MAX


async def test_when_too_many_wait_the_next_is_refused(station):
    await station.connect()
    waiting = [
        station.admission.local(f"w{number}", "heater/on", True, Source.CONTROL) for number in range(WAITING_MAX)
    ]
    for execution in waiting:
        station.inbox.put_back(execution)
    await station.order("c1")
    assert station.responses("c1")[0] == ("REJECTED", "QUEUE_FULL")


async def test_what_nobody_outside_asked_for_is_told_to_nobody(station):
    await station.connect()
    local = station.admission.local("here", "heater/on", True, Source.CONTROL)
    await station.admission.submit(local)
    await station.act()
    assert station.responses("here") == []
    assert (await station.inbox.find("here")).status is CommandStatus.SUCCEEDED
