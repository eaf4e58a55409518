"""The twin's own page says what it does: its commands are understood, and its questions answered in that shape."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from pathlib import Path

import msgspec
import pytest
import structlog

from gateway.core.wire import CommandResponse, CommandStatus
from tests.twin.builders import NOW_S, PREFIXES, STORE, batch, birth, gap, incoming, segment, shadow, status, thinned
from twin import asks, cli
from twin.asks import Desk
from twin.complaints import Complaints
from twin.store import open_store
from twin.topics import Kind
from twin.writer import Writer

PAGE = Path(__file__).parents[2] / "twin" / "README.md"
TEXT = PAGE.read_text(encoding="utf-8")
COMMANDS = re.findall(r"^edgetwin twin (.*)$", TEXT, re.MULTILINE)
EXAMPLES = re.findall(r"^```json\n(.*)\n(.*)\n```$", TEXT, re.MULTILINE)
GATEWAY = "greenhouse-1"


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_are_understood(command):
    words = shlex.split(command)
    if words[0] in cli.QUESTIONS:
        assert cli.request_of(cli._questions().parse_args(words))["ask"]
    else:
        assert cli.settings_of(_without_files(words)).directory


def _without_files(words):
    """The runner's arguments without the password file, which is not there."""
    arguments = cli._runner().parse_args(words)
    arguments.password_file = None
    return arguments


def test_every_question_has_an_example():
    known = {kind.__struct_config__.tag for kind in asks.Request.__args__}
    assert sorted(json.loads(question)["ask"] for question, _ in EXAMPLES) == sorted(known)


def shape(value):
    """The members of an answer, without its values."""
    if isinstance(value, dict):
        return {name: shape(below) for name, below in value.items()}
    if isinstance(value, list):
        return [shape(below) for below in value]
    return None


MESSAGES = [
    status("online", gateway=GATEWAY),
    birth(gateway=GATEWAY, finished={f"{STORE}-1": {"normal": 2}}),
    batch(thinned(1, 60), segment(61, 62, time_s=NOW_S + 61), gateway=GATEWAY),
    shadow(Kind.SHADOW_UPDATE, {"state": {"reported": {"setpoint": 18}}}, device="climate", gateway=GATEWAY),
]


async def answers(store):
    """What a twin says to the questions of the page, in their order."""
    writer = Writer(store, PREFIXES, Complaints(structlog.get_logger()), now_s=lambda: NOW_S + 70, send=lambda _: None)
    desk = Desk(store, writer, PREFIXES, now_s=lambda: NOW_S + 70, new_id=lambda: "3f1c")
    task = asyncio.create_task(writer.run())
    told = gap(1, 70, 74, reason="quota_full", readings={"room/temperature": 5})
    told = msgspec.structs.replace(told, address=msgspec.structs.replace(told.address, gateway=GATEWAY))
    for message in (*MESSAGES, told):
        await writer.put(message)
    found = []
    for question, _ in EXAMPLES:
        found.append(await desk.answer(question.encode()))
        if json.loads(question)["ask"] == "command":
            done = CommandResponse(status=CommandStatus.SUCCEEDED, time=NOW_S + 71)
            await writer.put(incoming(Kind.RESPONSE, done, gateway=GATEWAY, item="3f1c"))
            await desk.answer(b'{"ask":"status"}')
    task.cancel()
    await asyncio.wait([task])
    return found


async def test_questions_are_answered_as_the_page_shows(tmp_path):
    async with open_store(tmp_path) as store:
        for (question, written), answer in zip(EXAMPLES, await answers(store), strict=True):
            assert "error" not in answer, question
            assert shape(json.loads(written)) == shape(answer), question
