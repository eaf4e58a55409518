"""`edgetwin read`: what a device measures now, from the running gateway, or from the part itself where none runs."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from drivers.base import SystemClock as BusClock
from gateway.cli.part import AskedPart, NothingYetError, OpenedPart, Shown
from gateway.cli.status import ask
from gateway.clock import SystemClock
from gateway.config import load
from gateway.config.fake import with_fake_hardware
from gateway.core.settings import Site, StoreSettings
from gateway.errors import EdgetwinError

WAIT_S = 60.0
"""For how long a part may have nothing to say: one that warms up longer is watched."""
AGAIN_S = 1.0
"""Between two looks at a part that has nothing to say yet, and where no site says how often it is read."""


def main(argv: Sequence[str]) -> int:
    """Show the readings. Returns 0 where there were some, else 1.

    Raises:
        SystemExit: the words make no sense (2), or help was asked for (0).
    """
    arguments = _parser().parse_args(argv)
    try:
        site = load(arguments.config) if arguments.config else None
        if site is not None and arguments.fake_hardware:
            site = with_fake_hardware(site)
        part = part_of(site, arguments.device, fake=arguments.fake_hardware)
    except EdgetwinError as error:
        _told(error)
        return 1
    every_s = next((one.every_s for one in site.devices if one.name == arguments.device), AGAIN_S) if site else AGAIN_S
    show = _show_json if arguments.json else _show
    try:
        return look(part, show, time.sleep, every_s=every_s if arguments.watch else None)
    except KeyboardInterrupt:
        return 0
    finally:
        part.close()


def _parser() -> argparse.ArgumentParser:
    about = "Show what a device measures now: as the running gateway has it, or read from the part where none runs."
    parser = argparse.ArgumentParser(prog="edgetwin read", description=about)
    parser.add_argument("device", metavar="DEVICE")
    parser.add_argument("--config", metavar="FILE", help="the site's configuration; needed where no gateway runs")
    parser.add_argument("--watch", action="store_true", help="go on, as often as the configuration says, until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.add_argument("--fake-hardware", action="store_true", help="simulate the part, and ask no gateway")
    return parser


def part_of(site: Site | None, device: str, *, fake: bool = False) -> AskedPart | OpenedPart:
    """The way to the device: through the gateway where one runs, else to the part itself.

    Raises:
        EdgetwinError: there is no such device, it must not be opened, or nobody can tell whether a gateway runs.
    """
    place = Path((site.store if site else StoreSettings()).runtime_directory) / "status.sock"
    if not fake:
        try:
            ask(place)
        except (FileNotFoundError, ConnectionRefusedError):
            pass  # No gateway runs.
        except OSError as error:
            hint = "a gateway may be running, and two must not talk to one part: ask as its user, or stop it"
            raise EdgetwinError(f"no answer at {place}: {error.strerror or error}", hint=hint) from error
        else:
            return AskedPart(device, lambda: ask(place))
    if site is None:
        hint = "give --config FILE, and the part is read directly"
        raise EdgetwinError(f"no gateway is running at {place}", hint=hint)
    found = next((one for one in site.devices if one.name == device), None)
    if found is None:
        raise EdgetwinError(f"no device {device!r}; there are {', '.join(one.name for one in site.devices) or 'none'}")
    return OpenedPart(site, found, SystemClock(), BusClock())


def look(
    part: AskedPart | OpenedPart,
    show: Callable[[str, Mapping[str, Shown]], None],
    sleep: Callable[[float], None],
    *,
    every_s: float | None,
) -> int:
    """Show one reading, or one in `every_s`; 0 where the last attempt gave one, else 1."""
    waited_s = 0.0
    while True:
        status = 0
        try:
            show(part.source, part.read())
        except NothingYetError as error:
            status = 1
            if not waited_s or waited_s >= WAIT_S:
                _told(error)
            if every_s is None and waited_s < WAIT_S:
                waited_s += AGAIN_S
                sleep(AGAIN_S)
                continue
        except EdgetwinError as error:
            _told(error)
            status = 1
        if every_s is None:
            return status
        sleep(every_s)


def _show(source: str, readings: Mapping[str, Shown]) -> None:
    texts = ", ".join(f"{name} {_text(one)}" for name, one in readings.items())
    sys.stdout.write(f"{time.strftime('%H:%M:%S')}  {texts or 'no channel that can be read'}  ({source})\n")
    sys.stdout.flush()


def _text(one: Shown) -> str:
    number = isinstance(one.value, int | float) and not isinstance(one.value, bool)
    value = f"{one.value:.6g}" if number else str(one.value).lower() if isinstance(one.value, bool) else str(one.value)
    unit = f" {one.unit}" if one.unit not in ("", "/") else ""
    age = f" {one.age_s:.0f} s ago" if one.age_s >= AGAIN_S else ""
    return f"{value}{unit}{age}{'' if one.quality == 'good' else f' ({one.quality})'}"


def _show_json(source: str, readings: Mapping[str, Shown]) -> None:
    document = {"source": source, "readings": {name: asdict(one) for name, one in readings.items()}}
    sys.stdout.write(f"{json.dumps(document)}\n")
    sys.stdout.flush()


def _told(error: EdgetwinError) -> None:
    with contextlib.suppress(BrokenPipeError):
        sys.stderr.write(f"edgetwin read: {error}\n" + (f"  {error.hint}\n" if error.hint else ""))
