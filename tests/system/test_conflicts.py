"""Set by hand while the link was down, and the twin wanted something else meanwhile: what each policy makes of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3

import pytest

from demo.broker import mosquitto
from demo.proxy import Mode
from demo.waiting import until
from gateway.cli.ask import exchange
from tests.system.theatre import START_S, a_running_stage, clean, connected, cut_off, status, twin

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(mosquitto() is None, reason="mosquitto is not installed"),
]

AGREED, BY_HAND, WANTED = 19.0, 25.0, 22.0
ANOTHER_SECOND_S = 2.1
"""The service notes whole seconds: what is written so much later has a later one."""


def by_hand(stage, **question):
    return exchange(stage.folders.runtime / "status.sock", {"channel": "climate/setpoint", **question})


async def shadow(stage):
    return (await twin(stage, "state"))["shadows"].get("climate", {})


async def until_reported(stage, holds):
    """The twin's document, once what is reported there is as it should be; the last one seen says why not."""
    seen = {}

    async def look():
        seen.update(await shadow(stage))
        return seen if holds(seen.get("reported", {})) else None

    assert await until(look, START_S) is not None, seen
    return seen


def told_conflicts(stage):
    """The conflicts in the twin's own record of the gateway's events."""
    with contextlib.closing(sqlite3.connect(stage.folders.twin / "twin.db")) as database:
        rows = database.execute("SELECT data FROM events WHERE kind = 'conflict' ORDER BY id").fetchall()
    return [json.loads(data) for (data,) in rows]


@contextlib.asynccontextmanager
async def cut_stage(tmp_path, policy):
    """Both sides have agreed on one set point; then the link is cut."""
    changes = [("    setpoint: 18\n", f"    setpoint: 18\n    conflict: {policy}\n")]
    async with a_running_stage(tmp_path, changes=changes) as stage:
        await twin(stage, "desire", device="climate", state={"setpoint": AGREED})
        await until_reported(stage, lambda reported: reported.get("setpoint") == AGREED)
        await stage.wire.set_mode(Mode.REFUSE)
        assert await stage.until(cut_off, START_S)
        await asyncio.sleep(ANOTHER_SECOND_S)
        yield stage


async def hand_then_twin(stage):
    assert by_hand(stage, ask="set", value=BY_HAND, for_s=600)["status"] == "SUCCEEDED"
    await asyncio.sleep(ANOTHER_SECOND_S)
    await twin(stage, "desire", device="climate", state={"setpoint": WANTED})


async def twin_then_hand(stage):
    await twin(stage, "desire", device="climate", state={"setpoint": WANTED})
    await asyncio.sleep(ANOTHER_SECOND_S)
    assert by_hand(stage, ask="set", value=BY_HAND, for_s=600)["status"] == "SUCCEEDED"


@pytest.mark.parametrize(("policy", "order", "winner"), [
    ("physical_priority", hand_then_twin, "site"),
    ("twin_priority", twin_then_hand, "twin"),
    ("last_write_wins", hand_then_twin, "twin"),
    ("last_write_wins", twin_then_hand, "site"),
    ("merge", hand_then_twin, "twin"),
])  # fmt: skip
async def test_both_sides_changed_the_set_point_while_they_could_not_talk(tmp_path, policy, order, winner):
    async with cut_stage(tmp_path, policy) as stage:
        await order(stage)
        assert status(stage)["overrides"]["climate/setpoint"]["value"] == BY_HAND
        await stage.wire.set_mode(Mode.PASS)
        assert await stage.until(connected, START_S)
        if winner == "site":
            said = await until_reported(stage, lambda reported: "setpoint" in reported.get("_errors", {}))
            assert said["reported"]["setpoint"] == BY_HAND
            assert said["reported"]["_override"]["setpoint"]["value"] == BY_HAND
            assert said["reported"]["_errors"]["setpoint"]["code"] == "LOCAL_OVERRIDE"
            assert said["delta"] == {"setpoint": WANTED}
        else:
            said = await until_reported(stage, lambda reported: reported.get("setpoint") == WANTED)
            await until_reported(stage, lambda reported: "_override" not in reported)
            assert status(stage)["overrides"] == {}

        async def told():
            return told_conflicts(stage) or None

        [event] = await until(told, START_S) or []
        assert {key: event[key] for key in ("property", "policy", "base", "site", "twin", "winner")} == {
            "property": "climate/setpoint", "policy": policy, "base": AGREED, "site": BY_HAND, "twin": WANTED,
            "winner": winner,
        }  # fmt: skip
        assert status(stage)["conflicts"]["conflicts"] == 1
        assert await stage.until(
            lambda now: now.daemon is not None and status(stage)["sync"]["climate"] == "in_sync", START_S
        )
        assert await clean(stage)


async def test_after_its_time_a_value_set_by_hand_gives_way_to_what_the_twin_wants(tmp_path):
    async with cut_stage(tmp_path, "physical_priority") as stage:
        assert by_hand(stage, ask="set", value=BY_HAND, for_s=8)["status"] == "SUCCEEDED"
        await twin(stage, "desire", device="climate", state={"setpoint": WANTED})
        await stage.wire.set_mode(Mode.PASS)
        said = await until_reported(stage, lambda reported: reported.get("setpoint") == WANTED)
        await until_reported(stage, lambda reported: not {"_override", "_errors"} & reported.keys())
        assert said["desired"]["setpoint"] == WANTED
        assert await clean(stage)


async def test_the_twin_changes_how_a_channel_is_watched_and_is_told_what_was_refused(tmp_path):
    async with a_running_stage(tmp_path) as stage:
        wanted = {"every": 2, "channels": {"temperature": {"deadband": 0.4}, "humidity": {"mode": "loud"}}}
        await twin(stage, "desire", device="room", state={"_settings": wanted})

        async def told():
            room = (await twin(stage, "state"))["shadows"]["room"]
            return room if "_settings" in room.get("reported", {}) else None

        room = await until(told, START_S)
        assert room["reported"]["_settings"]["every"] == 2
        assert room["reported"]["_settings"]["channels"] == {"temperature": {"deadband": 0.4}}
        assert "loud" in room["reported"]["_settings"]["_errors"]["humidity"]["reason"]
        assert room["delta"] == {"_settings": {"channels": {"humidity": {"mode": "loud"}}}}
        await twin(stage, "desire", device="room", state={"_settings": None})

        async def gone():
            return "_settings" not in (await twin(stage, "state"))["shadows"]["room"]["reported"] or None

        assert await until(gone, START_S)
        assert await clean(stage)
