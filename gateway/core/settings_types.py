"""The kinds of values that settings are made of: durations, sizes, names."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

WAIT_S_MAX = 604_800.0
"""No wait or interval is longer than a week: what happens more rarely is not this daemon's to time."""

Duration = Annotated[float, Meta(ge=0, le=WAIT_S_MAX, extra={"unit": "s"})]
PositiveDuration = Annotated[float, Meta(gt=0, le=WAIT_S_MAX, extra={"unit": "s"})]
Size = Annotated[int, Meta(ge=0, extra={"unit": "B"})]
Port = Annotated[int, Meta(ge=1, le=65535, description="a port, 1 to 65535")]
Name = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
        description="a name: letters, digits, '_' and '-', first a letter or digit, at most 64 characters",
    ),
]
Text = Annotated[str, Meta(pattern=r"^[^\x00-\x1f]+$", description="a text that is not empty")]
Celsius = Annotated[float, Meta(ge=-40, le=120, extra={"unit": "Cel"})]
BusKind = Literal["i2c", "serial", "gpio", "onewire", "modbus", "sysfs", "spi"]
"""The kinds of shared wire; the same words as `drivers.base.BusKind`, which this room may not import."""

SeriesName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}/[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
        description="a series, device/channel",
    ),
]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all settings share: frozen, by keyword, no unknown keys."""
