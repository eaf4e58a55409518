"""What the configuration says of the safety of one output: which values it may have, and when it must let go of them.

These conditions hold whoever asks. The safe value itself is the `safe` of the device.
"""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta, field

from gateway.core.settings_types import PositiveDuration, SeriesName, Settings

_AMOUNT = r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,9})?"
RATE_PATTERN = rf"^([1-9][0-9]{{0,2}}) per ({_AMOUNT})(ms|s|m|h|d)$"
SLEW_PATTERN = rf"^({_AMOUNT}) per ({_AMOUNT})(ms|s|m|h|d)$"

Rate = Annotated[str, Meta(pattern=RATE_PATTERN, description="a count and a time such as '5 per 1m'")]
Slew = Annotated[str, Meta(pattern=SLEW_PATTERN, description="an amount and a time such as '10 per 1s'")]


class Fallback(enum.StrEnum):
    """Where an output goes when what it depends on is lost."""

    SAFE = "safe"
    OFF = "off"
    ON = "on"
    HOLD = "hold"


class Boot(enum.StrEnum):
    """What an output has after a start."""

    SAFE = "safe"
    OFF = "off"
    LAST = "last"


class LinkLossSettings(Settings, frozen=True, kw_only=True):
    """What a lost link means for an output."""

    after_s: PositiveDuration = field(default=60.0, name="after")
    """How long a lost link is forgiven; a start counts as a loss until the link is up."""
    to: Fallback = Fallback.SAFE
    """`safe`, the safe value; `off` or `on`; `hold` leaves it, and obeys on. But for `hold` it takes no other value
    until the link is back, whoever asks."""


class StaleSettings(Settings, frozen=True, kw_only=True):
    """What a channel that is no longer measured means for an output."""

    channel: SeriesName
    """The channel that the output depends on, device/channel."""
    after_s: PositiveDuration = field(default=30.0, name="after")
    """With no GOOD reading for this long it counts as stale."""
    to: Fallback = Fallback.SAFE
    """As for a lost link."""


class ConditionSettings(Settings, frozen=True, kw_only=True):
    """A condition on a channel. It is true only while the channel is measured, its quality GOOD."""

    channel: SeriesName
    """The channel that is looked at, device/channel."""
    above: float | None = None
    """True above this value; give at least one of `above`, `below` and `is`."""
    below: float | None = None
    """True below this value."""
    is_: bool | None = field(default=None, name="is")
    """True while a switch or contact is so: `is: on`."""
    stale_after_s: PositiveDuration = field(default=30.0, name="stale_after")
    """A reading older than this says nothing, so the condition is not true."""


class InterlockSettings(Settings, frozen=True, kw_only=True):
    """A condition without which an output has its safe value."""

    unless: ConditionSettings
    """The output has its safe value unless this is true."""


class LimitSettings(Settings, frozen=True, kw_only=True):
    """The values that an output may have; narrower than what the part can do."""

    min: float | None = None
    """The smallest, in the channel's unit."""
    max: float | None = None
    """The largest."""


class SafetySettings(Settings, frozen=True, kw_only=True):
    """The conditions under which an output may be driven. They hold for everybody who asks."""

    on_link_loss: LinkLossSettings | None = None
    """Where the output goes when the link to the broker is lost; it stays where not given."""
    on_stale: StaleSettings | None = None
    """Where the output goes when a channel that it depends on is no longer measured."""
    min_on_s: PositiveDuration | None = field(default=None, name="min_on")
    """Once on it stays on for at least this long, unless safety drives it off."""
    min_off_s: PositiveDuration | None = field(default=None, name="min_off")
    """Once off it stays off for at least this long, over restarts too. Who asks earlier waits, as long as in time."""
    max_on_s: PositiveDuration | None = field(default=None, name="max_on")
    """After this long it is driven off."""
    rest_s: PositiveDuration | None = field(default=None, name="rest")
    """Only when off for this long it may be on for the whole of `max_on` again."""
    rate: Rate | None = None
    """At most so many changes in a time, such as `5 per 1m`. The way to the safe value is always free."""
    limits: LimitSettings | None = None
    """Values outside are refused; only for numbers."""
    slew: Slew | None = None
    """At most such a change in a time, such as `10 per 1s`: larger ones are made in steps; only for numbers. The way to
    the safe value by loss of control is not slowed."""
    boot: Boot = Boot.SAFE
    """After a start: `safe`, the safe value; `off`; `last`, what it was last asked for, as soon as all else allows."""
    interlock: tuple[InterlockSettings, ...] = ()
    """Conditions without which it has its safe value: `[{unless: {channel: tank/level, below: 0.9}}]`."""
    exclusive: tuple[SeriesName, ...] = ()
    """Outputs of which never two are on at once; those named here need not name this one."""
