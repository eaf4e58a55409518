"""The register maps that come with the drivers: one file for each device, in `drivers/maps`."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drivers.registers import Register

FOLDER = Path(__file__).parent / "maps"

MapName = Literal["dds238", "pzem004t", "sdm120", "sdm230", "sdm630", "senseair_s8"]


@dataclass(frozen=True, slots=True)
class RegisterMap:
    """What one device has."""

    registers: Mapping[str, Register]
    gap: int
    """How many addresses between two registers it allows to be read along."""
    longest: int
    """The most registers that it gives in one answer."""


@functools.cache
def load_map(name: MapName) -> RegisterMap:
    """The map of that name."""
    found = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    registers = {channel: Register(**keys) for channel, keys in found["registers"].items()}
    return RegisterMap(registers, found["gap"], found["longest"])
