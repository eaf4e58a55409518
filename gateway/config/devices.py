"""One device: the gateway's keys and the driver's own, side by side in one mapping."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from typing import Any

from drivers import registry
from drivers.base import Channel, Driver, ValueKind
from gateway.config.convert import as_mapping, build, check_name, convert, fields
from gateway.config.draft import DeviceDraft
from gateway.config.nodes import Broken, Entry, Node, Scalar
from gateway.config.nodes import Mapping as MappingNode
from gateway.config.problems import Path, Report, guess, listing, quote
from gateway.config.shapes import Field, Flag, Kind, Number, Shape, Text
from gateway.config.type_reader import fields_of, name_shape
from gateway.config.values import BAD
from gateway.config.wording import allowed
from gateway.core.settings import DeviceSettings

_NOT_IN_THE_FILE = frozenset({"name", "settings"})


@functools.cache
def common_fields() -> tuple[Field, ...]:
    """The keys that every device has, whatever its driver."""
    return fields_of(DeviceSettings, without=_NOT_IN_THE_FILE)


def own_fields(driver: type[Driver]) -> tuple[Field, ...]:
    """The keys of the driver's own settings."""
    return fields_of(driver.settings_type)


def read_devices(entry: Entry, path: Path, report: Report) -> dict[str, DeviceDraft]:
    """The devices of the mapping in `entry`, in the order of the file."""
    mapping = as_mapping(entry, path, report)
    devices: dict[str, DeviceDraft] = {}
    for name, given in (mapping.entries if mapping else {}).items():
        check_name(given, name, name_shape(DeviceSettings), path, report)
        devices[name] = _device(given, name, (*path, name), report)
    return devices


def _device(entry: Entry, name: str, path: Path, report: Report) -> DeviceDraft:
    driver = _driver(entry, path, report)
    own = own_fields(driver) if driver else ()
    attributes = fields(entry if driver else _without_driver_keys(entry), (*common_fields(), *own), path, report) or {}
    options = {field.attribute: attributes[field.attribute] for field in own if field.attribute in attributes}
    settings = _settings(driver, options, entry, path, report) if driver else BAD
    channels = _channels(driver, settings, entry, path, report) if driver and settings is not BAD else None
    common = {key: value for key, value in attributes.items() if key not in options}
    safe = common.pop("safe", {})
    return DeviceDraft(
        name=name,
        driver=driver,
        common=common,
        options=options,
        settings=settings,
        channels=channels,
        safe=None if channels is None or safe is BAD else _safe(safe, channels, (*path, "safe"), report),
    )


def _settings(driver: type[Driver], options: dict[str, Any], entry: Entry, path: Path, report: Report) -> Any:
    try:
        return build(driver.settings_type, options, entry, path, report)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - as in _channels
        report.add(entry.mark, path, f"driver {quote(driver.name)} cannot take its settings: {error!r}")
        return BAD


def _driver(entry: Entry, path: Path, report: Report) -> type[Driver] | None:
    """The driver that the device names; an unknown one is reported, a missing one by whoever reads the keys."""
    given = entry.value.entries.get("driver") if isinstance(entry.value, MappingNode) else None
    if given is None or not isinstance(given.value, Scalar) or not given.value.text:
        return None
    word, place = given.value.text, (*path, "driver")
    try:
        return _readable(registry.get(word))
    except registry.UnusableDriverError as error:
        report.add(given.value.mark, place, str(error), "repair or update that package, or use another driver")
    except registry.UnknownDriverError:
        known = (*registry.names(), *registry.foreign())
        hint = registry.known_as(word) or guess(word, known) or "`edgetwin drivers` lists all"
        report.add(given.value.mark, place, f"unknown driver {quote(word)}", hint)
    return None


