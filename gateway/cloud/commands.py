"""The twin's commands on the wire: requests in, progress and outcomes out."""

from __future__ import annotations

import re

import msgspec

from gateway.clock import NS_PER_S
from gateway.cloud.session import Session
from gateway.core import wire
from gateway.core.command import Execution, ReasonCode, Source, execution_of
from gateway.core.wire import CommandRequest, CommandResponse, StatusReason
from gateway.store.admission import Admission
from gateway.store.inbox import Inbox
from gateway.timekeeper import Timekeeper

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
REASON_CHARACTERS_MAX = 1024
"""AWS IoT Commands, reasonDescription."""
CONFIRM_S = 5.0
"""An outcome that was told is not told again sooner: to confirm it takes the twin a round trip and a commit."""
REQUEST_BYTES_MAX = 4096
"""An order is a few names and a value. What is larger is answered and not kept: it would fill disk and log."""


class Commands:
    """Takes requests to the admission and tells what became of them."""

    def __init__(self, prefix: str, gateway: str, admission: Admission, inbox: Inbox, timekeeper: Timekeeper) -> None:
        self.prefix = prefix
        self._gateway = gateway
        self._admission = admission
        self._inbox = inbox
        self._timekeeper = timekeeper
        self._clock = timekeeper.clock
        self._told_ns: dict[str, int] = {}
        """When which outcome was told last on this connection, as far as the twin has not confirmed it."""

    def connected(self) -> None:
        """A new connection: nothing was told on it."""
        self._told_ns.clear()

    @property
    def topics(self) -> list[str]:
        """What has to be subscribed."""
        return [self._topic("+", "request/json"), self._topic("+", "response/accepted/json")]

    def _topic(self, identifier: str, tail: str) -> str:
        return wire.command_topic(self.prefix, self._gateway, identifier, tail)

    async def on_message(self, session: Session, identifier: str, tail: str, payload: bytes, *, retained: bool) -> None:
        """A request, or the twin's confirmation of an outcome, arrived.

        Raises:
            msgspec.DecodeError: it is no command; whose id can be read has been answered.
            StoreError: nothing was decided; the twin asks again.
        """
        if not ID.fullmatch(identifier):
            raise msgspec.DecodeError(f"{identifier[:80]!r} is no id of an execution")
        if tail == "response/accepted/json":
            await self._inbox.told(identifier)
            return
        if not payload:  # How a retained message is removed.
            return
        try:
            if len(payload) > REQUEST_BYTES_MAX:
                raise msgspec.DecodeError(f"{len(payload)} bytes; at most {REQUEST_BYTES_MAX} are allowed")
            request = wire.decode(payload, CommandRequest)
        except msgspec.DecodeError as error:
            self.tell(session, _malformed(identifier, str(error), self._clock.wall_ns() / NS_PER_S))
            raise
        now_s = self._clock.wall_ns() / NS_PER_S
        execution = execution_of(identifier, request, Source.TWIN, now_s)
        self.tell(session, await self._admission.submit(execution, request.operation, retained=retained))

    async def tell_outcomes(self, session: Session) -> None:
        """Tell every outcome that the twin has not confirmed and had time to confirm."""
        untold = await self._inbox.untold()
        now = self._clock.boottime_ns()
        waits = {one.id for one in untold}
        self._told_ns = {name: told_ns for name, told_ns in self._told_ns.items() if name in waits}
        for execution in untold:
            told_ns = self._told_ns.get(execution.id)
            if told_ns is None or now - told_ns >= CONFIRM_S * NS_PER_S:
                self.tell(session, execution)

    def tell(self, session: Session, execution: Execution) -> None:
        """Send one response."""
        if execution.final:
            self._told_ns[execution.id] = self._clock.boottime_ns()
        reason = None
        if execution.reason_code is not ReasonCode.NONE:
            reason = StatusReason(execution.reason_code.value, execution.reason[:REASON_CHARACTERS_MAX])
        response = CommandResponse(
            status=execution.status,
            time=self._timekeeper.said_s(execution.changed_s),
            status_reason=reason,
            result=None if execution.result is None else {"value": execution.result},
        )
        session.publish(self._topic(execution.id, "response/json"), wire.encode(response))


def _malformed(identifier: str, reason: str, now_s: float) -> Execution:
    nothing = Execution(
        id=identifier, channel="", value="", priority=9, issued_s=now_s, expires_s=now_s, source=Source.TWIN
    )
    return nothing.rejected(ReasonCode.MALFORMED, reason, now_s)
