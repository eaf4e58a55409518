"""Whether a command may act: admission, as a pure decision.

A command comes as a `CommandRequest` or from a shadow's delta or a local controller; from here on they are the same.
The answer is a value, never an exception: accepted, or rejected with a reason that the twin receives.
"""

from __future__ import annotations

import enum
import math

import msgspec

from gateway.core.reading import Value
from gateway.core.wire import CommandRequest, CommandStatus

CLOCK_SKEW_S_MAX = 300.0
"""A command that claims to be issued later than this from now was stamped by a wrong clock, ours or theirs."""
LIFETIME_S_MAX = 7 * 86_400.0
"""No order is good for longer than a week; what should hold for longer is state, and belongs into the shadow."""


class ReasonCode(enum.StrEnum):
    """Why a command did not succeed (docs/wire.md)."""

    NONE = ""
    MALFORMED = "MALFORMED"
    UNKNOWN_CHANNEL = "UNKNOWN_CHANNEL"
    NOT_WRITABLE = "NOT_WRITABLE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    WRONG_TYPE = "WRONG_TYPE"
    UNKNOWN_OPERATION = "UNKNOWN_OPERATION"
    EXPIRED = "EXPIRED"
    RETAINED = "RETAINED"
    CLOCK_UNKNOWN = "CLOCK_UNKNOWN"
    DEVICE_DOWN = "DEVICE_DOWN"
    DEVICE_ERROR = "DEVICE_ERROR"
    INTERRUPTED = "INTERRUPTED"
    SUPERSEDED = "SUPERSEDED"
    QUEUE_FULL = "QUEUE_FULL"
    STORE_DOWN = "STORE_DOWN"
    LOCAL_OVERRIDE = "LOCAL_OVERRIDE"
    INTERLOCK = "INTERLOCK"
    EXCLUSIVE = "EXCLUSIVE"
    LINK_LOST = "LINK_LOST"
    STALE_INPUT = "STALE_INPUT"
    MAX_ON = "MAX_ON"
    MIN_ON = "MIN_ON"
    MIN_OFF = "MIN_OFF"
    RATE_LIMIT = "RATE_LIMIT"
    SLEW_LIMIT = "SLEW_LIMIT"
    MISMATCH = "MISMATCH"
    """It was driven, and read back as something else."""


class Source(enum.StrEnum):
    """Who asks."""

    TWIN = "twin"
    SHADOW = "shadow"
    CONTROL = "control"
    RULE = "rule"
    HAND = "hand"
    """A person at the site."""


