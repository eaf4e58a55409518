"""`edgetwin scan`: what is connected to this machine, and the YAML to begin with. Nothing is set up or moved."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from drivers.bus.i2c import I2CBus, SMBusLike, open_smbus
from gateway.cli.scan_files import gpio_chips, kernel_sensors, one_wire_ids, serial_lines
from gateway.cli.scan_i2c import Adapter, adapters, is_for_parts, look, owners
from gateway.cli.scan_yaml import i2c_yaml, kernel_yaml, one_wire_yaml, said, serial_yaml, whole
from gateway.cli.status import ask
from gateway.core.settings import StoreSettings

BUSY = "a gateway is running, and two that talk to one part disturb each other; stop it first"

OpenI2C = Callable[[str], SMBusLike]


def main(argv: Sequence[str], root: Path = Path("/"), open_i2c: OpenI2C = open_smbus) -> int:
    """Show what is connected. Returns 0 where every bus could be looked at, else 1.

    Raises:
        SystemExit: the words make no sense (2), or help was asked for (0).
    """
    arguments = _parser().parse_args(argv)
    busy = _runs(root)
    found = [_looked(one, root, open_i2c, busy=busy, wanted=arguments.bus) for one in adapters(root)]
    document = {
        "i2c": [asdict(one) for one in found],
        "serial": serial_lines(root),
        "onewire": one_wire_ids(root),
        "kernel": [asdict(one) for one in kernel_sensors(root)],
        "gpio": gpio_chips(root),
        "yaml": yaml_of(found, root),
    }
    text = json.dumps(document, indent=2) if arguments.json else "\n".join(lines_of(document, found))
    sys.stdout.write(f"{text}\n")
    return 1 if any(one.failure for one in found) else 0


def _parser() -> argparse.ArgumentParser:
    about = (
        "Show what is connected: parts on I2C, serial lines, 1-Wire, sensors of the kernel, GPIO. On I2C only registers"
        " that tell the part are read; nothing is sent to where expanders may be, nor commands of two bytes."
    )
    parser = argparse.ArgumentParser(prog="edgetwin scan", description=about)
    parser.add_argument("--bus", type=int, action="append", metavar="N", help="look only at /dev/i2c-N, whatever it is")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _runs(root: Path) -> bool:
    """Whether a gateway may have the buses."""
    try:
        ask(root / StoreSettings().runtime_directory.lstrip("/") / "status.sock")
    except (FileNotFoundError, ConnectionRefusedError):
        return False
    except OSError:
        return True
    return True


def _looked(adapter: Adapter, root: Path, open_i2c: OpenI2C, *, busy: bool, wanted: Sequence[int] | None) -> Adapter:
    if busy:
        return replace(adapter, failure=BUSY)
    if adapter.number not in wanted if wanted else not is_for_parts(adapter):
        why = "not asked for" if wanted else f"not for parts; `--bus {adapter.number}` looks nevertheless"
        return replace(adapter, skipped=why)
    bus = I2CBus(partial(open_i2c, str(root / adapter.device.lstrip("/"))), device=adapter.device)
    parts, failure = look(bus, owners(root, adapter.number))
    return replace(adapter, parts=tuple(parts), failure=failure)


def yaml_of(found: Sequence[Adapter], root: Path) -> str:
    """Everything that was found as a configuration."""
    buses, devices = [], []
    for adapter in found:
        if adapter.parts:
            bus, parts = i2c_yaml(adapter)
            buses.append(bus)
            devices += parts
    buses += serial_yaml(serial_lines(root))
    thermometers, sensors = one_wire_yaml(one_wire_ids(root)), kernel_yaml(kernel_sensors(root))
    buses += ["w1: {kind: onewire}"] if thermometers else []
    buses += ["kernel: {kind: sysfs}"] if sensors else []
    buses += ["header: {kind: gpio}"] if gpio_chips(root) else []
    return whole(buses, [*devices, *thermometers, *sensors])


def lines_of(document: dict[str, Any], found: Sequence[Adapter]) -> Iterator[str]:
    """The document for people."""
    for adapter in found:
        yield f"{adapter.device}  {adapter.name}".rstrip()
        for part in adapter.parts:
            yield f"  0x{part.address:02x}  {part.driver or said(part)}"
        if adapter.failure or adapter.skipped:
            yield f"  not looked at{' to the end' if adapter.parts else ''}: {adapter.failure or adapter.skipped}"
        elif not adapter.parts:
            yield "  nothing answers"
    yield from (f"{path}  {target}" for path, target in document["serial"].items())
    yield from (f"1-Wire  {one}" for one in document["onewire"])
    for one in document["kernel"]:
        yield f"{one['driver']}  {one['chip']}  {one['at']}  {', '.join(one['inputs'])}".replace("    ", "  ")
    yield from (f"/dev/gpiochip{number}  {label}".rstrip() for number, label in document["gpio"].items())
    if document["yaml"]:
        yield f"\n{document['yaml'].rstrip()}"
    else:
        yield "nothing was found; `edgetwin doctor` says which buses are switched on"
