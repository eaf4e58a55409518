"""Keeps the link: connects, hands each session over, and after its loss waits with jitter and connects again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from gateway.clock import NS_PER_S, Clock
from gateway.cloud.failures import failure
from gateway.cloud.link import open_session
from gateway.cloud.radio import Radio
from gateway.cloud.session import LinkState, Session
from gateway.core.refusals import Cause
from gateway.core.settings import Acknowledge, LinkSettings, Protocol
from gateway.errors import AsleepError, LinkError, LinkRefusedError, WrongVersionError

STABLE_S = 30.0
"""A session that lasted this long was a good one: the next failure starts with the shortest wait again."""
BRIEF_S, BRIEF_MAX = 5.0, 3
"""After so many sessions in a row that ended without a word within this long, somebody ends them: in MQTT 3.1.1 a
broker has no words for another client of the same id, nor for what its access rules forbid."""
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
        radio: Radio | None = None,
    ) -> None:
        self._settings = settings
        self._client_id = client_id
        self._will = will
        self._clock = clock
        self._open = opener
        self._sleep = sleep if radio is None else radio.rest
        self.radio = radio
        """Says when the link is open, where it is not kept for ever."""
        self._version = Protocol.V311 if settings.protocol is Protocol.V311 else Protocol.V5
        self.state = LinkState.WAITING
        self.reason = ""
        """Why the last session or attempt ended."""
        self.hint = ""
        """What can be done about it."""
        self.since_ns = clock.boottime_ns()
        self.attempts = 0
        self.sessions = 0
        """Sessions since the start."""
        self._due_ns: int | None = None
        self._brief = 0
        self._logged: set[str] = set()
        self._warned = False
        self._speaks_5 = False
        self._stable = False

    async def run(self, serve: Serve, changed: Callable[[LinkState], None]) -> None:
        """Serve one session after the other with `serve`; `changed` is told of every change of state."""
        exponential = wait_random_exponential(multiplier=self._settings.backoff_s, max=self._settings.backoff_cap_s)

        def wait(state: RetryCallState) -> float:
            failed = state.outcome.exception() if state.outcome else None
            if isinstance(failed, AsleepError):
                state.attempt_number = 1
                self._enter(LinkState.ASLEEP, changed)
                return 0.0
            if self._stable:
                state.attempt_number = 1
            # Asking again soon does not change a refusal, and two clients with one id must not fight.
            caps = failed.caps if isinstance(failed, LinkRefusedError) else 0
            seconds = self._settings.backoff_cap_s * caps if caps else exponential(state)
            self._due_ns = self._clock.boottime_ns() + round(seconds * NS_PER_S)
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
                self._tell_what_is_not_known()
                self.attempts, self.reason, self.hint = 0, "", ""
                self._speaks_5 = self._speaks_5 or self._version is Protocol.V5
                self.sessions += 1
                self._logged.clear()
                await _in_a_task(serve(session) if self.radio is None else self.radio.serve(serve(session)))
                raise LinkError("the session ended")  # It has no end of its own; one that has is as good as lost.
        except AsleepError:
            self._brief = 0
            if self._settings.protocol is Protocol.AUTO:
                self._version = Protocol.V5
            log.info("asleep", host=self._settings.host)
            raise
        except LinkError as error:
            named = self._named(error, connected_ns)
            self._lost(named, connected_ns)
            if named is error:
                raise
            raise named from error

    def _tell_what_is_not_known(self) -> None:
        link, old = self._settings, self._version is Protocol.V311
        if old and link.acknowledge is Acknowledge.BROKER and link.needs_subscriber and not self._warned:
            self._warned = True
            hint = "MQTT 3.1.1 does not tell; with link.acknowledge: broker that loses what is published meanwhile"
            log.warning("nobody may be listening", host=link.host, hint=hint)

    def _named(self, error: LinkError, connected_ns: int | None) -> LinkError:
        """The error, or what many like it in a row mean."""
        if connected_ns is None:  # No session; what is not reached says nothing of those that were.
            return error
        brief = self._clock.boottime_ns() - connected_ns < BRIEF_S * NS_PER_S and type(error) is LinkError
        self._brief = self._brief + 1 if brief else 0
        return failure(Cause.BRIEF) if self._brief >= BRIEF_MAX else error

    @property
    def retry_in_s(self) -> float | None:
        """Seconds until the next attempt; None while there is none to wait for."""
        if self.radio is not None and self.radio.next_in_s is not None:
            return self.radio.next_in_s
        if self.state is not LinkState.WAITING or self._due_ns is None:
            return None
        return max(0.0, (self._due_ns - self._clock.boottime_ns()) / NS_PER_S)

    def _enter(self, state: LinkState, changed: Callable[[LinkState], None]) -> None:
        if state is not self.state:
            self.state, self.since_ns = state, self._clock.boottime_ns()
            changed(state)

    def _lost(self, error: LinkError, connected_ns: int | None) -> None:
        if connected_ns is not None:
            self._stable = self._clock.boottime_ns() - connected_ns > STABLE_S * NS_PER_S
        if self._settings.protocol is Protocol.AUTO:
            self._version = self._next_version(error, was_connected=connected_ns is not None)
        self.reason, self.hint = str(error), error.hint
        if self.reason not in self._logged and len(self._logged) < REASONS_MAX:
            self._logged.add(self.reason)
            event = "link lost" if connected_ns is not None else "cannot connect"
            log.warning(event, host=self._settings.host, reason=self.reason, hint=self.hint)

    def _next_version(self, error: LinkError, *, was_connected: bool) -> Protocol:
        """The other one where this one was refused. A broker that was only restarting is asked for 5 again later.

        One that has spoken 5 and gives no answer is not reached, and says nothing about versions.
        """
        if isinstance(error, WrongVersionError) and not self._speaks_5:
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
