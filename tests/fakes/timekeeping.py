"""A timekeeper that knows no boot before this one."""

from __future__ import annotations

from gateway.core.time_repair import Boots
from gateway.timekeeper import Timekeeper
from tests.fakes.clock import FakeClock


def timekeeper(clock=None):
    clock = clock or FakeClock()
    return Timekeeper(clock, Boots((), clock.boot_id))
