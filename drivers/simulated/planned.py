"""Faults that come and go by themselves, at times that the configuration names."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from drivers.base import BusKind, Limits


class FaultKind(enum.StrEnum):
    """What a part can be made to suffer from; the fields of `Faults` say more."""

    ABSENT = "absent"
    HUNG = "hung"
    STUCK = "stuck"
    CORRUPT = "corrupt"
    BROWN_OUT = "brown_out"


FIELDS: Mapping[FaultKind, tuple[str, bool | int]] = {
    FaultKind.ABSENT: ("absent", True),
    FaultKind.HUNG: ("hung", True),
    FaultKind.STUCK: ("stuck", True),
    FaultKind.CORRUPT: ("corrupt_every", 1),
    FaultKind.BROWN_OUT: ("brown_out", True),
}
"""The field of `Faults`, and its value while the fault lasts."""

_USUAL = (FaultKind.ABSENT, FaultKind.HUNG, FaultKind.STUCK, FaultKind.CORRUPT)
KINDS: Mapping[BusKind, tuple[FaultKind, ...]] = {
    BusKind.I2C: _USUAL,
    BusKind.SERIAL: _USUAL,
    BusKind.ONEWIRE: (*_USUAL, FaultKind.BROWN_OUT),
    BusKind.MODBUS: (FaultKind.ABSENT, FaultKind.STUCK, FaultKind.CORRUPT),
    BusKind.SPI: (FaultKind.ABSENT, FaultKind.HUNG, FaultKind.STUCK),
    BusKind.SYSFS: (FaultKind.ABSENT, FaultKind.HUNG, FaultKind.STUCK),
    BusKind.GPIO: (FaultKind.STUCK,),
}
"""What a part can suffer from depends on its bus; a wrong checksum needs a part that sends one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedFault:
    """A fault of one device. Times are those of the simulated world, which has a pace of its own (`speed`)."""

    device: str
    """The device that has it."""
    what: FaultKind
    """`absent` (unplugged), `hung` (blocks its bus), `stuck` (what it measures stays the same), `corrupt` (a wrong
    checksum, where the part sends one), `brown_out` (1-Wire: tells 85 Cel)."""
    at_s: Annotated[float, Limits(0.0, 1e9, "s")] = 600.0
    """When it begins, after the start."""
    lasts_s: Annotated[float, Limits(0.001, 1e9, "s")] = 300.0
    """How long it lasts."""
    every_s: Annotated[float, Limits(0.0, 1e9, "s")] = 0.0
    """When it comes again, counted from its beginning; 0 for never."""

    def __post_init__(self) -> None:
        if 0 < self.every_s <= self.lasts_s:
            raise ValueError(f"every {self.every_s:g} s, which has to be longer than it lasts, {self.lasts_s:g} s")

    def is_on(self, now_s: float) -> bool:
        """Whether it is there at `now_s` of the simulated time."""
        since_s = now_s - self.at_s
        if self.every_s > 0 and since_s >= 0:
            since_s %= self.every_s
        return 0 <= since_s < self.lasts_s
