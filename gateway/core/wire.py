"""The messages between gateway and twin, as types. `docs/wire.md` is the same in prose.

Decoding never raises anything but `msgspec.DecodeError` (a `ValueError`), whatever arrives: not JSON, too deep, a
number that is no number, text that is no UTF-8.
"""

from __future__ import annotations

import enum
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from gateway.core.operation import Operation
from gateway.core.reading import ClockState
from gateway.core.wire_commands import (
    CommandRequest,
    CommandResponse,
    CommandStatus,
    Signature,
    SignedRequest,
    StatusReason,
)

__all__ = [
    "Ack", "Birth", "BirthChannel", "BirthDevice", "CommandRequest", "CommandResponse", "CommandStatus", "Epoch",
    "Event", "Events", "FinishedEpoch", "Id", "Presence", "Seq", "Signature", "SignedRequest", "Status", "StatusReason",
    "ack_topic", "birth_topic", "command_topic", "decode", "encode", "events_topic", "shadow_topic", "status_topic",
    "telemetry_topic",
]  # fmt: skip

MESSAGE_BYTES_MAX = 262_144
"""Larger messages are refused unread: four times the largest batch that a gateway sends by default."""

RANGES_MAX = 2500
"""Ranges in one acknowledgement: so many of the longest ones fit into one message."""
PROTOCOL = 1
"""The version of these messages, sent in the birth."""

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
Epoch = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}(-[0-9]{1,10})?\Z")]
Seq = Annotated[int, Meta(ge=1, le=2**53)]


class Ack(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the twin holds durably: ranges of (epoch, lane label, first, last), both ends included."""

    ranges: Annotated[list[tuple[Epoch, str, Seq, Seq]], Meta(max_length=RANGES_MAX)]
    received: float
    sent: float
    rejected: Annotated[list[tuple[Epoch, str, Seq, Seq, str]], Meta(max_length=1000)] = []
    """Segments that the twin can never take, each with the reason."""
    accepts: list[str] | None = None
    """What the twin can read beside plain JSON; None where it does not say."""


class BirthChannel(msgspec.Struct, frozen=True, kw_only=True):
    """One channel as a twin needs to know it."""

    unit: str = ""
    kind: str = "number"
    low: float | None = None
    high: float | None = None
    lane: str = "normal"
    mode: str = "realtime"
    writable: bool = False


class BirthDevice(msgspec.Struct, frozen=True, kw_only=True):
    """One device and its channels."""

    driver: str
    channels: dict[str, BirthChannel]
    operations: dict[str, Operation] = {}


class FinishedEpoch(msgspec.Struct, frozen=True):
    """The last number given in each lane of an epoch that is over."""

    epoch: Epoch
    last: dict[str, int]


class Birth(msgspec.Struct, frozen=True, kw_only=True):
    """Who a gateway is: enough for a twin to build its model."""

    gateway: str
    epoch: Epoch
    software: str
    protocol: int
    started: float
    devices: dict[str, BirthDevice]
    epochs: list[FinishedEpoch] = []
    commands: str = ""
    """What its command topics begin with, where that is not the prefix of this message."""


class Presence(enum.StrEnum):
    """Whether the gateway is connected; `offline` is also its last will."""

    ONLINE = "online"
    OFFLINE = "offline"


class Status(msgspec.Struct, frozen=True):
    """The retained word on a gateway's connection."""

    status: Presence
    epoch: Epoch


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of a gateway's event log. `clock` is there only where `time` is the gateway's best guess."""

    id: Seq
    time: float
    kind: str
    data: dict[str, object] = {}
    clock: ClockState = ClockState.SYNCHRONISED


class Events(msgspec.Struct, frozen=True):
    """Entries of the event log of one store, in order."""

    store: Epoch
    events: list[Event]


T = TypeVar("T")


def decode(payload: bytes, kind: type[T]) -> T:
    """The message of type `kind` in `payload`.

    Raises:
        msgspec.DecodeError: it is too large, not JSON, or not of that shape; the text says where.
    """
    if len(payload) > MESSAGE_BYTES_MAX:
        raise msgspec.DecodeError(f"{len(payload)} bytes; at most {MESSAGE_BYTES_MAX} are allowed")
    try:
        return msgspec.json.decode(payload, type=kind)
    except (RecursionError, UnicodeDecodeError) as error:
        raise msgspec.DecodeError(str(error)) from None


encode = msgspec.json.encode
"""The bytes of a message."""


def birth_topic(prefix: str, gateway: str) -> str:
    """Where a gateway says who it is."""
    return f"{prefix}/things/{gateway}/birth"


def status_topic(prefix: str, gateway: str) -> str:
    """Where a gateway, or its last will, says whether it is connected."""
    return f"{prefix}/things/{gateway}/status"


def telemetry_topic(prefix: str, gateway: str) -> str:
    """Where batches go."""
    return f"{prefix}/things/{gateway}/telemetry"


def ack_topic(prefix: str, gateway: str) -> str:
    """Where the twin says what it holds."""
    return f"{prefix}/things/{gateway}/ack"


def events_topic(prefix: str, gateway: str) -> str:
    """Where the event log goes."""
    return f"{prefix}/things/{gateway}/events"


def shadow_topic(prefix: str, gateway: str, device: str, tail: str) -> str:
    """A topic of a device's named shadow, such as the tail `update/delta`; without a device that of the classic one."""
    name = f"name/{device}/" if device else ""
    return f"{prefix}/things/{gateway}/shadow/{name}{tail}"


def command_topic(prefix: str, gateway: str, execution: str, tail: str) -> str:
    """A topic of one execution: the tail is `request/json`, `response/json` or `response/accepted/json`."""
    return f"{prefix}/commands/things/{gateway}/executions/{execution}/{tail}"
