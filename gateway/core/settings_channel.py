"""What the configuration says of one channel: what of it is sent, how often, and how far that may be stretched."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta, field

from gateway.core.conflict import ConflictPolicy
from gateway.core.reading import Lane
from gateway.core.settings_quality import CalibrateSettings, QualitySettings, SmoothSettings
from gateway.core.settings_safety import SafetySettings
from gateway.core.settings_types import PositiveDuration, Settings

Deviation = Annotated[float, Meta(ge=0)]


class Mode(enum.StrEnum):
    """What of a channel is sent."""

    REALTIME = "realtime"
    """Every reading."""
    PERIODIC = "periodic"
    """One aggregate per window."""
    EVENT = "event"
    """What the deadband or the swinging door keeps, and a heartbeat."""
    HYBRID = "hybrid"
    """Events, one aggregate per window of what they leave out, and every reading while an alarm holds."""
    AUTO = "auto"
    """One of the others, chosen from the freshness and the rate."""


class Part(enum.StrEnum):
    """What an aggregate holds beside the mean and the count, which it always has."""

    EXTREMES = "extremes"
    """The least and the greatest, and when they were."""
    LAST = "last"
    INTEGRAL = "integral"
    """The sum over time in unit seconds: the amount, where the channel is a rate."""


class AlarmSettings(Settings, frozen=True, kw_only=True):
    """A limit of a channel. The reading that crosses it is critical, and so is the one that comes back."""

    above: float | None = None
    """The alarm is raised above this value; give `above` or `below`, in the channel's unit."""
    below: float | None = None
    """The alarm is raised below this value."""
    clear: float | None = None
    """It is cleared only when the value is back at this one or on its safe side; the limit itself where not given."""


class ChannelSettings(Settings, frozen=True, kw_only=True):
    """How one channel is watched and sent."""

    lane: Lane = Lane.NORMAL
    """The traffic class: `critical` is sent first and dropped last, then `high`, `normal`, `low`."""
    mode: Mode = Mode.AUTO
    """What is sent: `realtime` every reading; `periodic` an aggregate per window; `event` a change, and a heartbeat;
    `hybrid` events, aggregates of the rest, and every reading while an alarm holds; `auto` chooses by `freshness` and
    `every`: with the default `freshness` that is `realtime` for what is read once a second or less often."""
    freshness_s: PositiveDuration = field(default=1.0, name="freshness")
    """How old the twin's value may be; only `auto` asks for it."""
    deadband: Deviation = 0.0
    """In the channel's unit; `event` sends a number that moved by more than this since it was last sent."""
    deadband_percent: Annotated[float, Meta(ge=0, le=100)] | None = None
    """The deadband in percent of what the part can measure, instead of `deadband`."""
    swinging_door: Deviation | None = None
    """Instead of a deadband: what is left out lies within this of the straight line between what is sent."""
    previous: bool = False
    """Send with each change the last reading before it too, so that a step is seen as a step."""
    max_silence_s: PositiveDuration = field(default=300.0, name="max_silence")
    """`event` sends at least this often, so that silence means a fault."""
    window_s: Annotated[PositiveDuration, Meta(le=86_400)] = field(default=60.0, name="window")
    """`periodic` and `hybrid` send one aggregate for each of these."""
    aggregates: tuple[Part, ...] = (Part.EXTREMES, Part.LAST)
    """What an aggregate has beside mean and count: `extremes` (min and max, and when), `last`, `integral` (of a rate,
    over time)."""
    deadband_max: Deviation | None = None
    """How far `link.budget` may widen the deadband or the swinging door; not at all where not given."""
    max_silence_max_s: PositiveDuration | None = field(default=None, name="max_silence_max")
    """How far `link.budget` may lengthen `max_silence`; not at all where not given."""
    window_max_s: Annotated[PositiveDuration, Meta(le=86_400)] | None = field(default=None, name="window_max")
    """How far `link.budget` may lengthen `window`; not at all where not given."""
    alarm: AlarmSettings | None = None
    """A limit that must not be crossed unnoticed."""
    calibrate: CalibrateSettings | None = None
    """What is so, where the part says something else; only for a number that is read."""
    smooth: SmoothSettings | None = None
    """A value that is made of the last few: `{median: 5}` or `{mean: 5}`; only for a number that is read."""
    quality: QualitySettings | None = None
    """What a reading has to keep to be GOOD, beside the range of the part; only for a channel that is read."""
    command_expires_s: Annotated[PositiveDuration, Meta(le=604_800)] = field(default=300.0, name="command_expires")
    """How long a command to this channel is good that does not say it itself; only for channels that can be driven."""
    conflict: ConflictPolicy = ConflictPolicy.PHYSICAL_PRIORITY
    """Who is right where it was set by hand here while the twin wanted something else: `physical_priority` what was set
    by hand, `twin_priority` the twin, `last_write_wins` and `merge` whoever was later."""
    safety: SafetySettings | None = None
    """The conditions under which it may be driven, whoever asks; only for an output. Its safe value is the device's
    `safe`."""
