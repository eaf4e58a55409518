"""What the service manager hears while the daemon runs, and what it does not hear when a part of it stands still."""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace

import pytest

from gateway.app.run import STATUS_EVERY_S, _watch
from gateway.cloud.session import LinkState
from gateway.core.ledger_events import Tally
from tests.app.running import LONGEST_S, daemon, site_in


class EnoughError(Exception):
    """A test has heard what it wanted."""


class Listener:
    """A notifier that notes what it would say, and has heard enough after a few rounds."""

    def __init__(self, rounds):
        self.said = []
        self._rounds = rounds

    def alive(self):
        self.said.append("alive")

    def status(self, text):
        self.said.append(text)
        self._rounds -= 1
        if self._rounds == 0:
            raise EnoughError


def rooms(*samplers):
    ledger = SimpleNamespace(total=lambda: Tally(taken=5, waiting=3))
    return SimpleNamespace(
        samplers=[SimpleNamespace(progresses=progresses) for progresses in samplers],
        outbox=SimpleNamespace(ledger=ledger),
        guardian=SimpleNamespace(progresses=True),
        committer=SimpleNamespace(stands_in=False),
        connection=SimpleNamespace(state=LinkState.WAITING),
        spending=SimpleNamespace(meter=SimpleNamespace(connected=False, tick=lambda: None), keep=lambda: None),
    )


async def heard(monkeypatch, *samplers, rounds=3):
    monkeypatch.setenv("WATCHDOG_USEC", "2")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    listener = Listener(rounds)
    async with asyncio.timeout(LONGEST_S):
        with pytest.raises(EnoughError):
            await _watch(rooms(*samplers), listener)
    return listener.said


LINE = "waiting; 3 readings waiting"


@pytest.mark.parametrize("samplers", [(), (True,), (True, True)])
async def test_while_every_sampler_moves_the_watchdog_is_content(monkeypatch, samplers):
    assert await heard(monkeypatch, *samplers) == ["alive", LINE] * 3


@pytest.mark.parametrize("samplers", [(False,), (True, False), (False, True)])
async def test_one_sampler_that_stands_still_is_enough_to_be_silent(monkeypatch, samplers):
    assert await heard(monkeypatch, *samplers) == [LINE] * 3


@pytest.mark.parametrize(("wanted", "pause_s"), [
    (None, STATUS_EVERY_S), ("0", STATUS_EVERY_S), ("3000000", 1.5), ("60000000", STATUS_EVERY_S),
])  # fmt: skip
async def test_the_line_is_new_every_few_seconds_whatever_the_watchdog_wants(monkeypatch, wanted, pause_s):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    if wanted is not None:
        monkeypatch.setenv("WATCHDOG_USEC", wanted)
    with pytest.raises(EnoughError):
        await _watch(rooms(True), Listener(2))
    assert slept == [pause_s]


async def test_a_service_manager_hears_the_whole_life_of_a_daemon(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as manager:
        manager.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        async with daemon(site_in(tmp_path), monkeypatch) as one:
            said = [manager.recv(4096).decode() for _ in range(3)]
            assert said[:2] == ["READY=1", "WATCHDOG=1"]
            assert said[2].startswith("STATUS=")
            assert said[2].endswith("readings waiting")
        assert one.pin().state is False
        rest = []
        while not rest or rest[-1] != "STOPPING=1":
            rest.append(manager.recv(4096).decode())
        with pytest.raises(BlockingIOError):
            manager.recv(4096)
