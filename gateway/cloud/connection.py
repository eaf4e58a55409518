"""Keeps the link: connects, hands each session over, and after its loss waits with jitter and connects again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from gateway.clock import NS_PER_S, Clock
from gateway.cloud.link import WrongVersionError, open_session
from gateway.cloud.session import LinkState, Session
from gateway.core.settings import LinkSettings, Protocol
from gateway.errors import LinkError, LinkRefusedError

STABLE_S = 30.0
"""A session that lasted this long was a good one: the next failure starts with the shortest wait again."""
REASONS_MAX = 32
"""Reasons that are told apart in one outage; each is logged once, however long the outage."""

Opener = Callable[[LinkSettings, str, tuple[str, bytes], Protocol], AbstractAsyncContextManager[Session]]

Serve = Callable[[Session], Coroutine[Any, Any, None]]

log = structlog.get_logger("link")


class Connection:
    """Keeps a session open, for ever: connects, hands the session over, and after its loss waits and connects again."""

    def __init__(
        self,
        settings: LinkSettings,
        client_id: str,
        will: tuple[str, bytes],
        clock: Clock,
        opener: Opener = open_session,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._client_id = client_id
        self._will = will
        self._clock = clock
        self._open = opener
        self._sleep = sleep
        self._version = Protocol.V311 if settings.protocol is Protocol.V311 else Protocol.V5
        self.state = LinkState.WAITING
        self.reason = ""
        """Why the last session or attempt ended."""
        self.since_ns = clock.boottime_ns()
        self.attempts = 0
        self._logged: set[str] = set()
        self._stable = False

    async def run(self, serve: Serve, changed: Callable[[LinkState], None]) -> None:
        """Serve one session after the other with `serve`; `changed` is told of every change of state."""
        exponential = wait_random_exponential(multiplier=self._settings.backoff_s, max=self._settings.backoff_cap_s)

        def wait(state: RetryCallState) -> float:
            failure = state.outcome.exception() if state.outcome else None
            if self._stable:
                state.attempt_number = 1
            # Asking again soon does not change a refusal, and two clients with one id must not fight.
            seconds = self._settings.backoff_cap_s if isinstance(failure, LinkRefusedError) else exponential(state)
            self._enter(LinkState.WAITING, changed)
            return seconds

        async for attempt in AsyncRetrying(sleep=self._sleep, wait=wait, retry=retry_if_exception_type(LinkError)):
            with attempt:
                await self._attempt(serve, changed)

    async def _attempt(self, serve: Serve, changed: Callable[[LinkState], None]) -> None:
        self.attempts += 1
        self._stable = False
        self._enter(LinkState.CONNECTING, changed)
        connected_ns: int | None = None
        try:
            async with self._open(self._settings, self._client_id, self._will, self._version) as session:
                connected_ns = self._clock.boottime_ns()
                self._enter(LinkState.CONNECTED, changed)
                log.info("connected", host=self._settings.host, mqtt=self._version.value, attempts=self.attempts)
                self.attempts, self.reason = 0, ""
                self._logged.clear()
                await _in_a_task(serve(session))
                raise LinkError("the session ended")  # It has no end of its own; one that has is as good as lost.
        except LinkError as error:
            self._lost(error, connected_ns)
            raise

    def _enter(self, state: LinkState, changed: Callable[[LinkState], None]) -> None:
        if state is not self.state:
            self.state, self.since_ns = state, self._clock.boottime_ns()
            changed(state)

    def _lost(self, error: LinkError, connected_ns: int | None) -> None:
        if connected_ns is not None:
            self._stable = self._clock.boottime_ns() - connected_ns > STABLE_S * NS_PER_S
        if self._settings.protocol is Protocol.AUTO:
            self._version = self._next_version(error, was_connected=connected_ns is not None)
        self.reason = str(error)
        if self.reason not in self._logged and len(self._logged) < REASONS_MAX:
            self._logged.add(self.reason)
            event = "link lost" if connected_ns is not None else "cannot connect"
            log.warning(event, host=self._settings.host, reason=self.reason, hint=error.hint)

    def _next_version(self, error: LinkError, *, was_connected: bool) -> Protocol:
        """The other one where this one was refused. A broker that was only restarting is asked for 5 again later."""
        if isinstance(error, WrongVersionError):
            return Protocol.V311 if self._version is Protocol.V5 else Protocol.V5
        return Protocol.V5 if was_connected else self._version


async def _in_a_task(session: Coroutine[Any, Any, None]) -> None:
    """Run `session` in a task of its own, so that whoever cancels us is heard.

    Until Python 3.13 a task that is cancelled while a group inside it fails learns only of the failure.
    """
    task = asyncio.create_task(session, name="session")
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()
        raise
    task.result()
