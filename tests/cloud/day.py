"""A gateway by schedule whose broker, twin and alarms are played, in simulated time."""

from __future__ import annotations

import asyncio
import contextlib

from structlog.testing import capture_logs

from gateway.cloud.connection import Connection
from gateway.cloud.radio import Left, Radio
from gateway.core.radio import LINGER_S, plan_of
from gateway.core.settings import LinkSettings
from gateway.errors import LinkError
from tests.cloud.links import WILL
from tests.fakes.clock import simulate


class Day:
    """A gateway whose broker, twin and alarms are played."""

    def __init__(self, clock, loop, connect="every 15m"):
        self.clock, self._loop = clock, loop
        self.trusted = True
        self.urgent, self.unsaid, self.heard = False, "", 0
        self.fails = None
        """What attempts end with."""
        self.loses = asyncio.Event()
        self.opened_s, self.closed_s, self.tried_s, self.states = [], [], [], []
        self._began_s = self.now_s
        left = Left(lambda: self.urgent, self._unsaid, lambda: self.heard, lambda: LINGER_S)
        self.radio = Radio(plan_of(connect), clock, self._trusted_s, left)
        settings = LinkSettings(backoff_s=1.0, backoff_cap_s=60.0)
        self.connection = Connection(settings, "gw", WILL, clock, self._open, radio=self.radio)

    @property
    def now_s(self):
        return self.clock.boottime_ns() / 1e9

    def _trusted_s(self):
        return self.clock.wall_ns() / 1e9 if self.trusted else None

    async def _unsaid(self, _since_ns):
        return self.unsaid

    @contextlib.asynccontextmanager
    async def _open(self, *_arguments):
        self.tried_s.append(self.now_s - self._began_s)
        if self.fails is not None:
            raise self.fails
        self.opened_s.append(self.now_s - self._began_s)
        try:
            yield "the session"
        finally:
            self.closed_s.append(self.now_s - self._began_s)

    async def _serve(self, _session):
        self.loses.clear()
        await self.loses.wait()
        raise LinkError("lost")

    async def passes(self, seconds):
        async def settle():
            for _ in range(20):
                await asyncio.sleep(0)

        await self._loop.pass_time(seconds, settle)

    @contextlib.asynccontextmanager
    async def going(self):
        task = asyncio.ensure_future(self.connection.run(self._serve, self.states.append))
        try:
            with capture_logs() as self.logs:
                yield
        finally:
            task.cancel()
            await asyncio.wait({task})


def played(script, **options):
    """Run `script(day)` in simulated time."""

    async def main(clock, loop):
        day = Day(clock, loop, **options)
        async with day.going():
            await script(day)

    simulate(main)
