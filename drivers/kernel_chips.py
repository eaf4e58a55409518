"""Chips that the kernel has a driver for: how they are found, and what their files mean.

Source: Linux, Documentation/hwmon/sysfs-interface.rst and Documentation/ABI/testing/sysfs-bus-iio (names and units).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from drivers.base import Channel, ChecksumError, NoAnswerError, WrongPartError
from drivers.bus.sysfs import SysfsBus

DECIMALS = 9
"""Of a value: what is beyond is noise of the arithmetic."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of attribute measures: value = number in the file * scale."""

    unit: str
    scale: float
    low: float
    high: float
    resolution: float


def kind_of(attribute: str, kinds: Mapping[str, Kind]) -> Kind:
    """The kind of an attribute such as `temp1`.

    Raises:
        ValueError: there is none; the text says which there are.
    """
    match = re.fullmatch(r"([a-z_]+?)([0-9]*)", attribute)
    kind = kinds.get(match[1]) if match else None
    if kind is None:
        raise ValueError(f"input {attribute!r}; allowed are {', '.join(kinds)}, each with a number where it has one")
    return kind


def channels_of(inputs: Mapping[str, str], kinds: Mapping[str, Kind]) -> tuple[Channel, ...]:
    """A channel for each of `inputs` (channel name -> attribute)."""
    found = ((name, attribute, kind_of(attribute, kinds)) for name, attribute in inputs.items())
    return tuple(
        Channel(name=name, unit=kind.unit, low=kind.low, high=kind.high, resolution=kind.resolution, about=attribute)
        for name, attribute, kind in found
    )


def find_chip(bus: SysfsBus, folder: str, chip: str, at: str) -> str:
    """The path of the chip called `chip` in `folder`, whose place contains `at`. Its number is another at every start.

    Raises:
        NoAnswerError: there is none; the text says which there are.
        WrongPartError: there are several.
    """
    named: dict[str, str] = {}
    for entry in bus.names(folder):
        try:
            named[f"{folder}/{entry}"] = bus.read(f"{folder}/{entry}/name")
        except NoAnswerError:
            continue
    found = [path for path, name in named.items() if name == chip and (not at or at in bus.where(path))]
    if len(found) > 1:
        places = ", ".join(bus.where(path) for path in found)
        raise WrongPartError(f"several {chip}: give `at`, a part of one of {places}")
    if not found:
        there = ", ".join(sorted(set(named.values()))) or "none"
        where = f" at {at}" if at else ""
        raise NoAnswerError(f"/{folder}: no {chip}{where}; found: {there}; is its dtoverlay in config.txt?")
    return found[0]


def number(bus: SysfsBus, path: str) -> float:
    """The number in a file.

    Raises:
        NoAnswerError: there is no such file, or the chip does not answer.
        ChecksumError: something else is in it.
    """
    text = bus.read(path)
    try:
        return float(text)
    except ValueError as error:
        raise ChecksumError(f"/{path}: {text[:40]!r} is no number") from error
