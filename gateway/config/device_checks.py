"""What only shows when devices, their channels and buses are seen together."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.base import BusKind, Channel, ValueKind
from gateway.config.devices import missing_safe, unknown_channel
from gateway.config.draft import DeviceDraft, Draft
from gateway.config.problems import guess, listing, quote
from gateway.config.values import BAD
from gateway.core.settings import AlarmSettings, ChannelSettings, Mode

_PLACES = {BusKind.I2C: ("address", "{:#04x}"), BusKind.GPIO: ("pin", "{}")}
"""By the kind of bus: the setting that says where on it a part is, and how that is written."""


def check_devices(draft: Draft) -> None:
    """Report what is wrong with devices among themselves and with their buses and channels."""
    for device in draft.devices.values():
        _check_bus(draft, device)
        _check_channels(draft, device)
        for channel, allowed in missing_safe(device):
            path = (*device.path, "safe", channel.name)
            draft.problem(path, "missing: the value when control is lost", f"allowed: {allowed}")
    _check_places(draft)


def _check_bus(draft: Draft, device: DeviceDraft) -> None:
    wanted = device.common.get("bus", BAD)
    if wanted is BAD or draft.buses is None:
        return
    path = (*device.path, "bus")
    kind = device.driver.bus_kind if device.driver else None
    fitting = [bus.name for bus in draft.good_buses() if kind in (None, bus.kind)]
    if wanted not in draft.buses:
        draft.problem(
            path, f"unknown bus {quote(wanted)}", guess(wanted, draft.buses) or f"allowed: {listing(fitting)}"
        )
        return
    bus = draft.buses[wanted]
    if bus is not BAD and device.driver and bus.kind != kind:
        message = f"found {quote(wanted)}, a bus of kind {bus.kind}; {device.driver.name} is on a bus of kind {kind}"
        draft.problem(path, message, f"allowed: {listing(fitting)}")


def _check_channels(draft: Draft, device: DeviceDraft) -> None:
    wanted = device.common.get("channels", {})
    if wanted is BAD or device.channels is None:
        return
    for name, settings in wanted.items():
        path = (*device.path, "channels", name)
        channel = device.channels.get(name)
        if channel is None:
            draft.problem(path, *unknown_channel(name, (), device.channels))
            continue
        if settings.alarm is not None:
            for place, message, hint in _wrong_alarm(channel, settings.alarm):
                draft.problem((*path, "alarm", *place), message, hint)
        for key, useless in _useless(channel, settings):
            if draft.given((*path, key)):
                draft.problem((*path, key), useless, "remove it")


def _useless(channel: Channel, settings: ChannelSettings) -> Iterator[tuple[str, str]]:
    """Keys of a channel that would do nothing, each with the reason."""
    if settings.mode is Mode.REALTIME:
        yield "deadband", "does nothing in mode realtime, which sends every reading"
        yield "max_silence", "does nothing in mode realtime, which sends every reading"
    elif channel.kind is not ValueKind.NUMBER:
        yield "deadband", f"does nothing for a {channel.kind}, of which every change is sent"
    if not channel.writable:
        yield "conflict", "does nothing for a channel that is only read"


def _wrong_alarm(channel: Channel, alarm: AlarmSettings) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """What is wrong with a limit: where, what, and what is allowed."""
    if channel.kind is not ValueKind.NUMBER:
        yield (), f"a {channel.kind} has no limits", "remove it"
    elif (alarm.above is None) == (alarm.below is None):
        yield (), "one limit is needed", "give above or below"
    elif alarm.clear is not None and alarm.above is not None and alarm.clear > alarm.above:
        yield ("clear",), f"found {alarm.clear:g}", f"allowed at most {alarm.above:g}, the limit"
    elif alarm.clear is not None and alarm.below is not None and alarm.clear < alarm.below:
        yield ("clear",), f"found {alarm.clear:g}", f"allowed at least {alarm.below:g}, the limit"


def _check_places(draft: Draft) -> None:
    """Report parts that are at the same place of one bus."""
    taken: dict[tuple[str, int | None], str] = {}
    for device in draft.devices.values():
        bus = device.common.get("bus", BAD)
        if bus is BAD or device.driver is None:
            continue
        # A driver without such a setting has its serial line for itself.
        setting, form = _PLACES.get(device.driver.bus_kind, ("", ""))
        place = getattr(device.settings, setting, None) if device.settings is not BAD else device.options.get(setting)
        if place is BAD or (setting and place is None):
            continue
        first = taken.setdefault((bus, place), device.name)
        if first != device.name:
            path = (*device.path, setting or "bus")
            where = f"{setting} {form.format(place)} of {quote(bus)}" if setting else f"the line {quote(bus)}"
            draft.problem(path, f"{where} is taken by {quote(first)}", "every device needs a place of its own")
