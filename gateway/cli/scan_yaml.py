"""What a scan found, as YAML that can be pasted into a configuration."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from drivers.ds18b20 import FAMILIES
from gateway.cli.scan_files import KernelSensor
from gateway.cli.scan_i2c import Adapter, Part


def i2c_yaml(adapter: Adapter) -> tuple[str, list[str]]:
    """The line of a bus, and one for each part on it; one that is not known for sure is a comment."""
    bus = f"i2c-{adapter.number}"
    devices = [line for part in adapter.parts for line in _part(bus, part)]
    return f"{bus}: {{kind: i2c, device: {adapter.device}}}", devices


def _part(bus: str, part: Part) -> Iterator[str]:
    address = f"0x{part.address:02x}"
    if part.driver:
        yield f"{part.driver}-{part.address:02x}: {{driver: {part.driver}, bus: {bus}, address: {address}}}"
    elif part.maybe and not part.owner:
        first = part.maybe[0]
        yield f"# {first}-{part.address:02x}: {{driver: {first}, bus: {bus}, address: {address}}}  # {said(part)}"


def said(part: Part) -> str:
    """What is known of a part that has no name."""
    if part.owner:
        return f"has the kernel's driver {part.owner}; see below for what it measures"
    if part.switch:
        return "a multiplexer"
    return (
        f"may be {' or '.join(part.maybe)}"
        if part.maybe
        else "no part with a driver of its own; i2c_registers may read it by its datasheet"
    )


def one_wire_yaml(ids: Sequence[str]) -> list[str]:
    """One line for every thermometer."""
    found = (one for one in ids if one[:2] in FAMILIES)
    return [f"ds18b20-{one[-4:]}: {{driver: ds18b20, bus: w1, id: {one}}}" for one in found]


def kernel_yaml(sensors: Sequence[KernelSensor]) -> list[str]:
    """One line for every chip of the kernel's."""
    lines, taken = [], set()
    for one in sensors:
        base = re.sub(r"[^a-z0-9_-]", "-", one.chip.lower()).strip("-") or one.driver
        name = next(word for word in (base, *(f"{base}-{n}" for n in range(2, len(sensors) + 2))) if word not in taken)
        taken.add(name)
        at = f", at: {_quoted(one.at)}" if one.at else ""
        inputs = ", ".join(f"{key}: {value}" for key, value in one.inputs.items())
        lines.append(
            f"{name}: {{driver: {one.driver}, bus: kernel, chip: {_quoted(one.chip)}{at}, inputs: {{{inputs}}}}}"
        )
    return lines


def whole(buses: Sequence[str], devices: Sequence[str]) -> str:
    """The two parts of a configuration; nothing where there is no bus."""
    parts = []
    for key, lines in (("buses", buses), ("devices", devices)):
        if lines:
            # Comments alone are no mapping.
            only_comments = all(line.startswith("#") for line in lines)
            parts.append(f"{'# ' if only_comments else ''}{key}:\n" + "".join(f"  {line}\n" for line in lines))
    return "".join(parts)


def serial_yaml(lines: Mapping[str, str]) -> list[str]:
    """One bus for every serial line."""
    return [f"line-{number}: {{kind: serial, device: {_quoted(path)}}}" for number, path in enumerate(lines, 1)]


def _quoted(text: str) -> str:
    """Text as YAML in a line, in quotes where it needs them."""
    return text if re.fullmatch(r"[A-Za-z_/][A-Za-z0-9_./-]*", text) else json.dumps(text)
