"""Random good sites, made from the settings types themselves."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import msgspec
from hypothesis import strategies as st

from drivers import registry
from drivers.base import BusKind, Channel
from drivers.simulated.world_settings import WorldSettings
from gateway.config.devices import channel_shape, own_fields
from gateway.config.shapes import Choice, Field, Flag, Items, Kind, Nullable, Number, Table, Text
from gateway.config.type_reader import fields_of, record_of
from gateway.core.channel_checks import ChannelKind, useless_settings, wrong_settings
from gateway.core.settings import (
    Acknowledge,
    BusSettings,
    ChannelSettings,
    DeviceSettings,
    LinkSettings,
    Protocol,
    Site,
    StoreSettings,
)
from gateway.core.settings_quality import RangeSettings

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,8}", fullmatch=True)


FAR = 1e12
"""Beyond it thousandths are more than a float holds, and the largest floats would become infinite."""


def _numbers(shape: Number) -> st.SearchStrategy[float]:
    """Numbers within the bounds that the YAML can write exactly: whole ones, or thousandths."""
    step = 1 if shape.kind in (Kind.INTEGER, Kind.SIZE, Kind.DAILY) else 1000
    least = max(-FAR, shape.low if shape.low is not None else shape.above or 0)
    low = math.ceil(least * step) + (shape.above is not None)
    high = math.floor(min(FAR, shape.high) * step) if shape.high is not None else low + 10**6
    return st.integers(low, high).map(lambda count: count if step == 1 else count / step)


def values(shape: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one line for each shape
    """Values that `shape` allows."""
    match shape:
        case Number():
            return _numbers(shape)
        case Text():
            return st.from_regex(shape.pattern, fullmatch=True).filter(str.isprintable) if shape.pattern else NAMES
        case Flag():
            return st.booleans()
        case Choice():
            return st.sampled_from([value for _, value in shape.options])
        case Nullable():
            return st.none() | values(shape.inner)
        case Table():
            return st.dictionaries(NAMES, values(shape.value), min_size=1, max_size=3)
        case Items():
            return st.lists(values(shape.value), max_size=3).map(shape.to)
        case _:
            return records(shape.type)


def attributes(fields: tuple[Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Attributes for `fields`; those with a default may be left out."""
    wanted = {field.attribute: values(field.shape) for field in fields if field.required}
    optional = {field.attribute: values(field.shape) for field in fields if not field.required}
    return st.fixed_dictionaries(wanted, optional=optional)


def records(settings: type) -> st.SearchStrategy[Any]:
    """Objects of `settings`; what the type itself refuses is left out."""
    return attributes(record_of(settings).fields).map(lambda found: _built(settings, found)).filter(bool)


def _built(settings: type, found: dict[str, Any]) -> Any:
    try:
        return settings(**found)
    except ValueError:
        return None


def _agreeing(link: LinkSettings) -> LinkSettings:
    """`link` with what has to come together."""
    tls = msgspec.structs.replace(link.tls, cert="/c", key="/k") if link.tls else None
    cap_s = max(link.backoff_s, link.backoff_cap_s)
    connect = "every 7d" if link.connect.startswith("every") else "always"  # Others of its form may never come.
    user = link.username or "somebody"
    unheard = link.protocol is Protocol.V311 and link.acknowledge is Acknowledge.BROKER
    needs = link.needs_subscriber and not unheard
    return msgspec.structs.replace(
        link, tls=tls, backoff_cap_s=cap_s, username=user, connect=connect, needs_subscriber=needs
    )


@st.composite
def devices(draw, name: str, bus: BusSettings) -> DeviceSettings:
    """A device on `bus` with settings and channels of its own."""
    names = [one for one in registry.names() if registry.get(one).bus_kind == bus.kind]
    driver = registry.get(draw(st.sampled_from(names)))
    settings = draw(attributes(own_fields(driver)).map(lambda found: _built(driver.settings_type, found)).filter(bool))
    channels = driver.channels(settings)
    watched = draw(st.lists(st.sampled_from(channels), unique=True, max_size=2))
    every_s = draw(st.integers(1, 1000)) / 100
    return DeviceSettings(
        name=name,
        driver=driver.name,
        bus=bus.name,
        every_s=every_s,
        channels={channel.name: draw(_watched(channel, every_s)) for channel in watched},
        safe={one.name: draw(values(channel_shape(one))) for one in channels if one.writable},
        settings=settings,
    )


def _watched(channel: Channel, every_s: float) -> st.SearchStrategy[ChannelSettings]:
    kind = ChannelKind(channel.kind.value, channel.low, channel.high, channel.writable)
    fields = tuple(field for field in fields_of(ChannelSettings) if field.key not in ("alarm", "safety"))

    def used(found: dict[str, Any]) -> ChannelSettings:
        useless = {key for key, _ in useless_settings(kind, ChannelSettings(**found), every_s)}
        return _kept(channel, every_s, ChannelSettings(**{
            field.attribute: found[field.attribute]
            for field in fields
            if field.key not in useless and field.attribute in found
        }))  # fmt: skip

    return attributes(fields).map(used).filter(lambda settings: not list(wrong_settings(kind, settings)))


def _kept(channel: Channel, every_s: float, settings: ChannelSettings) -> ChannelSettings:
    """`settings` with rules of quality that a reading can keep."""
    quality = settings.quality
    if quality is None:
        return settings
    within, low, high = quality.range_, channel.low, channel.high
    known = settings.calibrate is None and low is not None and high is not None
    if within is not None and not (known and all(low <= end <= high for end in _ends(within))):
        within = None
    stuck_s = None if quality.stuck_s is None else max(quality.stuck_s, every_s + 1)
    quality = msgspec.structs.replace(quality, range_=within, stuck_s=stuck_s)
    return msgspec.structs.replace(settings, quality=None if quality == type(quality)() else quality)


def _ends(within: RangeSettings) -> list[float]:
    return [end for end in (within.low, within.high) if end is not None]


@st.composite
def sites(draw) -> Site:
    """A site without thermostats: every device has a bus of its own, so that no two are at one place."""
    names = draw(st.lists(NAMES, unique=True, max_size=4))
    buses = []
    for name in names:
        kind = draw(st.sampled_from([kind.value for kind in BusKind]))
        baud = {"baud": draw(st.integers(50, 10**6))} if kind in (BusKind.SERIAL, BusKind.MODBUS) else {}
        simulated = draw(st.booleans())
        device = f"/dev/spidev{len(buses)}" if kind == BusKind.SPI else f"/dev/{name}"
        buses.append(BusSettings(name=name, kind=kind, device=device, simulated=simulated, **baud))
    world = (
        draw(records(WorldSettings).map(lambda world: replace(world, couple={}, faults={})))
        if any(bus.simulated for bus in buses)
        else None
    )
    return Site(
        gateway=draw(NAMES),
        link=draw(values(record_of(LinkSettings)).map(_agreeing)),
        store=draw(values(record_of(StoreSettings))),
        buses=tuple(buses),
        devices=tuple(draw(devices(f"on-{bus.name}", bus)) for bus in buses),
        world=world,
    )
