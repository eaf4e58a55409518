"""The one way in for commands, whoever asks: decide, commit, and only then let anybody know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import structlog

from gateway.clock import NS_PER_S, Clock
from gateway.core.command import Execution, ReasonCode, Source, Target, admit
from gateway.core.reading import Value
from gateway.store.database import Statement
from gateway.store.events import EventLog
from gateway.store.inbox import Inbox

LOCAL_LIFETIME_S = 60.0
"""What a local controller or a shadow asks for is asked again when it is still wanted, so it need not live long."""
HAND_PRIORITY = 2
"""Who stands before the thing need not wait for programs, only for what the twin calls urgent."""

STORE_DOWN = "the store cannot be opened, so nobody can tell whether this was done before, or what was set by hand"

log = structlog.get_logger("commands")


class Judgement(NamedTuple):
    """What an override makes of a command."""

    refusal: tuple[ReasonCode, str] | None = None
    statements: Sequence[Statement] = ()
    """What changes with the decision, for its transaction."""


class Guard(Protocol):
    """Knows which channels somebody has set by hand."""

    def judge(self, execution: Execution) -> Judgement:
        """Whether a command that is right otherwise may act."""

    def settle(self, execution: Execution) -> None:
        """What `judge` said of it is on the disk."""


class NoGuard:
    """Where nothing is ever set by hand."""

    def judge(self, _execution: Execution) -> Judgement:
        """It may."""
        return Judgement()

    def settle(self, _execution: Execution) -> None:
        """There was nothing to change."""


class Admission:
    """Admits commands to the inbox."""

    def __init__(
        self,
        inbox: Inbox,
        events: EventLog,
        targets: Mapping[str, Target],
        clock: Clock,
        trusted: Callable[[], float | None],
        *,
        store_down: bool = False,
    ) -> None:
        self._inbox = inbox
        self._events = events
        self._targets = targets
        self._clock = clock
        self._trusted = trusted
        self.guard: Guard = NoGuard()
        self.store_down = store_down
        """Whether memory stands in for the store: what comes from the twin is refused then."""

    async def submit(
        self,
        execution: Execution,
        operation: str = "set",
        *,
        retained: bool = False,
        also: Sequence[Statement] = (),
    ) -> Execution:
        """The execution as it was decided and committed; for an id that is known, what became of that.

        `also` is committed with it where it is admitted. What a program here asks of a channel that was set by hand is
        refused without a word to the disk, for it asks again and again.

        Raises:
            StoreError: the decision could not be committed, so there is none.
        """
        known = await self._inbox.find(execution.id)
        if known is not None:
            return known
        decided, statements = self._decide(execution, operation, retained=retained)
        if decided.source in (Source.CONTROL, Source.RULE) and decided.reason_code is ReasonCode.LOCAL_OVERRIDE:
            return decided
        statements = [*statements, *(() if decided.final else also)]
        event = self._events.statements(
            "command", id=decided.id, channel=decided.channel, value=decided.value, source=decided.source,
            status=decided.status, code=decided.reason_code,
        )  # fmt: skip
        if not await self._inbox.admit(decided, *event, *statements):  # It came twice at once; the other was first.
            return await self._inbox.find(execution.id) or decided
        self.guard.settle(decided)
        log.info("command", id=decided.id, channel=decided.channel, value=decided.value, source=decided.source.value,
                 status=decided.status.value, code=decided.reason_code.value)  # fmt: skip
        return decided

    def _decide(self, execution: Execution, operation: str, *, retained: bool) -> tuple[Execution, Sequence[Statement]]:
        target = self._targets.get(execution.channel)
        local = execution.source is not Source.TWIN
        now_s = self._clock.wall_ns() / NS_PER_S if local else self._trusted()
        decided = admit(execution, operation, target, now_s, retained=retained)
        if not decided.final and self.store_down and decided.source in (Source.TWIN, Source.SHADOW):
            decided = decided.rejected(ReasonCode.STORE_DOWN, STORE_DOWN, decided.changed_s)
        if not decided.final and self._inbox.full:
            decided = decided.rejected(ReasonCode.QUEUE_FULL, "too many commands wait", decided.changed_s)
        if decided.final:
            return decided, ()
        refusal, statements = self.guard.judge(decided)
        return decided if refusal is None else decided.rejected(*refusal, decided.changed_s), statements

    def local(self, identifier: str, channel: str, value: Value, source: Source) -> Execution:
        """A command that is made here and now; by hand goes before what programs ask."""
        now_s = self._clock.wall_ns() / NS_PER_S
        return Execution(
            id=identifier,
            channel=channel,
            value=value,
            priority=HAND_PRIORITY if source is Source.HAND else 5,
            issued_s=now_s,
            expires_s=now_s + LOCAL_LIFETIME_S,
            source=source,
            changed_s=now_s,
        )
