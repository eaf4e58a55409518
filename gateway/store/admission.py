"""The one way in for commands, whoever asks: decide, commit, and only then let anybody know."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from gateway.clock import NS_PER_S, Clock
from gateway.core.command import Execution, ReasonCode, Source, Target, admit
from gateway.core.reading import Value
from gateway.store.events import EventLog
from gateway.store.inbox import Inbox

LOCAL_LIFETIME_S = 60.0
"""What a local controller or a shadow asks for is asked again when it is still wanted, so it need not live long."""

log = structlog.get_logger("commands")


class Admission:
    """Admits commands to the inbox."""

    def __init__(
        self,
        inbox: Inbox,
        events: EventLog,
        targets: Mapping[str, Target],
        clock: Clock,
        trusted: Callable[[], float | None],
    ) -> None:
        self._inbox = inbox
        self._events = events
        self._targets = targets
        self._clock = clock
        self._trusted = trusted

    async def submit(self, execution: Execution, operation: str = "set", *, retained: bool = False) -> Execution:
        """The execution as it was decided and committed; for an id that is known, what became of that.

        Raises:
            StoreError: the decision could not be committed, so there is none.
        """
        known = await self._inbox.find(execution.id)
        if known is not None:
            return known
        target = self._targets.get(execution.channel)
        local = execution.source is not Source.TWIN
        now_s = self._clock.wall_ns() / NS_PER_S if local else self._trusted()
        decided = admit(execution, operation, target, now_s, retained=retained)
        if not decided.final and self._inbox.full:
            decided = decided.rejected(ReasonCode.QUEUE_FULL, "too many commands wait", decided.changed_s)
        event = self._events.statements(
            "command", id=decided.id, channel=decided.channel, value=decided.value, source=decided.source,
            status=decided.status, code=decided.reason_code,
        )  # fmt: skip
        if not await self._inbox.admit(decided, *event):  # It came twice at once, and the other was first.
            return await self._inbox.find(execution.id) or decided
        log.info("command", id=decided.id, channel=decided.channel, value=decided.value, source=decided.source.value,
                 status=decided.status.value, code=decided.reason_code.value)  # fmt: skip
        return decided

    def local(self, identifier: str, channel: str, value: Value, source: Source) -> Execution:
        """A command that is made here and now."""
        now_s = self._clock.wall_ns() / NS_PER_S
        return Execution(
            id=identifier,
            channel=channel,
            value=value,
            priority=5,
            issued_s=now_s,
            expires_s=now_s + LOCAL_LIFETIME_S,
            source=source,
            changed_s=now_s,
        )
