"""Commands: written before they are sent, sent again until somebody answers, and one outcome each."""

from __future__ import annotations

import json

import pytest

from gateway.core.wire import CommandRequest, CommandResponse, CommandStatus, StatusReason
from tests.twin.builders import NOW_S, PREFIXES, birth, incoming, sent, status
from twin import commands, views
from twin.changes import Changes
from twin.handlers import handle
from twin.load import load
from twin.model import Model
from twin.store import open_store
from twin.topics import Kind

REQUEST = CommandRequest(channel="climate/setpoint", value=22.0, issued=NOW_S, expires=NOW_S + 60)


class Bench:
    """A model and its store, with the gateway `g` that has been told the command `c1`."""

    def __init__(self, store):
        self.store = store
        self.model = Model()

    async def run(self, *messages):
        changes = Changes()
        for message in messages:
            handle(self.model, message, changes, PREFIXES)
        await self.store.write(changes)
        return sent(changes)

    async def issue(self, execution="c1", request=REQUEST):
        changes = Changes()
        commands.issue(self.model.gateways["g"], execution, request, changes)
        await self.store.write(changes)
        return sent(changes)

    async def answer(self, word, *, execution="c1", time=NOW_S + 1, reason=None, result=None):
        response = CommandResponse(status=CommandStatus(word), time=time, status_reason=reason, result=result)
        return await self.run(incoming(Kind.RESPONSE, response, item=execution))

    async def execution(self, number="c1"):
        return await views.execution(self.store, "g", number)


@pytest.fixture
async def bench(tmp_path):
    async with open_store(tmp_path) as store:
        made = Bench(store)
        await made.run(status("online"))
        yield made


def requests(messages):
    return [topic.split("/")[5] for topic, _ in messages if topic.endswith("/request/json")]


async def test_a_command_goes_to_its_gateway(bench):
    assert await bench.issue() == [
        (
            "edgetwin/commands/things/g/executions/c1/request/json",
            {
                "channel": "climate/setpoint",
                "value": 22.0,
                "issued": NOW_S,
                "expires": NOW_S + 60,
            },
        )
    ]
    execution = await bench.execution()
    assert (execution["status"], execution["channel"], execution["value"]) == ("CREATED", "climate/setpoint", 22.0)
    assert (execution["issued"], execution["accepted"], execution["finished"]) == (NOW_S, None, None)


@pytest.mark.parametrize(("said", "used"), [("$aws", "$aws"), ("", "edgetwin"), ("elsewhere", "edgetwin")])
async def test_a_gateway_may_want_its_commands_under_another_prefix_that_is_served(bench, said, used):
    handle(bench.model, birth(commands=said), Changes(), ["edgetwin", "$aws"])
    await bench.run(status("online"))
    ((topic, _),) = await bench.issue()
    assert topic == f"{used}/commands/things/g/executions/c1/request/json"


async def test_its_way_is_recorded_and_only_the_end_confirmed(bench):
    await bench.issue()
    assert await bench.answer("IN_PROGRESS", time=NOW_S + 1) == []
    assert (await bench.execution())["status"] == "IN_PROGRESS"
    confirmed = await bench.answer("SUCCEEDED", time=NOW_S + 2, result={"value": 22.0})
    assert confirmed == [
        ("edgetwin/commands/things/g/executions/c1/response/accepted/json", {"executionId": "c1"}),
    ]
    execution = await bench.execution()
    assert (execution["status"], execution["result"]) == ("SUCCEEDED", {"value": 22.0})
    assert (execution["accepted"], execution["finished"]) == (NOW_S + 1, NOW_S + 2)


async def test_a_refusal_comes_with_its_reason(bench):
    await bench.issue()
    await bench.answer("REJECTED", reason=StatusReason("OUT_OF_RANGE", "22 is above 20"))
    execution = await bench.execution()
    assert execution["status"] == "REJECTED"
    assert execution["reason"] == {"reasonCode": "OUT_OF_RANGE", "reasonDescription": "22 is above 20"}
    assert execution["accepted"] is None


async def test_the_first_outcome_stands_and_every_repetition_is_confirmed(bench):
    await bench.issue()
    await bench.answer("SUCCEEDED", time=NOW_S + 2)
    for word in ("SUCCEEDED", "FAILED"):
        assert len(await bench.answer(word, time=NOW_S + 9)) == 1
    assert await bench.answer("IN_PROGRESS", time=NOW_S + 1) == []
    execution = await bench.execution()
    assert (execution["status"], execution["finished"], execution["accepted"]) == ("SUCCEEDED", NOW_S + 2, None)


async def test_commands_of_the_gateways_own_are_recorded_too(bench):
    assert len(await bench.answer("SUCCEEDED", execution="shadow-room-3-setpoint")) == 1
    execution = await bench.execution("shadow-room-3-setpoint")
    assert (execution["status"], execution["channel"], execution["issued"]) == ("SUCCEEDED", None, None)


async def test_what_nobody_answered_is_sent_again_when_the_gateway_comes(bench):
    await bench.issue("c1")
    await bench.issue("c2")
    await bench.answer("IN_PROGRESS", execution="c1")
    assert requests(await bench.run(birth(received_s=NOW_S + 5))) == ["c2"]
    assert requests(await bench.run(birth(received_s=NOW_S + 6))) == ["c2"]


async def test_what_has_expired_is_not_sent_again(bench):
    await bench.issue()
    assert requests(await bench.run(birth(received_s=NOW_S + 60))) == []
    assert requests(await bench.run(birth(received_s=NOW_S + 5))) == []


async def test_what_is_sent_again_is_the_same_message(bench):
    first = await bench.issue()
    assert (await bench.run(birth(received_s=NOW_S + 5)))[1:] == first


async def test_a_restarted_twin_still_repeats(bench):
    first = await bench.issue()
    bench.model = await load(bench.store)
    assert (await bench.run(birth(received_s=NOW_S + 5)))[1:] == first


async def test_finished_commands_are_listed_newest_first(bench):
    for number in range(3):
        await bench.issue(f"c{number}")
    await bench.answer("SUCCEEDED", execution="c0", time=NOW_S + 3)
    await bench.answer("FAILED", execution="c2", time=NOW_S + 4)
    listed = await views.finished(bench.store, "g")
    assert [(each["id"], each["status"]) for each in listed] == [("c2", "FAILED"), ("c0", "SUCCEEDED")]
    assert await views.finished(bench.store, "h") == []


async def test_an_unknown_execution_is_none(bench):
    assert await bench.execution("c9") is None
    assert json.dumps(await bench.execution()) == "null"
