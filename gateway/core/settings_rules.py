"""What the configuration says of local rules: what makes one fire, and what it does then."""

from __future__ import annotations

import enum
from typing import Annotated, Any

from msgspec import Meta, field

from gateway.core.settings_types import Duration, Name, PositiveDuration, SeriesName, Settings

RULES_MAX = 200
"""A reading is looked at by the rules of its channel alone; more rules than these nobody can oversee."""
DEPTH_MAX = 3
"""Levels of conditions: a combination, combinations in it, and conditions in those. Deeper ones cannot be read."""
EVERY_S_MIN = 1.0

_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?|(sunrise|sunset)([+-][0-9]{1,4}[smh])?"

TimeOfDay = Annotated[
    str, Meta(pattern=rf"^({_TIME})$", description="a time of day such as 06:30, sunrise or sunset-30m")
]
Window = Annotated[
    str,
    Meta(
        pattern=rf"^({_TIME}) to ({_TIME})$", description="two times of day such as 22:00 to 06:00, sunset to sunrise"
    ),
]


class Day(enum.StrEnum):
    """A day of the week, in the order of `date.weekday`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class LocationSettings(Settings, frozen=True, kw_only=True):
    """Where the site is: for sunrise and sunset."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    """Degrees north; negative in the south."""
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    """Degrees east; negative in the west."""


class LeafSettings(Settings, frozen=True, kw_only=True):
    """A condition about one channel, or about the time of day."""

    channel: SeriesName | None = None
    """The channel that is looked at, as device/channel."""
    above: float | None = None
    """True while its value is above this. Together with `below`: while it lies between the two."""
    below: float | None = None
    """True while its value is below this."""
    equals: Any = None
    """True while its value is exactly this: a number, `on` or `off`, or a text, as the channel has it."""
    clear: float | None = None
    """Once true, it stays so until the value is back at this one or beyond; the limit itself where not given."""
    stale_s: PositiveDuration | None = field(default=None, name="stale")
    """True while nothing was read from the channel for this long."""
    bad: bool | None = None
    """`true`: while what is read of it is not GOOD; `false`: while it is."""
    stale_after_s: PositiveDuration | None = field(default=None, name="stale_after")
    """A value older than this is not known any more, and nothing is true of it. Where not given, three intervals of
    its device, and at least 30s."""
    between: Window | None = None
    """True between two times of day, `22:00 to 06:00`; never while the clock is not known."""
    for_s: Duration = field(default=0.0, name="for")
    """It has to hold for this long without a break before it counts."""


class InnerSettings(LeafSettings, frozen=True, kw_only=True):
    """A condition, or a combination of conditions."""

    all_: tuple[LeafSettings, ...] = field(default=(), name="all")
    """True while all of these are."""
    any_: tuple[LeafSettings, ...] = field(default=(), name="any")
    """True while at least one of these is."""


class ConditionSettings(LeafSettings, frozen=True, kw_only=True):
    """A condition, or a combination of conditions and of combinations."""

    all_: tuple[InnerSettings, ...] = field(default=(), name="all")
    """True while all of these are; each is a condition again, and may once more be `all` or `any` of some."""
    any_: tuple[InnerSettings, ...] = field(default=(), name="any")
    """True while at least one of these is."""


class RuleSettings(Settings, frozen=True, kw_only=True):
    """A rule that acts here, whether the link is up or down: when something is so, or at a time, set something."""

    name: Name
    when: ConditionSettings | None = None
    """The rule fires when this becomes true. With `at` or `every`: it is judged at that time alone."""
    at: Annotated[tuple[TimeOfDay, ...], Meta(extra={"single": True})] = ()
    """Fires at this time of day, or at each of a list: `06:30`, `sunrise`, `sunset-30m`; in `time_zone`."""
    every_s: Annotated[PositiveDuration, Meta(ge=EVERY_S_MIN)] | None = field(default=None, name="every")
    """Fires this often, counted from the start of the machine, whether the clock is known or not."""
    days: Annotated[tuple[Day, ...], Meta(extra={"single": True})] = ()
    """The days of the week on which `at` or `every` counts; all where not given."""
    lasts_s: PositiveDuration | None = field(default=None, name="lasts")
    """How long what `at` or `every` set holds; then comes what `otherwise` says."""
    then: dict[SeriesName, Any]
    """Channel to the value that it is given."""
    otherwise: dict[SeriesName, Any] = field(default_factory=dict)
    """Channel of `then` to the value that it is given when `when` is not true any more, or `lasts` is over."""
    priority: Annotated[int, Meta(ge=1, le=9)] = 5
    """1 is the most urgent, as for commands. A rule that holds a channel keeps it from rules with a greater number."""
    cooldown_s: Duration = field(default=0.0, name="cooldown")
    """For this long after it fired it does not fire again."""
