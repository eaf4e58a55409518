"""Commands as values: what is asked, by whom, and what became of it.

A command comes as a `CommandRequest` or from a shadow's delta or a local controller; from here on they are the same.
`core/admit.py` decides about them.
"""

from __future__ import annotations

import enum
import math
from typing import NamedTuple

import msgspec

from gateway.core.operation import SET
from gateway.core.reading import Value
from gateway.core.wire_commands import CommandRequest, CommandStatus

LIFETIME_S = 300.0
"""How long an order is good that does not say it, where the channel's settings do not either."""


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
    LOCAL_RULE = "LOCAL_RULE"
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
    RATE_LIMITED = "RATE_LIMITED"
    """Commands come faster than they can be kept; what is still wanted has to be ordered anew, under another id."""
    VERSION_CONFLICT = "VERSION_CONFLICT"
    REPLAYED = "REPLAYED"
    """Older than the memory of what has acted, so that it may have acted before."""
    UNSIGNED = "UNSIGNED"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    CANCELLED = "CANCELLED"
    NOT_CANCELLABLE = "NOT_CANCELLABLE"
    TIME_LIMIT = "TIME_LIMIT"
    UNKNOWN_PARAMETER = "UNKNOWN_PARAMETER"
    MISSING_PARAMETER = "MISSING_PARAMETER"


class Source(enum.StrEnum):
    """Who asks."""

    TWIN = "twin"
    SHADOW = "shadow"
    CONTROL = "control"
    RULE = "rule"
    HAND = "hand"
    """A person at the site."""


BOOT = "_boot-"
"""Before the ids of commands that give an output after a start what it is to have; no controller has such a name."""


class Target(msgspec.Struct, frozen=True):
    """A channel as a command sees it."""

    channel: str
    kind: str
    """`number`, `boolean` or `text`."""
    low: float | None = None
    high: float | None = None
    writable: bool = False
    lifetime_s: float = LIFETIME_S
    """How long an order to it is good that does not say it."""


class Moment(NamedTuple):
    """Now, by the clock that never jumps and by the wall clock, where one can be trusted."""

    boot_id: str
    boottime_ns: int
    trusted_s: float | None
    wall_s: float
    """By our own wall clock, right or wrong; for the record only."""


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """An order and what became of it."""

    id: str
    channel: str
    """`device/channel` for `set`, the device for its operations, empty for what is asked of the gateway."""
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
    operation: str = SET
    parameters: dict[str, Value] = {}
    idempotent: bool = True
    if_version: int = 0
    """The version of the device's shadow that it counts on; 0 where it counts on none."""
    reply_topic: str = ""
    """Where else it is to be answered (MQTT 5, Response Topic), with what `correlation` data."""
    correlation: bytes = b""
    signer: str = ""
    """The name of the key that signed it."""
    boot_id: str = ""
    deadline_ns: int = 0
    """What is made here is good until this boottime of that boot, whatever the wall clock is set to meanwhile."""

    @property
    def device(self) -> str:
        """The device that it is for."""
        return self.channel.partition("/")[0]

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
    """A request as an execution that nothing has been decided about; it has no expiry where the request has none."""
    device = request.device or request.channel.partition("/")[0]
    return Execution(
        id=identifier,
        channel=request.channel if request.operation == SET else device,
        value="" if request.value is None else request.value,
        priority=request.priority,
        issued_s=request.issued,
        expires_s=math.nan if request.expires is None else request.expires,
        source=source,
        changed_s=now_s,
        operation=request.operation,
        parameters=request.parameters,
        if_version=request.if_version or 0,
    )
