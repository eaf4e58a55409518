"""What only shows when devices, their channels and buses are seen together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drivers import registry
from drivers.base import BusKind
from drivers.bus.mux import MuxPlace, split_bus
from gateway.config.devices import common_fields, missing_safe, unknown_channel
from gateway.config.draft import DeviceDraft, Draft
from gateway.config.problems import guess, listing, quote
from gateway.config.reach import out_of_reach, useless_rules
from gateway.config.values import BAD
from gateway.core.channel_checks import ChannelKind, useless_settings, wrong_settings
from gateway.core.settings_channel import ChannelSettings

_PLACES = {
    BusKind.I2C: (("address",), "{:#04x}"),
    BusKind.GPIO: (("pin", "trigger", "echo", "clock", "data"), "{}"),
    BusKind.ONEWIRE: (("id",), "{!r}"),
    BusKind.MODBUS: (("unit_id",), "{}"),
    BusKind.SPI: (("chip_select",), "{}"),
}
"""By the kind of bus: the settings that say where on it a part is, and how that is written."""
_ELSEWHERE = "every device needs a place of its own"
_HEARD_BEHIND = (
    "what is in front of a multiplexer is heard behind it too; put both behind it, or give one another address"
)
EVERY_S = next(field.default for field in common_fields() if field.attribute == "every_s")
"""How often a device is read that does not say so."""


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
    try:
        wanted, behind = split_bus(wanted)
    except ValueError as error:
        draft.problem(path, str(error))
        return
    if behind and kind not in (None, BusKind.I2C):
        draft.problem(path, f"{device.common['bus']!r} is behind a multiplexer, which only an i2c bus has")
        return
    if wanted not in draft.buses:
        draft.problem(path, f"unknown bus {quote(wanted)}", guess(wanted, draft.buses) or _fitting(fitting, kind))
        return
    bus = draft.buses[wanted]
    if bus is not BAD and device.driver and bus.kind != kind:
        message = f"found {quote(wanted)}, a bus of kind {bus.kind}; {device.driver.name} is on a bus of kind {kind}"
        draft.problem(path, message, _fitting(fitting, kind))
    elif bus is not BAD and bus.simulated and device.driver and not has_model(device.driver.name):
        draft.problem(path, f"{quote(wanted)} is simulated, and {device.driver.name} has no model", "use a real bus")


def _fitting(buses: list[str], kind: BusKind | None) -> str:
    if buses or kind is None:
        return f"allowed: {listing(buses)}"
    return f"there is none yet: write `{kind}: {{kind: {kind}}}` under buses"


def has_model(driver: str) -> bool:
    """Whether there is a simulated part for that driver; there is one for all that come with edgetwin."""
    if driver in registry.names():
        return True
    from drivers.simulated.place import foreign_maker  # noqa: PLC0415 - a site with real hardware need not load it

    return foreign_maker(driver) is not None


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
        kind = ChannelKind(channel.kind.value, channel.low, channel.high, channel.writable)
        for place, message, hint in wrong_settings(kind, settings):
            draft.problem((*path, *place), message, hint)
        _check_limits(draft, device, name, settings)
        for key, useless in useless_settings(kind, settings, _every_s(device)):
            if draft.given((*path, key)):
                draft.problem((*path, key), useless, "remove it")


def _check_limits(draft: Draft, device: DeviceDraft, name: str, settings: ChannelSettings) -> None:
    """Report limits that have no bearing on what the channel measures."""
    path, series = (*device.path, "channels", name), f"{device.name}/{name}"
    if settings.alarm is not None:
        for key, message, hint in out_of_reach(draft, series, settings.alarm.above, settings.alarm.below):
            draft.problem((*path, "alarm", key), message, hint)
    if settings.quality is not None:
        for place, message, hint in useless_rules(draft, series, settings.quality, _every_s(device)):
            draft.problem((*path, "quality", *place), message, hint)


def _every_s(device: DeviceDraft) -> float | None:
    every_s = device.common.get("every_s", EVERY_S)
    return None if every_s is BAD else float(every_s)


def _check_places(draft: Draft) -> None:
    """Report parts that are at the same place of one bus."""
    taken: dict[tuple[str, int | None], list[tuple[MuxPlace | None, str]]] = {}
    muxes = _muxes(draft)
    for device in draft.devices.values():
        found = _bus_of(device)
        if found is None or device.driver is None or device.driver.bus_kind is BusKind.SYSFS:
            continue  # Files can be read by as many as want to.
        bus, behind = found
        for setting, place, written in _places(device, device.driver.bus_kind):
            path = (*device.path, setting or "bus")
            where = f"{setting} {written} of {quote(bus)}" if setting else f"the line {quote(bus)}"
            others = taken.setdefault((bus, place), [])
            # What is not behind a multiplexer is reached whichever channel is open.
            first = next((one for one in others if None in (one[0], behind) or one[0] == behind), None)
            others.append((behind, device.name))
            if first is not None:
                hint = _ELSEWHERE if first[0] == behind else _HEARD_BEHIND
                draft.problem(path, f"{where} is taken by {quote(first[1])}", hint)
            elif device.driver.bus_kind is BusKind.I2C and (bus, place) in muxes:
                whose = quote(muxes[bus, place])
                draft.problem(path, f"{where} is taken by the multiplexer of {whose}", "every part needs an address")


def _places(device: DeviceDraft, kind: BusKind) -> Iterator[tuple[str, Any, str]]:
    """Where on its bus a device is: the setting that says so, its value, and how that is written."""
    settings, form = _PLACES.get(kind, ((), ""))
    if not settings:  # Its serial line is for it alone.
        yield "", None, ""
    for setting in settings:
        place = getattr(device.settings, setting, None) if device.settings is not BAD else device.options.get(setting)
        if place is not BAD and place is not None:
            yield setting, place, form.format(place)


def _muxes(draft: Draft) -> dict[tuple[str, int | None], str]:
    """The bus and the address of every multiplexer, and the first device behind it."""
    found: dict[tuple[str, int | None], str] = {}
    for device in draft.devices.values():
        bus, behind = _bus_of(device) or ("", None)
        if behind is not None:
            found.setdefault((bus, behind.address), device.name)
    return found


def _bus_of(device: DeviceDraft) -> tuple[str, MuxPlace | None] | None:
    """Where it says that it is; None where that is a mistake."""
    try:
        return split_bus(str(device.common["bus"])) if device.common.get("bus", BAD) is not BAD else None
    except ValueError:
        return None
