"""`edgetwin check FILE…`: is this configuration good, and if not, everything that is wrong with it.

Problems go to standard error, one a line, in the form that editors jump to; a good file is one line on standard output.
The exit code is 0 where every file is good, 1 where one is not, 2 where the command itself was wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from drivers import registry
from drivers.base import ValueKind
from gateway.cli.check_freshness import freshness_note
from gateway.config import Problem, examine
from gateway.config.problems import one_line
from gateway.core.plan import make_plan
from gateway.core.reading import Lane
from gateway.core.settings import ChannelSettings, DeviceSettings, Site

NOTHING_TO_WIDEN = (
    "link.budget can widen nothing, so readings will only wait for it; "
    "give channels in mode event, hybrid or periodic a deadband_max, window_max or max_silence_max"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The size of a site. `readings_per_s` is what its devices take, before modes thin out what is sent."""

    gateway: str
    devices: int
    channels: int
    buses: int
    simulated_buses: int
    thermostats: int
    rules: int
    readings_per_s: float
    budget: str
    """What is to be said of `link.budget`; empty where nothing is."""
    freshness: str
    """What is to be said of `objectives.freshness`; empty where nothing is."""

    def __str__(self) -> str:
        """One line for people."""
        simulated = f" ({self.simulated_buses} simulated)" if self.simulated_buses else ""
        parts = (
            f"{_count(self.devices, 'device')} with {_count(self.channels, 'channel')}",
            f"on {_count(self.buses, 'bus', 'buses')}{simulated}",
        )
        controllers = ((self.thermostats, "thermostat"), (self.rules, "rule"))
        found = "".join(f", {_count(number, one)}" for number, one in controllers if number)
        return f"gateway {self.gateway}: {' '.join(parts)}{found}, {self.readings_per_s:g} readings per second"


def summary_of(site: Site) -> Summary:
    """The size of `site`."""
    counts = [(len(registry.get(device.driver).channels(device.settings)), device.every_s) for device in site.devices]
    return Summary(
        gateway=site.gateway,
        devices=len(site.devices),
        channels=sum(channels for channels, _ in counts),
        buses=len(site.buses),
        simulated_buses=sum(bus.simulated for bus in site.buses),
        thermostats=len(site.thermostats),
        rules=len(site.rules),
        readings_per_s=round(sum(channels / every_s for channels, every_s in counts), 3),
        budget="" if site.link.budget is None or any(map(_is_elastic, site.devices)) else NOTHING_TO_WIDEN,
        freshness=freshness_note(site),
    )


def _is_elastic(device: DeviceSettings) -> bool:
    """Whether the budget may widen something of a device: its critical channels stay as they are."""
    for one in registry.get(device.driver).channels(device.settings):
        settings = device.channels.get(one.name, ChannelSettings())
        plan = make_plan(settings, device.every_s, one.low, one.high, numeric=one.kind is ValueKind.NUMBER)
        if plan.elastic and settings.lane is not Lane.CRITICAL:
            return True
    return False


def main(argv: list[str]) -> int:
    """Check the files named in `argv`, print the findings and return the exit code.

    Raises:
        SystemExit: `argv` asks for help (0) or makes no sense (2).
    """
    arguments = _parser().parse_args(argv)
    found = [(file, *examine(file)) for file in arguments.files]
    if arguments.json:
        print(json.dumps({"files": [_as_json(*one) for one in found]}, indent=2))  # noqa: T201 - the command's output
    else:
        for file, site, problems in found:
            _print(file, site, problems)
    return int(any(problems for _, _, problems in found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="edgetwin check",
        description="Check configuration files and say everything that is wrong with them.",
        epilog="Exit code: 0 every file is good, 1 one is not, 2 the command itself was wrong.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a configuration, such as greenhouse.yaml")
    parser.add_argument("--json", action="store_true", help="print one JSON object on standard output instead")
    return parser


def _print(file: str, site: Site | None, problems: Sequence[Problem]) -> None:
    for problem in problems:
        print(problem, file=sys.stderr)  # noqa: T201 - the command's output
    if site is None:
        print(f"{one_line(file)}: {_count(len(problems), 'problem')}", file=sys.stderr)  # noqa: T201 - the command's output
    else:
        summary = summary_of(site)
        print(f"{one_line(file)}: good: {summary}")  # noqa: T201 - the command's output
        for note in filter(None, (summary.budget, summary.freshness)):
            print(f"{one_line(file)}: note: {note}")  # noqa: T201 - the command's output


def _as_json(file: str, site: Site | None, problems: Sequence[Problem]) -> dict[str, Any]:
    return {
        "file": file,
        "good": site is not None,
        "problems": [asdict(problem) for problem in problems],
        "summary": None if site is None else asdict(summary_of(site)),
    }


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"
