"""A connection whose attempts end as a script says."""

from __future__ import annotations

import contextlib

import pytest
from structlog.testing import capture_logs

from gateway.cloud.connection import Connection
from gateway.core.settings import LinkSettings
from gateway.errors import LinkError, LinkRefusedError, WrongVersionError
from tests.cloud.links import WILL
from tests.fakes.clock import FakeClock

LINK = LinkSettings(backoff_s=1.0, backoff_cap_s=60.0)
AWAY, REFUSED, WRONG = LinkError("away"), LinkRefusedError("refused", hint="look there"), WrongVersionError("closed")


class PlayedOutError(Exception):
    """The script of a test is over."""


class Lasts:
    """An attempt that connects, and a session that is lost after some seconds."""

    def __init__(self, seconds, error=AWAY):
        self.seconds = seconds
        self.error = error


class Played:
    """A connection whose attempts end as `script` says, one after the other, and what came of it."""

    def __init__(self, *script, settings=LINK):
        self.clock = FakeClock()
        self.waits = []
        self.states = []
        self.versions = []
        self._script = iter(script)
        self._current = None
        self.connection = Connection(settings, "gw", WILL, self.clock, self._open, self._sleep)

    async def run(self):
        with capture_logs() as self.logs, pytest.raises(PlayedOutError):
            await self.connection.run(self._serve, self._changed)
        return self

    def _changed(self, state):
        assert state is self.connection.state
        self.states.append(state)

    @contextlib.asynccontextmanager
    async def _open(self, _settings, client_id, will, version):
        assert (client_id, will) == ("gw", WILL)
        self.versions.append(version)
        self._current = next(self._script, PlayedOutError())
        if not isinstance(self._current, Lasts):
            raise self._current
        yield "the session"

    async def _serve(self, session):
        assert session == "the session"
        self.clock.advance(self._current.seconds)
        if self._current.error is not None:
            raise self._current.error

    async def _sleep(self, seconds):
        self.waits.append(seconds)
        self.clock.advance(seconds)
