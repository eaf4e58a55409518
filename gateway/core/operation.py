"""What a device can be asked to do beside taking a value: operations with typed parameters, as the birth tells them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from gateway.core.reading import Value
from gateway.core.wording import shown, span

SET = "set"
"""The operation that gives a channel a value. Idempotent by its nature."""
CANCEL = "Cancel"
"""The operation that takes back another command; it is of the gateway, not of a device."""


class Parameter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One parameter of an operation."""

    kind: str = "number"
    """`number`, `boolean` or `text`."""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: list[Value] = []
    """The values that are allowed, where they are a few."""
    default: Value | None = None
    """What it is where not given; without one it has to be given."""
    about: str = ""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of a device."""

    parameters: dict[str, Parameter] = {}
    time_limit: float
    """Seconds after which it is stopped, and has failed."""
    idempotent: bool
    """Whether doing it twice is doing it once. Only such a one is done again after a crash."""
    about: str = ""


CANCELLATION = Operation(parameters={"execution": Parameter(kind="text")}, time_limit=10.0, idempotent=True)


class Refused(NamedTuple):
    """Why parameters are not taken: whether one is `missing` or `unknown`, of the wrong `type` or out of `range`."""

    fault: str
    reason: str


def filled(given: Mapping[str, Value], operation: Operation) -> dict[str, Value] | Refused:
    """The parameters with the defaults of those that were not given; or why they cannot be taken."""
    for name in given:
        if name not in operation.parameters:
            known = ", ".join(operation.parameters) or "none"
            return Refused("unknown", f"there is no parameter {name!r}; there are: {known}")
    found: dict[str, Value] = {}
    for name, parameter in operation.parameters.items():
        value = given.get(name, parameter.default)
        if value is None:
            return Refused("missing", f"the parameter {name!r} has to be given")
        refused = _check(name, value, parameter)
        if refused is not None:
            return refused
        found[name] = value
    return found


def _check(name: str, value: Value, parameter: Parameter) -> Refused | None:
    kind = {bool: "boolean", str: "text"}.get(type(value), "number")
    if kind != parameter.kind:
        return Refused("type", f"{name} takes a {parameter.kind}, found {shown(value)}")
    if parameter.choices and value not in parameter.choices:
        return Refused("range", f"{name} takes one of {', '.join(map(shown, parameter.choices))}, found {shown(value)}")
    if isinstance(value, str | bool):
        return None
    low = -math.inf if parameter.low is None else parameter.low
    high = math.inf if parameter.high is None else parameter.high
    if not (low <= value <= high and -math.inf < value < math.inf):
        unit = f" {parameter.unit}" if parameter.unit else ""
        return Refused("range", f"{name} takes {span(parameter.low, parameter.high)}{unit}, found {shown(value)}")
    return None
