"""What the kernel shows of serial lines, 1-Wire, its own sensors and GPIO chips, as files below a root."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drivers import hwmon, iio
from drivers.base import BusError
from drivers.bus.files import Folder
from drivers.bus.onewire import OneWireBus
from drivers.kernel_chips import Kind, kind_of

SERIAL = ("serial/by-id/*", "serial0", "serial1", "ttyAMA*", "ttyUSB*", "ttyACM*")
"""Below /dev, the best name of a line first: one by id stays the same in whichever order sticks are plugged in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelSensor:
    """One chip of IIO or hwmon, and what a driver can read of it."""

    driver: str
    chip: str
    at: str
    """Where it sits, where several have the name."""
    inputs: Mapping[str, str]
    """Channel -> attribute."""


def serial_lines(root: Path) -> dict[str, str]:
    """Path -> what it leads to, of every serial line; each line once, by its best name."""
    found: dict[str, str] = {}
    for pattern in SERIAL:
        for path in sorted((root / "dev").glob(pattern)):
            target = path.resolve().name
            if target not in found.values():
                found[f"/{path.relative_to(root)}"] = target
    return found


def one_wire_ids(root: Path) -> tuple[str, ...]:
    """The ids of all parts on 1-Wire."""
    folder = str(root / "sys/bus/w1/devices")
    try:
        return OneWireBus(lambda: Folder(folder), device=folder).ids()
    except BusError:
        return ()


def gpio_chips(root: Path) -> dict[str, str]:
    """Number -> label of every GPIO chip."""
    labels = {}
    for path in sorted((root / "dev").glob("gpiochip*")):
        number = path.name.removeprefix("gpiochip")
        places = (f"sys/bus/gpio/devices/{path.name}/of_node/name", f"sys/bus/gpio/devices/{path.name}/label")
        labels[number] = next((text for place in places if (text := _text(root / place))), "")
    return labels


def kernel_sensors(root: Path) -> list[KernelSensor]:
    """Every chip of IIO and hwmon that has something to read."""
    kinds = (
        ("iio", iio.FOLDER, r"in_(.+)_(?:input|raw)", iio.KINDS),
        ("hwmon", hwmon.FOLDER, r"(.+)_input", hwmon.KINDS),
    )
    found = []
    for driver, folder, form, known in kinds:
        chips = {path: _text(path / "name") for path in sorted((root / folder).glob("*"))}
        names = list(chips.values())
        for path, chip in chips.items():
            inputs = _inputs(path, form, known)
            if chip and inputs:
                at = _place(path) if names.count(chip) > 1 else ""
                found.append(KernelSensor(driver=driver, chip=chip, at=at, inputs=inputs))
    return found


def _inputs(path: Path, form: str, known: Mapping[str, Kind]) -> dict[str, str]:
    found = {}
    for file in sorted(path.iterdir()):
        match = re.fullmatch(form, file.name)
        if match is None:
            continue
        try:
            kind_of(match[1], known)
        except ValueError:
            continue
        found[match[1]] = match[1]
    return found


def _place(path: Path) -> str:
    """The device that a chip belongs to, such as `1-0048`."""
    above = path.resolve().parent
    return above.parent.name if above.name in ("hwmon", "iio") else above.name


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0\n ")
    except OSError:
        return ""
