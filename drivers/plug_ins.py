"""Drivers that other installed packages bring, by entry points of the group `edgetwin.drivers`.

Nothing of another package is loaded before a device asks for it. What is wrong with one is said where it is asked for,
and concerns nobody else.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from drivers.base import BusKind, Driver

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

DRIVERS = "edgetwin.drivers"
"""The group: name of the driver -> its class."""
MODELS = "edgetwin.models"
"""The group: name of the driver -> the function that places its model, which may be missing."""


class PlugInError(Exception):
    """What another package brings cannot be used; the text says which package, and why."""


@functools.cache
def entry_points(group: str) -> Mapping[str, EntryPoint]:
    """What installed packages bring by name; of two with one name the package first in the alphabet."""
    from importlib import metadata  # noqa: PLC0415 - slow to load, and a site with our drivers alone does not need it

    try:
        found = metadata.entry_points(group=group)
        return {one.name: one for one in sorted(found, key=package_of, reverse=True)}
    except Exception:  # noqa: BLE001 - the damaged description of some package must not keep this one from its work
        return {}


def package_of(entry_point: EntryPoint) -> str:
    """The package that brings it, with its version."""
    package = entry_point.dist
    return f"{package.name} {package.version}" if package else "an unknown package"


def driver(name: str) -> type[Driver] | None:
    """The driver that another package brings by that name; None where none does.

    Raises:
        PlugInError: it cannot be loaded, or is no driver.
    """
    found = _loaded(DRIVERS, name)
    if found is None:
        return None
    wrong = fault(found, name)
    if wrong:
        raise PlugInError(f"driver {name!r} of {package_of(entry_points(DRIVERS)[name])} is unusable: {wrong}")
    kind: type[Driver] = found
    return kind


def model(name: str) -> Any:
    """What places the model of such a driver's part; None where the package brings none.

    Raises:
        PlugInError: it cannot be loaded.
    """
    return _loaded(MODELS, name)


def _loaded(group: str, name: str) -> Any:
    entry_point = entry_points(group).get(name)
    if entry_point is None:
        return None
    try:
        return entry_point.load()
    except (Exception, SystemExit) as error:  # What runs here is another package's code, which may do anything.
        what = f"{name!r} of {package_of(entry_point)} cannot be loaded from {entry_point.value}"
        raise PlugInError(f"{group.partition('.')[2].removesuffix('s')} {what}: {error!r}") from error


def fault(found: object, name: str) -> str:
    """Why `found` is no driver of that name; empty where it is one."""
    if not isinstance(found, type) or not issubclass(found, Driver):
        return f"{found!r} is no class derived from drivers.base.Driver"
    if inspect.isabstract(found):
        return f"{found.__name__} lacks {', '.join(sorted(found.__abstractmethods__))}"
    for attribute, fits, wanted in _FACTS:
        have = getattr(found, attribute, None)
        if not fits(have):
            return f"its {attribute} is {have!r}, wanted {wanted}"
    return "" if found.name == name else f"its name is {found.name!r}, that of its entry point {name!r}"


_FACTS: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("name", lambda one: isinstance(one, str), "a text"),
    ("title", lambda one: isinstance(one, str), "a text"),
    ("bus_kind", lambda one: isinstance(one, BusKind), "a drivers.base.BusKind"),
    ("settings_type", lambda one: isinstance(one, type) and dataclasses.is_dataclass(one), "a dataclass"),
)
"""What a class has to say of itself, beside its methods."""
