"""What daemon and twin say of themselves, as far as the demo looks at it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec

from gateway.core.reading import Value

ANSWER_S = 5.0
"""Longest wait for the daemon's answer; one that lives answers in milliseconds."""
LINE_BYTES_MAX = 1_048_576


class Readings(msgspec.Struct, frozen=True):
    """The daemon's count of its readings."""

    taken: int = 0
    suppressed: int = 0
    shed: int = 0
    acknowledged: int = 0
    waiting: int = 0

    @property
    def accepted(self) -> int:
        """Those that the twin has to get, sooner or later."""
        return self.taken - self.suppressed - self.shed


class Link(msgspec.Struct, frozen=True):
    """The daemon's connection."""

    state: str = ""
    reason: str = ""


class DeviceNow(msgspec.Struct, frozen=True):
    """A device, as the daemon sees it."""

    state: str
    bus: str
    reason: str = ""


class DaemonNow(msgspec.Struct, frozen=True):
    """The daemon's status."""

    epoch: str
    link: Link
    readings: Readings
    balanced: bool
    devices: dict[str, DeviceNow]
    sync: dict[str, str]


class Received(msgspec.Struct, frozen=True):
    """The twin's count of a gateway's readings; `duplicates` came again and were dropped, `missing` are holes."""

    received: int = 0
    duplicates: int = 0
    missing: int = 0
    out_of_order: int = 0


class Latency(msgspec.Struct, frozen=True):
    """From the sensor to the twin, in milliseconds."""

    p50: float | None = None
    p99: float | None = None


class GatewayNow(msgspec.Struct, frozen=True):
    """A gateway, as the twin sees it."""

    online: bool
    epoch: str
    readings: Received
    latency_ms: Latency


class SeriesNow(msgspec.Struct, frozen=True):
    """The newest reading that the twin has of a series."""

    value: Value
    unit: str
    age_s: float
    quality: str


class ShadowNow(msgspec.Struct, frozen=True):
    """A device's shadow at the twin."""

    desired: dict[str, Any]
    reported: dict[str, Any]
    delta: dict[str, Any]


class StateNow(msgspec.Struct, frozen=True):
    """A gateway's world, as the twin sees it."""

    series: dict[str, SeriesNow]
    shadows: dict[str, ShadowNow]


class Row(msgspec.Struct, frozen=True):
    """A reading in the twin's history."""

    time: float
    epoch: str
    lane: str
    seq: int


class Snapshot(msgspec.Struct, frozen=True):
    """Everything at one moment; None for who does not answer, or has nothing to say yet."""

    daemon: DaemonNow | None = None
    gateway: GatewayNow | None = None
    state: StateNow | None = None


async def ask_daemon(runtime: Path) -> DaemonNow | None:
    """The status of the daemon whose runtime directory this is; None where none answers."""
    try:
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_unix_connection(runtime / "status.sock", limit=LINE_BYTES_MAX)
            try:
                writer.write(b'{"ask":"status"}\n')
                line = await reader.readline()
            finally:
                writer.close()
        return msgspec.json.decode(line, type=DaemonNow)
    except (OSError, TimeoutError, msgspec.DecodeError):
        return None
