"""What is wrong with the settings of a channel, seen with the channel: for the configuration, and for later changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gateway.core.plan import choose_mode
from gateway.core.quality_checks import Wrong, wrong_quality
from gateway.core.settings_channel import AlarmSettings, ChannelSettings, Mode, Part

_DEADBANDS = ("deadband", "deadband_percent", "swinging_door", "previous", "deadband_max")
_SILENCES = ("max_silence", "max_silence_max")
_WINDOWS = ("window", "aggregates", "window_max")
_UNUSED = {
    Mode.REALTIME: ((*_DEADBANDS, *_SILENCES, *_WINDOWS), "realtime, which sends every reading"),
    Mode.PERIODIC: ((*_DEADBANDS, *_SILENCES), "periodic, which sends one aggregate per window"),
    Mode.EVENT: (_WINDOWS, "event, which sends single readings"),
}
_CHOSEN_UNUSED = {Mode.PERIODIC: (*_DEADBANDS, *_SILENCES, "window")}
"""What `auto` does not ask for in a mode that it chose: its windows are as long as `freshness`."""


class ChannelKind(NamedTuple):
    """What a check has to know of a channel: its kind in a word, and its range where the part names one."""

    word: str
    low: float | None = None
    high: float | None = None
    writable: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it has numbers."""
        return self.word == "number"


def useless_settings(
    kind: ChannelKind, settings: ChannelSettings, every_s: float | None = None
) -> Iterator[tuple[str, str]]:
    """Keys that would do nothing where they are given, each with the reason.

    What `auto` chooses follows from `every_s`, how often the channel is read; nothing is said of it where that is None.
    """
    if not kind.writable:
        yield "conflict", "does nothing for a channel that is only read"
    mode, chosen = settings.mode, ""
    if mode is Mode.AUTO and every_s is not None:
        mode, chosen = choose_mode(settings, every_s)
    keys, why = _UNUSED.get(mode, ((), ""))
    for key in _CHOSEN_UNUSED.get(mode, keys) if chosen else keys:
        yield key, f"does nothing in mode {why}" + (f"; auto chose it ({chosen})" if chosen else "")
    if settings.mode is not Mode.AUTO:
        yield "freshness", f"does nothing in mode {mode}; only auto asks for it"
    if mode in (Mode.REALTIME, Mode.PERIODIC):
        return
    if not kind.is_number:
        for key in _DEADBANDS:
            yield key, f"does nothing for a {kind.word}, of which every change is sent"
    elif settings.swinging_door is not None:
        yield "previous", "does nothing beside a swinging door, which sends the corners as they are"


def wrong_settings(kind: ChannelKind, settings: ChannelSettings) -> Iterator[Wrong]:
    """What is wrong."""
    yield from wrong_quality(kind.word, settings, writable=kind.writable)
    if settings.alarm is not None:
        for place, message, hint in _wrong_alarm(kind, settings.alarm):
            yield ("alarm", *place), message, hint
    if settings.swinging_door is not None and (settings.deadband or settings.deadband_percent is not None):
        yield ("swinging_door",), "given beside a deadband", "allowed: one of the two"
    elif settings.deadband and settings.deadband_percent is not None:
        yield ("deadband_percent",), "given beside deadband", "allowed: one of the two"
    if settings.deadband_percent is not None and kind.is_number and (kind.low is None or kind.high is None):
        yield ("deadband_percent",), "the part names no range", "allowed: deadband, in its unit"
    if settings.mode is Mode.HYBRID and Part.INTEGRAL in settings.aggregates:
        yield ("aggregates",), "an integral in mode hybrid, which aggregates only a part", "allowed in mode periodic"
    yield from _wrong_limits(kind, settings)


def _wrong_limits(kind: ChannelKind, settings: ChannelSettings) -> Iterator[Wrong]:
    """Limits for the budget that are narrower than what is configured."""
    deviation = settings.deadband if settings.swinging_door is None else settings.swinging_door
    if settings.deadband_percent is not None and kind.low is not None and kind.high is not None:
        deviation = settings.deadband_percent / 100 * (kind.high - kind.low)
    widest = (
        ("deadband_max", settings.deadband_max, deviation),
        ("window_max", settings.window_max_s, settings.window_s),
        ("max_silence_max", settings.max_silence_max_s, settings.max_silence_s),
    )
    for key, most, configured in widest:
        if most is not None and most < configured:
            yield (key,), f"found {most:g}", f"allowed at least {configured:g}, what is configured"


def _wrong_alarm(kind: ChannelKind, alarm: AlarmSettings) -> Iterator[Wrong]:
    """What is wrong with a limit."""
    if not kind.is_number:
        yield (), f"a {kind.word} has no limits", "remove it"
    elif (alarm.above is None) == (alarm.below is None):
        yield (), "one limit is needed", "give above or below"
    elif alarm.clear is not None and alarm.above is not None and alarm.clear > alarm.above:
        yield ("clear",), f"found {alarm.clear:g}", f"allowed at most {alarm.above:g}, the limit"
    elif alarm.clear is not None and alarm.below is not None and alarm.clear < alarm.below:
        yield ("clear",), f"found {alarm.clear:g}", f"allowed at least {alarm.below:g}, the limit"
