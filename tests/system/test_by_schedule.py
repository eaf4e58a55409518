"""A gateway on a battery, with broker and twin: it sleeps by plan, wakes for what matters, and loses nothing."""

from __future__ import annotations

import contextlib
import json

import msgspec
import pytest

from demo.waiting import until
from gateway.cloud.session import LinkState
from gateway.core.reading import Lane
from gateway.core.sync_state import SyncState
from tests.app.running import daemon
from tests.system.theatre import START_S, a_stage, count, twin

pytestmark = pytest.mark.system


@contextlib.asynccontextmanager
async def asleep(tmp_path, monkeypatch, connect):
    """A daemon in this process that has had its first session, and the stage."""
    async with a_stage(tmp_path, link={"connect": connect}) as stage:
        child = stage.start_twin()

        async def listens():
            return count(child, "ready") or None

        assert await until(listens, START_S)
        # Its slow telegrams would be waited for at the end.
        kept = tuple(device for device in stage.site.devices if device.name != "air")
        async with daemon(msgspec.structs.replace(stage.site, devices=kept), monkeypatch) as one:
            await one.until(lambda: sleeps(one, 1))
            yield stage, one


def sleeps(one, sessions):
    """Whether so many sessions are over, and the link is closed by plan."""
    return one.rooms.connection.sessions == sessions and one.rooms.connection.state is LinkState.ASLEEP


def total(one):
    return one.rooms.outbox.ledger.total()


async def test_between_sessions_it_sleeps_and_an_alarm_or_a_hand_wakes_it_at_once(tmp_path, monkeypatch):
    async with asleep(tmp_path, monkeypatch, "every 1h") as (stage, one):
        rooms = one.rooms
        arrived = total(one).acknowledged
        assert arrived > 0, "what was due went along"
        await one.until(lambda: total(one).waiting >= 5)
        assert sleeps(one, 1), "readings wait for the schedule"
        assert set(rooms.sync.states.values()) == {SyncState.OFFLINE}

        now = rooms.board.latest["room/temperature"]
        rooms.outbox.append(now, "Cel", Lane.CRITICAL, urgent=True)
        await one.until(lambda: sleeps(one, 2))
        assert total(one).acknowledged > arrived + 5, "the alarm, and everything due with it"
        assert rooms.outbox.stored[Lane.CRITICAL] == 0

        said = await one.ask(json.dumps({"ask": "set", "channel": "heater/on", "value": "on"}).encode() + b"\n")
        assert said["override"]
        await one.until(lambda: sleeps(one, 3))
        assert (await twin(stage, "state"))["shadows"]["heater"]["reported"]["on"] is True

        said = await one.ask()
        link = said["link"]
        assert (link["state"], link["reason"], link["sessions"]) == ("asleep", "", 3)
        assert 3000 < link["retry_in_s"] <= 3600
        for level in said["levels"].values():
            assert "freshness" not in level["breached"]
            assert "availability" not in level["breached"]


async def test_what_the_twin_orders_while_it_sleeps_is_done_in_the_next_session_and_nothing_is_lost(
    tmp_path, monkeypatch
):
    async with asleep(tmp_path, monkeypatch, "every 3s") as (stage, one):
        given = await twin(stage, "command", channel="climate/setpoint", value=21, expires_in_s=30)
        await one.until(lambda: sleeps(one, 3))
        done = await twin(stage, "execution", id=given["id"])
        assert done["status"] == "SUCCEEDED"
        said = await one.ask()
        assert said["balanced"]
        assert said["readings"]["acknowledged"] > 0
        known = (await twin(stage, "status"))["gateways"][stage.site.gateway]["readings"]
        assert known["missing"] == known["out_of_order"] == 0
