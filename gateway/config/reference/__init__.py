"""The tables of `docs/configuration.md`, made of the settings types: `python -m gateway.config.reference` renews them.

The page is written by hand but for what stands between `<!-- table: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from drivers import registry
from drivers.base import Channel, Driver
from gateway.config.about import about_fields
from gateway.config.devices import common_fields, own_fields
from gateway.config.shapes import Choice, Field, Flag, Items, Named, Nullable, Number, Record, Shape, Table, Text
from gateway.config.site import site_fields, world_settings
from gateway.config.type_reader import fields_of
from gateway.config.wording import allowed, default_text, is_hex, plain
from gateway.core.settings import (
    BusSettings,
    ChannelSettings,
    CommandSettings,
    DeviceSettings,
    LinkSettings,
    LogSettings,
    RuleSettings,
    Site,
    StoreSettings,
    ThermostatSettings,
)
from gateway.core.settings_rules import ConditionSettings

TARGET = Path(__file__).parents[3] / "docs" / "configuration.md"

_TABLE = re.compile(r"(<!-- table: (?P<name>[a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_NAME = frozenset({"name"})


def tables() -> Mapping[str, Callable[[], str]]:
    """Every table of the page, by the name in its mark."""
    return {
        "site": lambda: _table(site_fields(), Site, whole=False),
        "link": lambda: _table(fields_of(LinkSettings), LinkSettings),
        "commands": lambda: _table(fields_of(CommandSettings), CommandSettings),
        "store": lambda: _table(fields_of(StoreSettings), StoreSettings),
        "log": lambda: _table(fields_of(LogSettings), LogSettings),
        "buses": lambda: _table(fields_of(BusSettings, without=_NAME), BusSettings),
        "world": lambda: _table(fields_of(world_settings()), world_settings()),
        "devices": lambda: _table(common_fields(), DeviceSettings),
        "channels": lambda: _table(fields_of(ChannelSettings), ChannelSettings),
        "thermostats": lambda: _table(fields_of(ThermostatSettings, without=_NAME), ThermostatSettings),
        "rules": lambda: _table(fields_of(RuleSettings, without=_NAME), RuleSettings, whole=False),
        "conditions": lambda: _table(fields_of(ConditionSettings), ConditionSettings, whole=False),
        "drivers": lambda: "\n".join(driver_part(registry.get(name)) for name in registry.names()),
    }


def renewed(page: str) -> str:
    """`page` with all its tables as the types are now.

    Raises:
        KeyError: the page has a table that nothing here makes.
    """
    made = tables()
    return _TABLE.sub(lambda match: f"{match[1]}\n{made[match['name']]()}\n{match[3]}", page)


def _table(fields: tuple[Field, ...], settings: type, *, whole: bool = True) -> str:
    """The table of `fields`; unless it is to be the `whole`, without what is inside of mappings."""
    head = "| key | value | unit | default | meaning |\n| --- | --- | --- | --- | --- |\n"
    return head + "".join(_line(row) for row in rows(fields, settings, whole=whole))


def _line(row: Row) -> str:
    default = "required" if row.required else _code(row.default)
    return f"| {' | '.join(map(_cell, (_code(row.key), row.value, row.unit, default, row.about)))} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


class Row(NamedTuple):
    """One key, in words."""

    key: str
    """Its path, with NAME where a name of one's own stands."""
    value: str
    """What is allowed."""
    unit: str
    default: str
    """As the YAML writes it; empty where it is no plain value."""
    required: bool
    about: str


def rows(fields: tuple[Field, ...], settings: type, prefix: str = "", *, whole: bool = True) -> Iterator[Row]:
    """One row for every key, those of inner mappings below their own where it is to be the `whole`."""
    texts = about_fields(settings)
    for field in fields:
        key = f"{prefix}{field.key}"
        default = "" if field.required else default_text(field.default, field.shape, key=field.key)
        about = texts.get(field.attribute, "")
        yield Row(key, _value(field), _unit(field.shape), default, field.required, about)
        inner, path = _inner(field.shape, f"{key}.")
        if whole and inner is not None and inner.type is not ChannelSettings:
            yield from rows(inner.fields, inner.type, path)


def _inner(shape: Shape, path: str) -> tuple[Record | None, str]:
    """The record within a shape, and the path to its keys."""
    match shape:
        case Record():
            return shape, path
        case Nullable():
            return _inner(shape.inner, path)
        case Named():
            return shape.record, f"{path}NAME."
        case Table():
            return _inner(shape.value, f"{path}NAME.")
        case Items():
            return _inner(shape.value, path)
        case _:
            return None, path


def _value(field: Field) -> str:
    shape = field.shape.inner if isinstance(field.shape, Nullable) else field.shape
    within = allowed(shape, as_hex=is_hex(field.key))
    match shape:
        case Number():
            kind = shape.kind.value
            return kind if within == f"a {kind}" else f"{kind}, {within}"
        case Text():
            return within.removeprefix("a ")
        case Choice():
            return f"one of {within}" if "," in within else within
        case Flag():
            return "boolean"
        case Items():
            return "list"
        case _:
            return "mapping"


def _unit(shape: Shape) -> str:
    inner = shape.inner if isinstance(shape, Nullable) else shape
    return inner.unit if isinstance(inner, Number) and inner.unit not in ("s", "B") else ""


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def driver_part(driver: type[Driver]) -> str:
    """The part of the page about `driver`: heading, channels, settings."""
    fields = own_fields(driver)
    channels = ", ".join(_channel(channel) for channel in driver.channels(sample(driver)))
    head = (
        f"### {driver.name}\n\n{driver.title}, on a bus of kind `{driver.bus_kind}`. As it comes it has {channels}.\n"
    )
    return f"{head}\n{_table(fields, driver.settings_type)}"


def _channel(channel: Channel) -> str:
    bounds = [plain(bound) for bound in (channel.low, channel.high) if bound is not None]
    kind = channel.unit or channel.kind.value
    described = [f"{kind} {' to '.join(bounds)}".strip(), *(["writable"] if channel.writable else [])]
    return f"`{channel.name}` ({', '.join(described)})"


def sample(driver: type[Driver]) -> Any:
    """Settings of `driver` with its defaults, and for what it requires the first value that is allowed."""
    fields = own_fields(driver)
    needed = {field.attribute: _first(field.shape) for field in fields if field.required}
    try:
        return driver.settings_type(**needed)
    except ValueError:  # One of several is needed: a choice that may be left out is made.
        choices = {field.attribute: field.shape.inner for field in fields if isinstance(field.shape, Nullable)}
        made = {key: _first(shape) for key, shape in choices.items() if isinstance(shape, Choice)}
        return driver.settings_type(**needed, **made)


def _first(shape: Shape) -> Any:
    match shape:
        case Number():
            return shape.low if shape.low is not None else 1
        case Choice():
            return shape.options[0][1]
        case Flag():
            return False
        case _:
            return "x"
