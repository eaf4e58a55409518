"""A site as the text that describes it, every key written out."""

from __future__ import annotations

import json
from typing import Any

from drivers import registry
from drivers.base import BusKind
from drivers.simulated.world_settings import WorldSettings
from gateway.config.devices import common_fields, own_fields
from gateway.config.shapes import Field, Items, Nullable, Number, Record, Table, Text
from gateway.config.site import site_fields
from gateway.config.type_reader import fields_of, record_of
from gateway.config.wording import number_text, value_text
from gateway.core.settings import BusSettings, ChannelSettings, DeviceSettings, Site


def as_yaml(site: Site) -> str:
    """The text that describes `site`, every key written out."""
    shapes = {field.key: field.shape for field in site_fields()}
    lines = [f"gateway: {json.dumps(site.gateway)}"]
    lines += [f"{key}: {_text(getattr(site, key), shapes[key])}" for key in ("link", "store", "log")]
    lines.append(f"buses: {_mapping({bus.name: _bus(bus) for bus in site.buses})}")
    lines.append(f"devices: {_mapping({device.name: _device(device) for device in site.devices})}")
    if site.world is not None:
        lines.append(f"world: {_text(site.world, record_of(WorldSettings))}")
    return "\n".join(lines) + "\n"


def _bus(bus: BusSettings) -> str:
    skipped = {"name"} if bus.kind in (BusKind.SERIAL, BusKind.MODBUS) else {"name", "baud", "parity"}
    return _mapping(_fields(bus, fields_of(BusSettings, without=frozenset(skipped))))


def _device(device: DeviceSettings) -> str:
    common = tuple(field for field in common_fields() if field.key not in ("safe", "channels"))
    safe = _mapping({name: value_text(value) for name, value in device.safe.items()})
    channels = _mapping({name: _channel(channel) for name, channel in device.channels.items()})
    own = _fields(device.settings, own_fields(registry.get(device.driver)))
    return _mapping({**_fields(device, common), "safe": safe, "channels": channels, **own})


def _channel(channel: ChannelSettings) -> str:
    plain = ChannelSettings()
    every = fields_of(ChannelSettings)
    given = [field for field in every if getattr(channel, field.attribute) != getattr(plain, field.attribute)]
    return _mapping(_fields(channel, tuple(given)))


def _fields(settings: Any, fields: tuple[Field, ...]) -> dict[str, str]:
    return {field.key: _text(getattr(settings, field.attribute), field.shape) for field in fields}


def _mapping(texts: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {text}" for key, text in texts.items()) + "}"


def _text(value: Any, shape: Any) -> str:  # noqa: PLR0911 - one line for each shape
    match shape:
        case Nullable():
            return "null" if value is None else _text(value, shape.inner)
        case Number():
            return number_text(value, shape)
        case Text():
            return json.dumps(value, ensure_ascii=False)
        case Record():
            return _mapping(_fields(value, shape.fields))
        case Table():
            return _mapping({key: _text(inner, shape.value) for key, inner in value.items()})
        case Items():
            return f"[{', '.join(_text(inner, shape.value) for inner in value)}]"
        case _:
            return value_text(value)