class Target(msgspec.Struct, frozen=True):
    """A channel as a command sees it."""

    channel: str
    kind: str
    """`number`, `boolean` or `text`."""
    low: float | None = None
    high: float | None = None
    writable: bool = False


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """An order and what became of it."""

    id: str
    channel: str
    value: Value
    priority: int
    issued_s: float
    expires_s: float
    source: Source
    status: CommandStatus = CommandStatus.IN_PROGRESS
    reason_code: ReasonCode = ReasonCode.NONE
    reason: str = ""
    result: Value | None = None
    started: bool = False
    """The actuator was, or was about to be, told."""
    changed_s: float = 0.0

    @property
    def final(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.status is not CommandStatus.IN_PROGRESS

    @property
    def urgency(self) -> tuple[int, float, str]:
        """Orders executions: priority, then time of issue."""
        return (self.priority, self.issued_s, self.id)

    def rejected(self, code: ReasonCode, reason: str, now_s: float) -> Execution:
        """It, refused."""
        return msgspec.structs.replace(
            self, status=CommandStatus.REJECTED, reason_code=code, reason=reason, changed_s=now_s
        )

    def finished(self, status: CommandStatus, now_s: float, *, result: Value | None = None) -> Execution:
        """It, ended without a reason."""
        return msgspec.structs.replace(self, status=status, result=result, changed_s=now_s)

    def failed(self, status: CommandStatus, code: ReasonCode, reason: str, now_s: float) -> Execution:
        """It, ended for a reason."""
        return msgspec.structs.replace(self, status=status, reason_code=code, reason=reason, changed_s=now_s)


def execution_of(identifier: str, request: CommandRequest, source: Source, now_s: float) -> Execution:
    """A request as an execution that nothing has been decided about."""
    return Execution(
        id=identifier,
        channel=request.channel,
        value=request.value,
        priority=request.priority,
        issued_s=request.issued,
        expires_s=request.expires,
        source=source,
        changed_s=now_s,
    )


def admit(
    execution: Execution, operation: str, target: Target | None, now_s: float | None, *, retained: bool
) -> Execution:
    """The execution, still in progress if it may act, else rejected with the first reason that applies.

    Args:
        execution: the order.
        operation: what to do with the channel; only `set` is known.
        target: the channel that it names, or None where there is none.
        now_s: Unix seconds by the best clock there is, or None where no clock can be trusted.
        retained: whether the broker had kept the message.
    """
    refusal = _refusal(execution, operation, target, now_s, retained=retained)
    if refusal is None:
        return execution
    return execution.rejected(*refusal, now_s if now_s is not None else execution.changed_s)


def _refusal(
    execution: Execution, operation: str, target: Target | None, now_s: float | None, *, retained: bool
) -> tuple[ReasonCode, str] | None:
    if retained:
        return ReasonCode.RETAINED, "a retained command may be of any age and is never obeyed"
    if operation != "set":
        return ReasonCode.UNKNOWN_OPERATION, f"operation {operation!r} is not known; known is 'set'"
    if target is None:
        return ReasonCode.UNKNOWN_CHANNEL, f"there is no channel {execution.channel!r}"
    if not target.writable:
        return ReasonCode.NOT_WRITABLE, f"{target.channel} is only read"
    return check_value(execution.value, target) or _check_time(execution, now_s)


def check_value(value: Value, target: Target) -> tuple[ReasonCode, str] | None:
    """Why `value` cannot be given to `target`, or None where it can."""
    kind = {bool: "boolean", str: "text"}.get(type(value), "number")
    if kind != target.kind:
        return ReasonCode.WRONG_TYPE, f"{target.channel} takes a {target.kind}, found {value!r}"
    if isinstance(value, str | bool):
        return None
    if not -math.inf < value < math.inf:
        return ReasonCode.OUT_OF_RANGE, f"{target.channel} takes finite numbers, found {value!r}"
    low, high = target.low, target.high
    if (low is not None and value < low) or (high is not None and value > high):
        return ReasonCode.OUT_OF_RANGE, f"{target.channel} takes {low} to {high}, found {value!r}"
    return None


def _check_time(execution: Execution, now_s: float | None) -> tuple[ReasonCode, str] | None:
    if now_s is None:
        return ReasonCode.CLOCK_UNKNOWN, "no clock here can be trusted, so its expiry cannot be checked"
    if not now_s < execution.expires_s:
        return ReasonCode.EXPIRED, f"expired {now_s - execution.expires_s:.1f} s ago"
    if not execution.issued_s <= now_s + CLOCK_SKEW_S_MAX:
        return ReasonCode.CLOCK_UNKNOWN, f"issued {execution.issued_s - now_s:.0f} s in the future"
    if not execution.expires_s - execution.issued_s <= LIFETIME_S_MAX:
        return ReasonCode.MALFORMED, f"good for longer than {LIFETIME_S_MAX:.0f} s"
    return None


def after_restart(execution: Execution, now_s: float | None) -> Execution:
    """What a start makes of an execution that the run before it left unfinished.

    `set` is idempotent, so one that was started is done again while it is in time; one that is not in time any more may
    or may not have acted, and is said to be interrupted.
    """
    if now_s is None:
        return execution
    if now_s < execution.expires_s:
        return execution
    if execution.started:
        reason = "the gateway stopped in the middle of it, and now it is too late to do it again"
        return execution.failed(CommandStatus.FAILED, ReasonCode.INTERRUPTED, reason, now_s)
    return execution.failed(CommandStatus.TIMED_OUT, ReasonCode.EXPIRED, "the gateway was down until it expired", now_s)
