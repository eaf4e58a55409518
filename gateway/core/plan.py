"""What a channel's settings come to: the mode, why, and every limit as a number, as configured and as far as it goes.

`auto` follows a tree. Freshness below `INSTANT_S`: `realtime`. Up to `SLOW_S`: `event` where the channel is read more
than once within its freshness, `realtime` where it is not. Beyond: `periodic`, with a window of that freshness.
"""

from __future__ import annotations

import msgspec

from gateway.core.settings_channel import ChannelSettings, Mode, Part

NS_PER_S = 1_000_000_000
INSTANT_S = 0.1
"""Who wants a value fresher than this wants every reading."""
SLOW_S = 60.0
"""Who is content with a value older than this wants no single readings."""


class Limits(msgspec.Struct, frozen=True):
    """How much may be left out."""

    deviation: float
    """Deadband or swinging door, in the channel's unit."""
    silence_ns: int
    window_ns: int


class Plan(msgspec.Struct, frozen=True):
    """What is done with the readings of a channel."""

    mode: Mode
    why: str
    configured: Limits
    widest: Limits
    """Where the budget may go at most; what it may not touch is as configured."""
    door: bool
    previous: bool
    aggregates: tuple[Part, ...]

    def limits(self, stretch: float) -> Limits:
        """The limits at a stretch from 0, as configured, to 1, the widest."""
        if stretch <= 0.0 or self.widest == self.configured:
            return self.configured
        share, low, high = min(stretch, 1.0), self.configured, self.widest
        return Limits(
            low.deviation + share * (high.deviation - low.deviation),
            low.silence_ns + round(share * (high.silence_ns - low.silence_ns)),
            low.window_ns + round(share * (high.window_ns - low.window_ns)),
        )

    @property
    def elastic(self) -> bool:
        """Whether there is something that the budget may widen."""
        return self.widest != self.configured


def make_plan(
    settings: ChannelSettings, every_s: float, low: float | None, high: float | None, *, numeric: bool = True
) -> Plan:
    """The plan for a channel that is read every `every_s` and is from `low` to `high`, where the part says so."""
    mode, why = choose_mode(settings, every_s)
    chosen = settings.mode is Mode.AUTO
    deviation = _deviation(settings, low, high)
    window_s, silence_s = settings.window_s, settings.max_silence_s
    if chosen and mode is Mode.PERIODIC:
        window_s = min(settings.freshness_s, 86_400.0)
    if chosen and mode is Mode.EVENT and settings.swinging_door is not None:
        silence_s = min(silence_s, settings.freshness_s)  # What the door holds back is no older than that.
    configured = Limits(deviation, _ns(silence_s), _ns(window_s))
    widest = Limits(
        max(deviation, settings.deadband_max or 0.0),
        max(_ns(silence_s), _ns(settings.max_silence_max_s or 0.0)),
        max(_ns(window_s), _ns(settings.window_max_s or 0.0)),
    )
    return Plan(
        mode,
        why,
        configured,
        _used(mode, configured, widest),
        door=settings.swinging_door is not None and numeric,
        previous=settings.previous,
        aggregates=settings.aggregates,
    )


def choose_mode(settings: ChannelSettings, every_s: float) -> tuple[Mode, str]:
    """The mode of a channel that is read every `every_s`, and why."""
    if settings.mode is not Mode.AUTO:
        return settings.mode, "configured"
    freshness_s = settings.freshness_s
    wanted = f"freshness {freshness_s:g} s"
    if freshness_s < INSTANT_S:
        return Mode.REALTIME, f"{wanted}, below {INSTANT_S:g} s"
    if freshness_s > SLOW_S:
        return Mode.PERIODIC, f"{wanted}, above {SLOW_S:g} s"
    if every_s < freshness_s:
        return Mode.EVENT, f"{wanted}, read every {every_s:g} s: more than once within it"
    return Mode.REALTIME, f"{wanted}, read every {every_s:g} s: not more than once within it"


def _deviation(settings: ChannelSettings, low: float | None, high: float | None) -> float:
    if settings.swinging_door is not None:
        return settings.swinging_door
    if settings.deadband_percent is not None and low is not None and high is not None:
        return settings.deadband_percent / 100 * (high - low)
    return settings.deadband


def _used(mode: Mode, configured: Limits, widest: Limits) -> Limits:
    """The widest of what the mode uses at all."""
    changes = mode in (Mode.EVENT, Mode.HYBRID)
    windows = mode in (Mode.PERIODIC, Mode.HYBRID)
    return Limits(
        widest.deviation if changes else configured.deviation,
        widest.silence_ns if changes else configured.silence_ns,
        widest.window_ns if windows else configured.window_ns,
    )


def _ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)
