"""What the twin wants, as its shadow says it: compared with what was set by hand, and on to the inbox."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import structlog

from gateway.app.agreement import Agreement, event_of
from gateway.app.override_guard import refusal_of
from gateway.app.overrides import Overrides
from gateway.app.records import Records
from gateway.cloud.shadows import Shadows
from gateway.core.admit import check_value
from gateway.core.command import Execution, ReasonCode, Source, Target
from gateway.core.conflict import ConflictPolicy, Outcome, Side, Write, changed, resolve
from gateway.core.device_shadow import Wish
from gateway.core.override import Override
from gateway.core.reading import Value
from gateway.core.wire import CommandStatus
from gateway.store.database import Statement
from gateway.store.shadows import disagree, end_override

MS_PER_S = 1000

log = structlog.get_logger("conflict")


class Channels(NamedTuple):
    """Every channel that a wish may name, as a command sees it, and the policies of those that can be driven."""

    targets: Mapping[str, Target]
    policies: Mapping[str, ConflictPolicy]


class Arbiter:
    """Between the two sides."""

    def __init__(
        self, channels: Channels, shadows: Shadows, overrides: Overrides, agreement: Agreement, records: Records
    ) -> None:
        self._channels = channels
        self._shadows = shadows
        self._overrides = overrides
        self._agreement = agreement
        self.records = records
        """The way to the actuators, and what is recorded of it."""
        self.conflict: Callable[[str], None] = _ignore
        """Called with a device when both sides have changed a property of it."""
        self.decided: Callable[[str], None] = _ignore
        """Called with it when that was decided and is on the disk."""
        self.rule_since: Callable[[str, int, bool], str] = _no_rule
        """The rule that has set a channel since a wish (`gateway.devices.rule_marks.Marks.older`)."""
        self._orders: dict[str, Execution] = {}
        """The last order of the twin that each channel obeyed in this run."""

    def obeyed(self, execution: Execution) -> None:
        """A command has ended."""
        succeeded = execution.status is CommandStatus.SUCCEEDED and execution.result is not None
        if succeeded and execution.source is Source.TWIN:
            self._orders[execution.channel] = execution

    def _order_since(self, channel: str, wanted: Wish) -> str:
        """The order that the twin gave after it wished this, by its own clock; empty where there is none."""
        order = self._orders.get(channel)
        # A wish is stamped with the beginning of its second: within that, nobody knows which came later.
        later = order is not None and wanted.stamp.ms + MS_PER_S <= order.issued_s * MS_PER_S
        return order.id if order is not None and later else ""

    async def wish(self, device: str, wanted: Wish, version: int) -> None:
        """Make of a wish a command, or explain in the shadow why not.

        Raises:
            StoreError: nothing was decided.
        """
        channel, value = f"{device}/{wanted.channel}", as_value(wanted.value)
        target = self._channels.targets.get(channel)
        # What no channel can be asked for is refused without a word to the disk: a document may hold hundreds of it.
        if target is None:
            self._shadows.refuse(channel, wanted.value, ReasonCode.UNKNOWN_CHANNEL, "the device has no such channel")
            return
        if value is None:
            self._shadows.refuse(channel, wanted.value, ReasonCode.WRONG_TYPE, f"a {target.kind} is wanted here")
            return
        override, twin = self._overrides.active.get(channel), self._agreement.heard(Write(value, wanted.stamp))
        rule = self.rule_since(channel, wanted.stamp.ms, changed(twin, self._agreement.base(channel)))
        if override is None and rule:
            reason = f"the rule {rule} has set {channel} since"
            self._shadows.refuse(channel, wanted.value, ReasonCode.LOCAL_RULE, reason)
        elif override is None and (order := self._order_since(channel, wanted)):
            reason = f"the order {order}, which is newer than this, has set {channel}"
            self._shadows.refuse(channel, wanted.value, ReasonCode.SUPERSEDED, reason)
        elif override is None or check_value(value, target) is not None:
            await self._ask(channel, wanted, version, Outcome(value, Side.TWIN, []), twin)
        else:
            await self._arbitrate(override, wanted, version, twin)

    async def desired(self, device: str, desired: Mapping[str, object]) -> None:
        """Forget what the twin has wanted before and wants no more.

        Raises:
            StoreError: that could not be stored.
        """
        gone = [
            channel
            for channel in self._channels.policies
            if channel.partition("/")[0] == device
            and channel.partition("/")[2] not in desired
            and self._agreement.knows(channel)
        ]
        if gone:
            await self.records.database.write(*(disagree(channel) for channel in gone))
        for channel in gone:
            self._agreement.drop(channel)

    async def _arbitrate(self, override: Override, wanted: Wish, version: int, twin: Write) -> None:
        channel, device = override.channel, override.channel.partition("/")[0]
        base, policy = self._agreement.base(channel), self._channels.policies[channel]
        outcome = resolve(policy, base, override.write, twin)
        statements: list[Statement] = []
        if outcome.conflicts:
            self.conflict(device)
            event = event_of(channel, policy, base, override.write, twin, outcome)
            log.warning("conflict", **{key: event[key] for key in ("property", "policy", "site", "twin", "winner")})
            statements += self.records.events.statements("conflict", **event)
        if outcome.side is Side.SITE:
            if changed(twin, base):
                await self.records.database.write(*self._agreement.statements(channel, twin, outcome), *statements)
                self._agreement.settle(channel, twin, outcome)
            self._shadows.refuse(channel, wanted.value, *refusal_of(override))
        else:
            await self._give_way(override, wanted, version, outcome, twin, statements)
        if outcome.conflicts:
            self.decided(device)

    async def _give_way(
        self,
        override: Override,
        wanted: Wish,
        version: int,
        outcome: Outcome,
        twin: Write,
        statements: Sequence[Statement],
    ) -> None:
        """The twin has won: the override ends in the transaction that admits what the twin wants, or not at all."""
        channel, taken = override.channel, False
        self._overrides.lift(channel)
        try:
            taken = await self._ask(channel, wanted, version, outcome, twin, (end_override(channel), *statements))
        finally:
            if not taken:
                self._overrides.restore(override)

    async def _ask(
        self,
        channel: str,
        wanted: Wish,
        version: int,
        outcome: Outcome,
        twin: Write,
        also: Sequence[Statement] = (),
    ) -> bool:
        """Whether the wish was admitted; that both sides know of it is kept in the same transaction."""
        news = changed(twin, self._agreement.base(channel))
        if news:
            also = [*self._agreement.statements(channel, twin, outcome), *also]
        identifier, value = f"shadow-{version}-{uuid.uuid4().hex[:24]}", as_value(outcome.value)
        assert value is not None  # noqa: S101 - only what was a value to begin with is weighed
        admission = self.records.admission
        decided = await admission.submit(admission.local(identifier, channel, value, Source.SHADOW), also=also)
        if decided.final:
            self._shadows.refuse(channel, wanted.value, decided.reason_code, decided.reason)
        elif news:
            self._agreement.settle(channel, twin, outcome)
        return not decided.final


def as_value(wanted: object) -> Value | None:
    """What a document says, as a channel takes it; None where no channel does."""
    if isinstance(wanted, bool | str):
        return wanted
    try:
        return float(wanted) if isinstance(wanted, int | float) else None
    except OverflowError:
        return None


def _no_rule(_channel: str, _wished_ms: int, _anew: bool) -> str:
    """Where there are none."""
    return ""


def _ignore(_device: str) -> None:
    """What nobody listens to."""
