"""What the link, the broker and the twin can do to the daemon: nothing is lost, nothing comes twice."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import signal

import pytest

from demo.broker import mosquitto
from demo.proxy import Mode
from tests.system.theatre import (
    START_S,
    a_running_stage,
    a_stage,
    clean,
    connected,
    count,
    cut_off,
    flowing,
    status,
    waits_for,
)

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(mosquitto() is None, reason="mosquitto is not installed"),
]


def login(name, password):
    """A line of Mosquitto's password file (mosquitto_passwd(1), its PBKDF2 form)."""
    salt, rounds = b"twelve bytes", 101
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds)
    return f"{name}:$7${rounds}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}\n"


async def test_a_login_that_is_refused_is_told_and_readings_wait_until_it_is_granted(tmp_path):
    logins, password = tmp_path / "logins", tmp_path / "password"
    logins.write_text(login("gateway", "right") + login("twin", "of the twin"), encoding="utf-8")
    password.write_text("wrong\n", encoding="utf-8")
    (tmp_path / "twin").write_text("of the twin\n", encoding="utf-8")
    for file in (logins, password):
        file.chmod(0o600)
    access = f"allow_anonymous false\npassword_file {logins}"
    link = {"username": "gateway", "password_file": f'"{password}"'}
    async with a_stage(tmp_path, access=access, link=link) as stage:
        stage.start_twin("--username", "twin", "--password-file", str(tmp_path / "twin"))
        stage.start_daemon()
        assert await stage.until(waits_for(5), START_S)
        said = status(stage)["link"]
        assert said["state"] == "waiting"
        assert "bad user name or password" in said["reason"] or "not authorised" in said["reason"]
        password.write_text("right\n", encoding="utf-8")
        assert await stage.until(flowing, START_S)
        assert await clean(stage)
        assert "wrong" not in stage.daemons[0].log.read_text(encoding="utf-8")


async def test_a_broker_that_is_killed_and_comes_back_costs_nothing(tmp_path):
    async with a_running_stage(tmp_path) as stage:
        await stage.may_end(stage.broker.child).kill()
        assert await stage.until(cut_off, START_S)
        assert await stage.until(waits_for(8), START_S)
        await stage.restart_broker()
        assert await stage.until(connected, START_S)
        assert await clean(stage)


async def test_a_twin_that_is_killed_and_comes_back_has_everything_once(tmp_path):
    async with a_stage(tmp_path) as stage:
        twin = stage.start_twin()
        stage.start_daemon()
        assert await stage.until(flowing, START_S)
        await stage.may_end(twin).kill()
        assert await stage.until(waits_for(8), START_S)
        assert status(stage)["link"]["state"] == "connected"
        stage.start_twin()
        assert await clean(stage)


async def test_a_daemon_that_is_killed_again_and_again_loses_nothing(tmp_path):
    async with a_running_stage(tmp_path) as stage:
        for mode in (Mode.BLACKHOLE, Mode.PASS, Mode.REFUSE):
            await stage.wire.set_mode(mode)
            assert await stage.until(waits_for(1), START_S)
            await stage.kill_daemon()
            stage.start_daemon()
            assert await stage.until(lambda now: now.daemon is not None, START_S)
        await stage.wire.set_mode(Mode.PASS)
        assert await stage.until(flowing, START_S)
        assert await clean(stage)
        assert int(status(stage)["epoch"].rpartition("-")[2]) >= 4, "every start is an epoch"
        assert count(stage.daemons[-1], "crashed=true") == 3


async def test_a_daemon_that_is_told_to_stop_does_so_at_once_and_keeps_what_waits(tmp_path):
    async with a_running_stage(tmp_path) as stage:
        await stage.wire.set_mode(Mode.BLACKHOLE)
        assert await stage.until(waits_for(8), START_S)
        async with asyncio.timeout(5):
            assert await stage.stop_daemon() == 0
        left = {path.name for path in stage.folders.runtime.iterdir()}
        assert left == {"daemon.lock", "configuration.yaml"}, "no readings, and nobody to ask"
        await stage.wire.set_mode(Mode.PASS)
        stage.start_daemon()
        assert await stage.until(flowing, START_S)
        assert await clean(stage)
        found = re.findall(
            r"on_disk=(\d+) from_memory=0 crashed=false", stage.daemons[-1].log.read_text(encoding="utf-8")
        )
        assert int(found[-1]) >= 8


async def test_a_slow_link_is_a_link(tmp_path):
    async with a_running_stage(tmp_path) as stage:
        await stage.wire.set_mode(Mode.DELAY, 0.2)
        assert await stage.until(lambda now: now.daemon is not None and now.daemon.readings.accepted > 20, START_S)
        assert status(stage)["link"]["state"] == "connected"
        await stage.wire.set_mode(Mode.PASS)
        assert await clean(stage)


async def test_a_link_that_comes_and_goes_delivers_in_order(tmp_path):
    async with a_running_stage(tmp_path) as stage:
        for _ in range(4):
            await stage.wire.set_mode(Mode.REFUSE)
            assert await stage.until(cut_off, START_S)
            await stage.wire.set_mode(Mode.PASS)
            assert await stage.until(connected, START_S)
        assert await clean(stage)
        assert stage.now.gateway.online


async def test_a_stop_in_the_moment_in_which_the_link_breaks_is_a_stop(tmp_path):
    async with a_running_stage(tmp_path) as stage:
        for _ in range(3):
            stage.daemons[-1].send(signal.SIGTERM)
            await stage.wire.set_mode(Mode.REFUSE)
            async with asyncio.timeout(5):
                assert await stage.may_end(stage.daemons[-1]).wait() == 0
            await stage.wire.set_mode(Mode.PASS)
            stage.start_daemon()
            assert await stage.until(flowing, START_S)
        assert await clean(stage)
