"""The messages of commands (`docs/wire.md`, Commands): requests, plain and signed, and what is answered."""

from __future__ import annotations

import enum
from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.core.reading import Value

PARAMETERS_MAX = 32


class CommandRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order: a value for a channel, or an operation of a device. Its id is in the topic."""

    channel: str = ""
    """`device/channel`, for `set`."""
    device: str = ""
    """For every other operation; that of `channel` where only that is given."""
    value: Value | None = None
    parameters: Annotated[dict[str, Value], Meta(max_length=PARAMETERS_MAX)] = {}
    issued: float
    expires: float | None = None
    """Where not given, `issued` and the lifetime that the gateway gives to orders of this channel."""
    priority: Annotated[int, Meta(ge=0, le=9)] = 5
    operation: str = "set"
    if_version: Annotated[int, Meta(ge=1)] | None = None
    """Act only while the shadow of the device has this version."""


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """Whose key signed, and the 64 bytes of Ed25519 (RFC 8032) in base64."""

    key: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")]
    ed25519: Annotated[str, Meta(min_length=88, max_length=88)]


class SignedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the very text that was signed, so that no two readers can take it for different ones."""

    order: str
    """A `CommandRequest` as JSON."""
    signature: Signature


class CommandStatus(enum.StrEnum):
    """The states of an execution (AWS IoT Commands); all but the first are final."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    TIMED_OUT = "TIMED_OUT"


class StatusReason(msgspec.Struct, frozen=True, rename="camel"):
    """Why an execution did not succeed: a code for machines, a sentence for people."""

    reason_code: str
    reason_description: str = ""


class CommandResponse(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What became of an order. Without `time` the gateway knows no clock that is right."""

    status: CommandStatus
    time: float | None = None
    status_reason: StatusReason | None = None
    result: dict[str, Value | dict[str, bool | str]] | None = None
    percent: float | None = None
    """How far a long operation has come."""
    execution_id: str | None = None
    """Only on a response topic of the sender's, which does not name it."""


def as_aws(response: CommandResponse) -> CommandResponse:
    """A response in the members that AWS IoT Commands takes: results by type, progress as a reason, no others.

    A result is `{"b": boolean}` or `{"s": text}` there, a number its text.
    """
    reason = response.status_reason
    if response.percent is not None and reason is None:
        reason = StatusReason("PROGRESS", f"{response.percent:g} %")
    result: dict[str, Value | dict[str, bool | str]] | None = None
    if response.result is not None:
        result = {name: _typed(value) for name, value in response.result.items()}
    return CommandResponse(status=response.status, status_reason=reason, result=result)


def _typed(value: Value | dict[str, bool | str]) -> Value | dict[str, bool | str]:
    if isinstance(value, bool):
        return {"b": value}
    return {"s": value if isinstance(value, str) else f"{value:.15g}"} if not isinstance(value, dict) else value
