"""The JSON Schema (draft 2020-12) of the configuration, for editors: `python -m gateway.config.schema` writes it.

Made of the same shapes as the reading of the file. Law: what `load` accepts, the schema accepts; the checks between
parts (does this bus exist?) are beyond a schema. An editor reads YAML 1.2, where a plain `5` is a number and `on` is a
text, so texts may look like numbers here and booleans like texts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, assert_never

from drivers import registry
from drivers.base import Driver
from gateway.config.about import about_fields, about_type, squeezed
from gateway.config.devices import common_fields, own_fields
from gateway.config.scalars import DAILY_PATTERN, DURATION_PATTERN, SIZE_PATTERN
from gateway.config.shapes import (
    Choice,
    Field,
    Flag,
    Items,
    Kind,
    Named,
    Nullable,
    Number,
    Raw,
    Record,
    Shape,
    Table,
    Text,
)
from gateway.config.site import named_shape, world_settings
from gateway.config.type_reader import fields_of, name_shape, record_of
from gateway.config.wording import allowed, default_text
from gateway.core.settings import BusSettings, DeviceSettings, RuleSettings, Site, ThermostatSettings

Schema = dict[str, Any]

TARGET = Path(__file__).parents[3] / "config" / "edgetwin.schema.json"

_BOOLEANS = (True, False, "on", "off", "yes", "no")
_TEXT_TYPES = ("string", "number", "boolean")


def site_schema() -> Schema:
    """The schema of a whole file."""
    devices = _named(name_shape(DeviceSettings), _device_schema())
    parts: Mapping[str, Schema] = {
        "buses": shape_schema(named_shape(BusSettings)),
        "devices": devices,
        "thermostats": shape_schema(named_shape(ThermostatSettings)),
        "rules": shape_schema(named_shape(RuleSettings)),
        "world": shape_schema(record_of(world_settings())),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "edgetwin",
        "description": about_type(Site),
        **_object(fields_of(Site), Site, parts),
    }


def _device_schema() -> Schema:
    names = registry.names()
    titles = "; ".join(f"{name}: {registry.get(name).title}" for name in names)
    common = _object(common_fields(), DeviceSettings, {"driver": {"enum": list(names)}, "safe": _safe_schema()})
    common["properties"]["driver"]["description"] += f" {titles}."
    # Which other keys there are, the branch of the driver says.
    del common["additionalProperties"]
    return {**common, "allOf": [_driver_branch(registry.get(name)) for name in names]}


def _safe_schema() -> Schema:
    return {"type": "object", "additionalProperties": {"type": list(_TEXT_TYPES)}}


def _driver_branch(driver: type[Driver]) -> Schema:
    own = _object(own_fields(driver), driver.settings_type, {})
    everywhere = {field.key: True for field in common_fields()}
    return {
        "if": {"properties": {"driver": {"const": driver.name}}, "required": ["driver"]},
        "then": {**own, "properties": {**everywhere, **own["properties"]}},
    }


def _object(fields: Iterable[Field], settings: type, instead: Mapping[str, Schema]) -> Schema:
    """The schema of a mapping with these keys; those of `instead` have theirs already."""
    texts = about_fields(settings)
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for field in fields:
        schema = dict(instead.get(field.key) or shape_schema(field.shape))
        if field.attribute in texts:
            schema["description"] = texts[field.attribute]
        default = None if field.required else default_text(field.default, field.shape)
        if default and "properties" not in schema:
            schema["description"] = squeezed(f"{schema.get('description', '')} Default: {default}.")
        properties[field.key] = schema
        if field.required:
            required.append(field.key)
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": required} if required else found


def _named(key: Text, value: Schema) -> Schema:
    names = {"pattern": key.pattern} if key.pattern else {}
    return {"type": "object", "propertyNames": names, "additionalProperties": value}


def shape_schema(shape: Shape) -> Schema:  # noqa: PLR0911 - one line for each shape
    """The schema of what `shape` allows."""
    match shape:
        case Number() | Text() | Flag() | Choice():
            return _value_schema(shape)
        case Nullable():
            return {"anyOf": [shape_schema(shape.inner), {"type": "null"}]}
        case Table():
            # Keys are texts to JSON, whatever they mean.
            return _named(shape.key if isinstance(shape.key, Text) else Text(), shape_schema(shape.value))
        case Items():
            items = shape_schema(shape.value)
            many: Schema = {"type": "array", "items": items}
            return {"anyOf": [items, many]} if shape.single else many
        case Record():
            return {"description": about_type(shape.type), **_object(shape.fields, shape.type, {})}
        case Named():
            return _named(shape.key, shape_schema(shape.record))
        case Raw():
            return {}
        case _:
            assert_never(shape)


_PATTERNS = {Kind.DURATION: DURATION_PATTERN, Kind.SIZE: SIZE_PATTERN, Kind.DAILY: DAILY_PATTERN}


def _value_schema(shape: Number | Text | Flag | Choice) -> Schema:
    match shape:
        case Number(kind=Kind.DURATION | Kind.SIZE | Kind.DAILY):
            pattern = _PATTERNS[shape.kind]
            return {"type": "string", "pattern": pattern, "title": f"{shape.kind.value}, {allowed(shape)}"}
        case Number():
            return _number_schema(shape)
        case Text():
            return {"type": list(_TEXT_TYPES), **({"pattern": shape.pattern} if shape.pattern else {})}
        case Flag():
            return {"enum": list(_BOOLEANS)}
        case Choice():
            return {"enum": [look for written, _ in shape.options for look in _looks(written)]}
        case _:
            assert_never(shape)


def _number_schema(shape: Number) -> Schema:
    bounds = {
        "minimum": shape.low,
        "maximum": shape.high,
        "exclusiveMinimum": shape.above,
        "exclusiveMaximum": shape.below,
    }
    kind = "integer" if shape.kind is Kind.INTEGER else "number"
    return {"type": kind, **{word: bound for word, bound in bounds.items() if bound is not None}}


def _looks(written: str | int) -> tuple[str | int, ...]:
    """An option as an editor may see it: MQTT's version `5` is a number there, unless it is quoted."""
    return (written, int(written)) if isinstance(written, str) and written.isdecimal() else (written,)


def schema_text() -> str:
    """The schema as it is committed."""
    return f"{json.dumps(site_schema(), indent=2)}\n"
