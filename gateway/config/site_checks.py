"""What only shows when the parts of a site are seen together: link, buses, thermostats, names, surroundings."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from drivers.base import ValueKind
from drivers.bus.spi import controller_of
from gateway.config.clouds import check_cloud
from gateway.config.device_checks import EVERY_S, check_devices
from gateway.config.draft import Draft
from gateway.config.problems import Path, listing, quote
from gateway.config.rule_checks import check_rules
from gateway.config.safety_checks import check_safety
from gateway.config.series_checks import Mistake, series_of, unknown_series
from gateway.config.values import BAD
from gateway.config.wording import duration_text, plain
from gateway.config.world_checks import check_world
from gateway.core.radio import plan_of
from gateway.core.settings import Acknowledge, BusSettings, LinkSettings, Protocol, ThermostatSettings

_CELSIUS = "Cel"


def check_site(draft: Draft, open_to_others: Callable[[str], bool]) -> None:
    """Report what is wrong between the parts of a site.

    `open_to_others` tells of the file at a path whether just anybody on this machine may read it.
    """
    link = draft.values.get("link", LinkSettings())
    if link is not BAD:
        _check_link(draft, link, open_to_others)
        check_cloud(draft, link)
    _check_commands(draft)
    _check_buses(draft)
    check_devices(draft)
    check_safety(draft)
    check_world(draft)
    _check_names(draft)
    _check_thermostats(draft)
    check_rules(draft)


def _check_commands(draft: Draft) -> None:
    commands = draft.values.get("commands", BAD)
    if commands is not BAD and commands.require_signature and not commands.keys:
        reason = "signatures are required and no key is named"
        draft.problem(("commands", "require_signature"), reason, "name one in commands.keys; else nobody can command")


def _check_link(draft: Draft, link: LinkSettings, open_to_others: Callable[[str], bool]) -> None:
    if link.tls and (link.tls.cert is None) != (link.tls.key is None):
        given, missing = ("cert", "key") if link.tls.key is None else ("key", "cert")
        draft.problem(("link", "tls", given), f"is given without {quote(missing)}", "they come together")
    if link.password_file and not link.username:
        draft.problem(("link", "password_file"), "is given without 'username'", "they come together")
    if link.backoff_s > link.backoff_cap_s:
        found, cap = duration_text(link.backoff_s), duration_text(link.backoff_cap_s)
        draft.problem(("link", "backoff"), f"found {found}, allowed at most backoff_cap, {cap}")
    by_broker = link.acknowledge is Acknowledge.BROKER and draft.given(("link", "needs_subscriber"))
    if link.protocol is Protocol.V311 and link.needs_subscriber and by_broker:
        reason = "needs MQTT 5: a broker of 3.1.1 does not tell that nobody has subscribed"
        draft.problem(("link", "needs_subscriber"), reason, "remove it, or write false, or another link.protocol")
    try:
        plan_of(link.connect)
    except ValueError as error:
        draft.problem(("link", "connect"), str(error), "fields of cron are minute, hour, day, month, weekday, in UTC")
    secrets: tuple[tuple[Path, str | None], ...] = (
        (("link", "password_file"), link.password_file),
        (("link", "tls", "key"), link.tls.key if link.tls else None),
    )
    for path, file in secrets:
        if file and open_to_others(file):
            draft.problem(path, f"the file {quote(file)} is open to others", "let its owner alone read it (chmod 600)")


def _check_buses(draft: Draft) -> None:
    wires: dict[tuple[str, str], str] = {}
    for bus in draft.good_buses():
        path = ("buses", bus.name)
        for key in ("baud", "parity"):
            if bus.kind not in ("serial", "modbus") and draft.given((*path, key)):
                draft.problem((*path, key), f"does nothing on a bus of kind {bus.kind}", "remove it")
        _check_controller(draft, bus)
        if bus.simulated and not bus.device:
            continue
        # Modbus is on a serial line, which is then no other bus's.
        kind = "serial" if bus.kind == "modbus" else bus.kind
        first = wires.setdefault((kind, bus.device), bus.name)
        if first != bus.name:
            device = quote(bus.device) if bus.device else "the header's own device"
            draft.problem((*path, "device"), f"{device} is taken by the bus {quote(first)}", "one wire is one bus")


def _check_controller(draft: Draft, bus: BusSettings) -> None:
    if bus.kind == "spi" and bus.device:
        try:
            controller_of(bus.device)
        except ValueError as error:
            draft.problem(("buses", bus.name, "device"), str(error))


def _check_names(draft: Draft) -> None:
    for name in draft.thermostats:
        if name in draft.devices:
            path = ("thermostats", name)
            draft.problem(path, f"the name {quote(name)} is taken by a device", "give the thermostat another one")


def _check_thermostats(draft: Draft) -> None:
    heaters: dict[str, str] = {}
    for thermostat in draft.good_thermostats():
        path = ("thermostats", thermostat.name)
        for key, message, hint in (*_numbers(thermostat), *_sensor(draft, thermostat), *_actuator(draft, thermostat)):
            draft.problem((*path, key), message, hint)
        first = heaters.setdefault(thermostat.actuator, thermostat.name)
        if first != thermostat.name:
            message = f"{quote(thermostat.actuator)} is switched by the thermostat {quote(first)}"
            draft.problem((*path, "actuator"), message, "one actuator has one thermostat")


def _numbers(thermostat: ThermostatSettings) -> Iterator[Mistake]:
    low, high = plain(thermostat.low), plain(thermostat.high)
    if thermostat.low >= thermostat.high:
        yield "low", f"found {low}, allowed below high, {high}", ""
    elif not thermostat.low <= thermostat.setpoint <= thermostat.high:
        yield "setpoint", f"found {plain(thermostat.setpoint)}, allowed {low} to {high}", ""


def _sensor(draft: Draft, thermostat: ThermostatSettings) -> Iterator[Mistake]:
    series = thermostat.sensor
    measured = series_of(draft, lambda channel: channel.unit == _CELSIUS)
    channel = draft.channel(series)
    if channel is None:
        yield from unknown_series(draft, "sensor", series, measured)
        return
    if channel.unit != _CELSIUS:
        found = channel.unit or f"a {channel.kind}"
        yield "sensor", f"{quote(series)} is in {found}, allowed a temperature in Cel", f"allowed: {listing(measured)}"
    every_s = draft.devices[series.partition("/")[0]].common.get("every_s", EVERY_S)
    if every_s is not BAD and thermostat.stale_after_s <= every_s:
        found, needed = duration_text(thermostat.stale_after_s), duration_text(every_s)
        yield "stale_after", f"found {found}, allowed longer than the sensor is read, every {needed}", ""


def _actuator(draft: Draft, thermostat: ThermostatSettings) -> Iterator[Mistake]:
    series = thermostat.actuator
    driven = series_of(draft, lambda channel: channel.writable and channel.kind is ValueKind.BOOLEAN)
    channel = draft.channel(series)
    if channel is None:
        yield from unknown_series(draft, "actuator", series, driven)
    elif not channel.writable:
        yield "actuator", f"{quote(series)} cannot be written", f"allowed: {listing(driven)}"
    elif channel.kind is not ValueKind.BOOLEAN:
        yield "actuator", f"{quote(series)} is a {channel.kind}, allowed a boolean", f"allowed: {listing(driven)}"
