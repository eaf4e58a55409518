"""What was set by hand: given to the actuators by the common way, held for its time, and then given up.

An override is kept in the transaction that admits its command, and ends in the one that admits what follows it: what
the twin wants where it wants anything, else what was before.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Container, Mapping, Sequence

import structlog

from gateway.app.agreement import Agreement
from gateway.app.records import Records
from gateway.clock import NS_PER_S
from gateway.core.command import Execution, ReasonCode, Source
from gateway.core.hybrid_clock import text_of
from gateway.core.override import BY_CHARACTERS_MAX, Now, Override, left_s, told
from gateway.core.reading import Value
from gateway.core.shadow import equal
from gateway.core.shadow_report import Json
from gateway.core.wire import CommandStatus
from gateway.errors import StoreError
from gateway.store.database import Statement
from gateway.store.shadows import end_override, keep_override

CHECK_EVERY_S = 30.0
"""Where nothing holds there is little to look for."""
UNREAD_S = 1.0
"""At the start nothing has been read yet, and what was set by hand waits for that."""
AGAIN_S, AGAIN_S_MAX = 5.0, 600.0
"""A value that does not hold, because its part was down or was restarted, is given again, ever more seldom."""

log = structlog.get_logger("override")


class Overrides:
    """Every value that was set by hand and still holds, by channel."""

    def __init__(
        self,
        kept: Mapping[str, Override],
        channels: Container[str],
        agreement: Agreement,
        records: Records,
        now: Callable[[], Now],
        current: Callable[[str], Value | None],
    ) -> None:
        # A channel that the configuration no longer has keeps nothing.
        self.active = {channel: one for channel, one in kept.items() if channel in channels}
        self._agreement = agreement
        self._records = records
        self._now = now
        self._current = current
        self._wake = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[Execution]] = {}
        self._failed: list[str] = []
        self._again: dict[str, tuple[int, float]] = {}
        """By channel: the boottime from which on its value is given again, and the wait after that."""
        self.changed: Callable[[str, Json], None] = _ignore
        """Called with a device and what its shadow is to say of overrides."""
        self.asked: Callable[[], None] = _ignore
        """Called when a person has set a channel or let go of it."""
        self.followed: Callable[[str, Value], None] = _ignore
        """Called with a channel and what the twin wants of it, before that is asked for again."""
        self.refused: Callable[[str, Value, str, str], None] = _ignore
        """Called where that was refused after all, with a code and a sentence."""

    def tell_all(self) -> None:
        """Say what holds since an earlier run."""
        for channel in self.active:
            self._tell(channel)

    # --- what a person asks ---

    async def hold(self, channel: str, value: Value, by: str, lasts_s: float) -> tuple[Execution, Override]:
        """Give a channel a value that holds for a time: the decision, committed.

        Raises:
            StoreError: nothing was stored, nothing is done.
        """
        earlier, now = self.active.get(channel), self._now()
        override = Override(
            channel=channel, value=value, by=by[:BY_CHARACTERS_MAX], lasts_s=lasts_s,
            stamp=text_of(self._agreement.stamp()), boot_id=now.boot_id, made_boottime_ns=now.boottime_ns,
            made_s=now.wall_s, before=earlier.before if earlier else self._current(channel),
        )  # fmt: skip
        execution = self._command(channel, value, Source.HAND)
        # From now on, so that nothing that waits in the inbox undoes it.
        self.active[channel] = override
        event = self._records.events.statements("override", channel=channel, value=value, by=by, lasts_s=lasts_s)
        also = (keep_override(override), self._agreement.clock_statement(), *event)
        decided = None
        self._waiting[execution.id] = asyncio.get_running_loop().create_future()
        try:
            decided = await self._records.admission.submit(execution, also=also)
        finally:
            if decided is None or decided.final:
                self._put_back(channel, earlier)
                self._waiting.pop(execution.id).cancel()
        self._later(channel, AGAIN_S)
        self._tell(channel)
        self._wake.set()
        self.asked()
        return decided, override

    async def outcome(self, execution: Execution, patience_s: float) -> Execution:
        """What became of a command by hand, as far as it is known after a while."""
        done = self._waiting.get(execution.id)
        if done is None:
            return execution
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                return await asyncio.shield(done)
        return execution

    async def end(self, channel: str, cause: str, by: str = "") -> Value | None:
        """It holds no longer: what the channel is asked to be now, None where nothing is.

        Raises:
            StoreError: that could not be stored; it still holds.
        """
        override = self.active.pop(channel)
        wanted = self._agreement.base(channel).value
        desired = wanted if isinstance(wanted, bool | int | float | str) else None
        target, source = (override.before, Source.HAND) if desired is None else (desired, Source.SHADOW)
        statements = (
            end_override(channel),
            *self._records.events.statements("override_ended", channel=channel, cause=cause, by=by, follows=target),
        )
        decided = None
        try:
            if target is not None and cause != "failed":
                decided = await self._follow(channel, target, source, statements)
            if decided is None or decided.final:
                await self._records.database.write(*statements)
        except StoreError:
            self.active[channel] = override
            raise
        self._tell(channel)
        log.info("override ended", channel=channel, cause=cause)
        return target

    async def _follow(self, channel: str, target: Value, source: Source, also: Sequence[Statement]) -> Execution:
        """Ask for what comes after an override."""
        if source is Source.SHADOW:
            self.followed(channel, target)
        try:
            decided = await self._records.admission.submit(self._command(channel, target, source), also=also)
        except StoreError as error:
            self.refused(channel, target, ReasonCode.LOCAL_OVERRIDE.value, str(error))
            raise
        if decided.final:
            self.refused(channel, target, decided.reason_code.value, decided.reason)
        return decided

    def lift(self, channel: str) -> Override:
        """It gives way to the twin, in somebody's transaction, or comes back by `restore`."""
        override = self.active.pop(channel)
        self._tell(channel)
        return override

    def restore(self, override: Override) -> None:
        """The transaction in which it was to give way came to nothing."""
        self._put_back(override.channel, override)
        self._tell(override.channel)

    # --- what happens by itself ---

    def finished(self, execution: Execution) -> None:
        """A command has ended: where it was the one of a person, and failed, there is nothing to hold."""
        done = self._waiting.pop(execution.id, None)
        if done is None:
            return
        if not done.done():
            done.set_result(execution)
        # One that gave way to a newer order for the channel says nothing of whether that one holds.
        if execution.status is not CommandStatus.SUCCEEDED and execution.reason_code is not ReasonCode.SUPERSEDED:
            self._failed.append(execution.channel)
            self._wake.set()

    async def run(self) -> None:
        """End what has had its time, for ever."""
        while True:
            self._wake.clear()
            pause_s = AGAIN_S
            try:
                pause_s = await self.check()
            except StoreError as error:
                log.error("override not ended", reason=str(error), hint=error.hint)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()

    async def check(self) -> float:
        """End what has had its time or came to nothing, give again what does not hold; seconds until the next look.

        Raises:
            StoreError: something could not be stored; it is tried again at the next look.
        """
        now = self._now()
        while self._failed:
            if self._failed[-1] in self.active:
                await self.end(self._failed[-1], "failed")
            self._failed.pop()
        for channel, override in tuple(self.active.items()):
            if left_s(override, now) <= 0:
                await self.end(channel, "expired")
            else:
                await self._see_to(override, now)
        soonest_s = min((left_s(one, now) for one in self.active.values()), default=CHECK_EVERY_S)
        unread = any(self._current(channel) is None for channel in self.active)
        return min(max(soonest_s, 0.01), UNREAD_S if unread else AGAIN_S if self.active else CHECK_EVERY_S)

    async def _see_to(self, override: Override, now: Now) -> None:
        """Give its value again where the channel has another."""
        channel, value = override.channel, self._current(override.channel)
        if value is None or equal(value, override.value):
            return
        due_ns, wait_s = self._again.get(channel, (0, AGAIN_S))
        if now.boottime_ns >= due_ns:
            self._later(channel, min(AGAIN_S_MAX, wait_s * 2))
            await self._records.admission.submit(self._command(channel, override.value, Source.HAND))

    def _later(self, channel: str, wait_s: float) -> None:
        self._again[channel] = (self._now().boottime_ns + round(wait_s * NS_PER_S), wait_s)

    def _put_back(self, channel: str, earlier: Override | None) -> None:
        if earlier is None:
            self.active.pop(channel, None)
        else:
            self.active[channel] = earlier

    def _tell(self, channel: str) -> None:
        device = channel.partition("/")[0]
        own = [one for name, one in self.active.items() if name.partition("/")[0] == device]
        self.changed(device, told(own))

    def _command(self, channel: str, value: Value, source: Source) -> Execution:
        number = value if isinstance(value, bool | str) else float(value)
        return self._records.admission.local(f"{source.value}-{os.urandom(12).hex()}", channel, number, source)


def _ignore(*_arguments: object) -> None:
    """What nobody listens to."""
