"""How well the twin was kept before a restart: what of the last hour and day an earlier run has left. Pure."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from gateway.core.service_level import DAY_SLOT_S, SLOT_S, Cell, Hour


class Lately(msgspec.Struct, frozen=True, array_like=True):
    """Of one device."""

    latency: list[Cell]
    day: list[Hour]


class History(msgspec.Struct, frozen=True):
    """Of all devices, and when it was kept."""

    boot_id: str
    boottime_s: float
    wall_s: float | None
    """The time then, None where no clock was to be trusted."""
    ended: bool
    """Whether the run ended with it. Else nobody knows how long the run went on."""
    devices: dict[str, Lately] = {}


class Moment(NamedTuple):
    """A moment by both clocks; `wall_s` is None where no clock is to be trusted."""

    boot_id: str
    boottime_s: float
    wall_s: float | None


class Since(NamedTuple):
    """What has passed since a history was kept."""

    latency_slots: int
    day_slots: int
    missing_s: float
    """For how long nothing ran."""


def since(history: History, now: Moment) -> Since:
    """What has passed. Where no clock says how long the machine was off, it is taken for a moment."""
    if now.boot_id == history.boot_id:
        passed_s = now.boottime_s - history.boottime_s
    elif now.wall_s is not None and history.wall_s is not None:
        passed_s = now.wall_s - history.wall_s
    else:
        passed_s = 0.0
    passed_s = max(0.0, passed_s)
    latency = int((history.boottime_s % SLOT_S + passed_s) // SLOT_S)
    day = int((history.boottime_s % DAY_SLOT_S + passed_s) // DAY_SLOT_S)
    return Since(latency, day, passed_s if history.ended else 0.0)
