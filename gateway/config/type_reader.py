"""Settings types to shapes.

Two families of types are read: `msgspec.Struct` with `Meta` (the gateway's) and dataclasses with `drivers.base.Limits`
(a driver's). The key in the YAML is a Struct field's `name=`; for a dataclass it is the field's name, without the
ending `_s` of a duration and `_bytes` of a size, since the YAML writes the unit into the value.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import functools
import types
import typing
from collections.abc import Iterable
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec

from drivers.base import Limits, Value
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


def fields_of(settings: type, *, without: frozenset[str] = frozenset()) -> tuple[Field, ...]:
    """The fields of a Struct or dataclass, leaving out the attributes `without`.

    Raises:
        TypeError: a field has a type that no YAML can be read into; the author of the type has to change it.
    """
    read = _struct_fields if issubclass(settings, msgspec.Struct) else _dataclass_fields
    return tuple(field for field in read(settings, without))


@functools.cache
def record_of(settings: type) -> Record:
    """The record that becomes an object of `settings`."""
    return Record(settings, fields_of(settings))


def name_shape(settings: type[msgspec.Struct]) -> Text:
    """The form of the names of records of `settings`, which stand in the YAML as keys."""
    annotation = next(info.type for info in msgspec.structs.fields(settings) if info.name == "name")
    return _text(get_args(annotation)[1:])


def _struct_fields(settings: type, without: frozenset[str]) -> Iterable[Field]:
    for info in msgspec.structs.fields(settings):
        if info.name not in without:
            default = info.default if info.default_factory is msgspec.NODEFAULT else info.default_factory()
            shape = _shape(info.type, (), info.name, settings)
            yield Field(key=info.encode_name, attribute=info.name, shape=shape, required=info.required, default=default)


def _dataclass_fields(settings: type, without: frozenset[str]) -> Iterable[Field]:
    hints = typing.get_type_hints(settings, include_extras=True)
    for info in dataclasses.fields(settings):
        if info.name in without or not info.init:
            continue
        shape = _shape(hints[info.name], (), info.name, settings)
        default: Any = info.default
        if info.default_factory is not dataclasses.MISSING:
            default = info.default_factory()
        yield Field(
            key=_key(info.name, shape),
            attribute=info.name,
            shape=shape,
            required=default is dataclasses.MISSING,
            default=default,
        )


def _key(attribute: str, shape: Shape) -> str:
    inner = shape.inner if isinstance(shape, Nullable) else shape
    match inner:
        case Number(kind=Kind.DURATION):
            return attribute.removesuffix("_s")
        case Number(kind=Kind.SIZE):
            return attribute.removesuffix("_bytes")
        case _:
            return attribute


def _shape(annotation: Any, notes: tuple[Any, ...], attribute: str, owner: type) -> Shape:
    """The shape of `annotation`; `notes` are the annotations around it, the innermost first."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    shape: Shape | None = None
    if origin is Annotated:
        shape = _shape(arguments[0], (*arguments[1:], *notes), attribute, owner)
        if isinstance(shape, Items) and any(_is_single(note) for note in arguments[1:]):
            shape = dataclasses.replace(shape, single=True)
    elif annotation is Any or annotation == Value:
        shape = Raw()
    elif origin in (typing.Union, types.UnionType):
        inner = [argument for argument in arguments if argument is not types.NoneType]
        shape = Nullable(_shape(inner[0], notes, attribute, owner)) if len(inner) == 1 else None
    elif origin is Literal:
        shape = Choice(tuple((value, value) for value in arguments))
    elif origin in _MAPPINGS:
        shape = _table(arguments[0], arguments[1], attribute, owner)
    elif origin in (list, tuple) and arguments[1:] in ((), (...,)):
        shape = _items(arguments[0], origin, attribute, owner)
    elif isinstance(annotation, type):
        shape = _plain(annotation, notes, attribute)
    if shape is None:
        raise TypeError(f"{owner.__name__}.{attribute}: no YAML can be read into {annotation!r}")
    return shape


_MAPPINGS = (dict, collections.abc.Mapping)


def _table(key: Any, value: Any, attribute: str, owner: type) -> Table | None:
    names = _shape(key, (), attribute, owner)
    return Table(names, _shape(value, (), attribute, owner)) if isinstance(names, Text | Choice | Number) else None


def _items(item: Any, origin: Any, attribute: str, owner: type) -> Shape:
    shape = _shape(item, (), attribute, owner)
    if isinstance(shape, Record) and origin is tuple:
        name = next((field for field in shape.fields if field.attribute == "name"), None)
        if name is not None and isinstance(name.shape, Text):
            return Named(name.shape, Record(shape.type, tuple(field for field in shape.fields if field is not name)))
    return Items(shape, origin)


def _is_single(note: Any) -> bool:
    return isinstance(note, msgspec.Meta) and bool((note.extra or {}).get("single"))


def _plain(annotation: type, notes: tuple[Any, ...], attribute: str) -> Shape | None:
    """The shape of a type without parameters, None where there is none."""
    shape: Shape | None = None
    if issubclass(annotation, enum.Enum):
        is_text = issubclass(annotation, enum.StrEnum)
        shape = Choice(tuple((member.value if is_text else member.name.lower(), member) for member in annotation))
    elif issubclass(annotation, bool):
        shape = Flag()
    elif issubclass(annotation, int | float):
        shape = _number(Kind.INTEGER if issubclass(annotation, int) else Kind.DECIMAL, notes, attribute)
    elif issubclass(annotation, str):
        shape = _text(notes)
    elif issubclass(annotation, msgspec.Struct) or dataclasses.is_dataclass(annotation):
        shape = record_of(annotation)
    return shape


def _number(kind: Kind, notes: tuple[Any, ...], attribute: str) -> Number:
    bounds: dict[str, Any] = {}
    unit = ""
    for note in notes:
        if isinstance(note, Limits):
            found = {"low": note.low, "high": note.high}
            unit = note.unit or unit
        elif isinstance(note, msgspec.Meta):
            found = {"low": note.ge, "high": note.le, "above": note.gt, "below": note.lt}
            unit = (note.extra or {}).get("unit", unit)
        else:
            continue
        bounds.update({name: bound for name, bound in found.items() if bound is not None})
    if attribute.endswith("_s") or unit == "s":
        return Number(kind=Kind.DURATION, unit="s", **bounds)
    if attribute.endswith("_bytes") or unit == "B":
        return Number(kind=Kind.SIZE, unit="B", **bounds)
    if unit == "B/d":
        return Number(kind=Kind.DAILY, unit="B/d", **bounds)
    return Number(kind=kind, unit=unit, **bounds)


def _text(notes: tuple[Any, ...]) -> Text:
    for note in reversed(notes):
        if isinstance(note, msgspec.Meta) and note.pattern:
            return Text(pattern=note.pattern, allowed=note.description or f"a text like {note.pattern}")
    return Text()