def _readable(driver: type[Driver]) -> type[Driver]:
    """`driver`, if a configuration can be read into its settings; those that come with edgetwin are known to be so.

    Raises:
        UnusableDriverError: it cannot; the author of the driver has to change that.
    """
    if driver.name in registry.names():
        return driver
    try:
        own_fields(driver)
    except Exception as error:
        raise registry.UnusableDriverError(f"driver {driver.name!r}: its settings: {error!r}") from error
    return driver


def _without_driver_keys(entry: Entry) -> Entry:
    """`entry` without the keys that some driver has, for a device whose driver is not known."""
    if not isinstance(entry.value, MappingNode):
        return entry
    theirs = {field.key for name in registry.names() for field in own_fields(registry.get(name))}
    kept = {key: value for key, value in entry.value.entries.items() if key not in theirs}
    return Entry(entry.mark, MappingNode(entry.value.mark, kept))


def _channels(
    driver: type[Driver], settings: Any, entry: Entry, path: Path, report: Report
) -> Mapping[str, Channel] | None:
    """The channels by name; None, and reported, where one cannot have its name."""
    try:
        channels = {channel.name: channel for channel in driver.channels(settings)}
        tuple(driver.operations(settings))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - what runs here may be another package's code
        report.add(entry.mark, path, f"driver {quote(driver.name)} cannot tell its channels or operations: {error!r}")
        return None
    if not channels:
        report.add(entry.mark, path, "has no channel", "give it at least one, or remove the device")
    named = _keys_below(entry.value)
    good = [check_name(named.get(name, entry), name, CHANNEL_NAME, path, report) for name in channels]
    for name, channel in channels.items():
        if not all(end is None or math.isfinite(end) for end in (channel.low, channel.high)):
            found = f"{channel.low} to {channel.high}"
            report.add(named.get(name, entry).mark, path, f"the range of {quote(name)} would be {found}, no numbers")
            good.append(False)
    return channels if all(good) else None


CHANNEL_NAME = Text(
    pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
    allowed="a channel: letters, digits, '_', '-' and '.', first a letter or digit, at most 64 characters",
)
"""The second half of a series' name."""


def _keys_below(node: Node) -> Mapping[str, Entry]:
    """The keys one level below a device: where settings give channels their names, they stand there."""
    inner = [entry.value for entry in node.entries.values()] if isinstance(node, MappingNode) else []
    return {key: entry for value in inner if isinstance(value, MappingNode) for key, entry in value.entries.items()}


def channel_shape(channel: Channel) -> Shape:
    """What values of `channel` are allowed."""
    match channel.kind:
        case ValueKind.BOOLEAN:
            return Flag()
        case ValueKind.TEXT:
            return Text()
        case _:
            return Number(kind=Kind.DECIMAL, low=channel.low, high=channel.high, unit=channel.unit)


def _safe(given: Mapping[str, Node], channels: Mapping[str, Channel], path: Path, report: Report) -> Mapping[str, Any]:
    writable = [channel.name for channel in channels.values() if channel.writable]
    safe: dict[str, Any] = {}
    for name, node in given.items():
        if name in writable:
            safe[name] = convert(Entry(node.mark, node), channel_shape(channels[name]), (*path, name), report)
        elif not isinstance(node, Broken):
            report.add(node.mark, (*path, name), *unknown_channel(name, channels, writable))
    return safe


def unknown_channel(name: str, channels: Iterable[str], wanted: Iterable[str]) -> tuple[str, str]:
    """Message and hint for a channel that is not among the `wanted` ones of the device's `channels`."""
    if name in channels:
        return f"channel {quote(name)} cannot be written, so nothing can make it safe", "remove it"
    return f"unknown channel {quote(name)}", guess(name, wanted) or f"allowed: {listing(wanted)}"


def missing_safe(device: DeviceDraft) -> Iterable[tuple[Channel, str]]:
    """The writable channels without a safe value, each with what is allowed there."""
    for channel in (device.channels or {}).values():
        if channel.writable and device.safe is not None and channel.name not in device.safe:
            yield channel, allowed(channel_shape(channel))
