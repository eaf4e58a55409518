"""A whole daemon in the test's own process, every part of it simulated, and a look into its rooms."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from pathlib import Path

import msgspec

import gateway.app.run
from demo.site import make_site
from demo.waiting import until
from gateway.app.runtime import SOCKET_NAME
from gateway.app.wiring import wire_up
from tests.mosquitto import free_port

LONGEST_S = 15.0
"""More than any start and stop takes; a test that needs it has found something that hangs."""
HEATER_PIN = 27


def site_in(folder, port=None, *, whole=False):
    """The example's site with its store in `folder`; without a port nobody listens where it looks for a broker.

    Unless it has to be the whole one, the air sensor is left out: its slow telegrams would be waited for at every stop.
    """
    site = make_site(folder / "site.yaml", port=port or free_port(), store=folder / "store", runtime=folder / "run")
    kept = tuple(one for one in site.devices if whole or one.name != "air")
    return msgspec.structs.replace(site, devices=kept)


@contextlib.asynccontextmanager
async def daemon(site, monkeypatch):
    """A daemon that runs, and is stopped in order at the end, all within a bound."""
    opened = []

    def remember(*arguments):
        opened.append(wire_up(*arguments))
        return opened[-1]

    monkeypatch.setattr(gateway.app.run, "wire_up", remember)
    async with asyncio.timeout(LONGEST_S):
        one = Daemon(site, asyncio.Event(), opened)
        one.task = asyncio.create_task(gateway.app.run.run(site, one.stop))
        try:
            await one.until(lambda: opened and one.socket.exists())
            one.rooms = opened[0]
            # The first thing that the loops do is to read every part, each bus at its own pace.
            await one.until(lambda: {"heater/on", "room/temperature"} <= one.rooms.board.latest.keys())
            yield one
        finally:
            one.stop.set()
            await one.task


class Daemon:
    def __init__(self, site, stop, opened):
        self.site, self.stop = site, stop
        self.opened = opened
        """The rooms; those of a start behind those that a stand-in for the store had."""
        self.rooms = self.task = None

    @property
    def socket(self):
        return Path(self.site.store.runtime_directory) / SOCKET_NAME

    def pin(self, number=HEATER_PIN):
        """The simulated line, as the relay sees it."""
        return self.rooms.hardware.devices["heater"]._driver._bus._factory.pin(number)

    async def until(self, holds):
        """Wait until something holds; a daemon that ends meanwhile says why."""

        async def look():
            if self.task.done():
                self.task.result()
                raise AssertionError("the daemon has ended")
            return holds() or None

        return await until(look, LONGEST_S)

    async def ask(self, line=b'{"ask":"status"}\n'):
        """What one line is answered with."""
        reader, writer = await asyncio.open_unix_connection(self.socket)
        try:
            writer.write(line)
            return json.loads(await reader.readline())
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


def events_in(folder, kind):
    """The data of every event of a kind in the log of a daemon that has ended, oldest first."""
    with contextlib.closing(sqlite3.connect(folder / "store" / "edgetwin.db")) as database:
        rows = database.execute("SELECT data FROM event WHERE kind = ? ORDER BY id", (kind,)).fetchall()
    return [json.loads(data) for (data,) in rows]
