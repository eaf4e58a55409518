"""A JSON value to the settings type that it is meant for, by the same annotations that the configuration goes by.

The YAML has a reader of its own, which knows lines and columns and writes durations with a unit. This one is for what
comes over the wire: durations are seconds, and the first mistake is told. (msgspec refuses types whose limits come
from two places, which is why neither leaves it to that.)
"""

from __future__ import annotations

import enum
import math
import types
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

NUMBER_MAX = 1e300
"""What is larger is no setting, and as a whole number perhaps none that a double holds."""


def read(kind: Any, value: object, place: str = "") -> Any:
    """`value` as `kind`: a number, a boolean, a text, an enumeration, a settings type, or one of these with limits.

    Raises:
        ValueError: it is none; the text says where, what was found and what is allowed.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        found = read(arguments[0], value, place)
        for limit in arguments[1:]:
            _check(limit, found, place)
        return found
    if origin in (Union, types.UnionType):
        inner = next(one for one in arguments if one is not types.NoneType)
        return None if value is None and types.NoneType in arguments else read(inner, value, place)
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(place, value, "an array")
        return tuple(read(arguments[0], one, f"{place}.{number}") for number, one in enumerate(value))
    if issubclass(kind, msgspec.Struct):
        return _read_settings(kind, value, place)
    if issubclass(kind, enum.Enum):
        if isinstance(value, str) and value in {one.value for one in kind}:
            return kind(value)
        raise _wrong(place, value, ", ".join(str(one.value) for one in kind))
    return _read_plain(kind, value, place)


def _read_plain(kind: type, value: object, place: str) -> Any:
    if kind is float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= NUMBER_MAX:
            raise _wrong(place, value, "a number")
        return float(value)
    if type(value) is not kind:
        raise _wrong(place, value, {bool: "true or false", int: "a whole number"}.get(kind, "a text"))
    return value


def _read_settings(kind: type[msgspec.Struct], value: object, place: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(place, value, "an object")
    known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    if unknown := sorted(value.keys() - known.keys()):
        raise ValueError(f"{_below(place, unknown[0])}: unknown key; known are {', '.join(known)}")
    return kind(**{known[key].name: read(known[key].type, one, _below(place, key)) for key, one in value.items()})


def _check(limit: Any, found: Any, place: str) -> None:
    if isinstance(limit, msgspec.Meta) and isinstance(found, int | float) and not isinstance(found, bool):
        low, high = -math.inf if limit.ge is None else limit.ge, math.inf if limit.le is None else limit.le
        above = -math.inf if limit.gt is None else limit.gt
        if not (low <= found <= high and found > above):
            allowed = f"above {above:g}" if limit.gt is not None else f"at least {low:g}"
            raise _wrong(place, found, allowed if high == math.inf else f"{allowed} and at most {high:g}")


def _below(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _wrong(place: str, value: object, allowed: str) -> ValueError:
    return ValueError(f"{place}: found {str(value)[:40]!r}, allowed {allowed}")
