"""`edgetwin doctor`: whether this machine is fit for its site, and what to do where it is not."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from gateway.cli.doctor_buses import check_buses, check_kinds
from gateway.cli.doctor_system import check_system
from gateway.cli.finding import Finding, Level, Machine, user_of
from gateway.clock import SystemClock
from gateway.config import load
from gateway.core.settings import Site, StoreSettings
from gateway.errors import ConfigError

WIDTH = 80
"""Characters of a line on the narrowest terminal that is still in use."""
COLUMN = 24
"""Where the words begin, behind level and name."""


def main(argv: Sequence[str], machine: Machine | None = None) -> int:
    """Examine the machine. Returns 0 where there is no problem, 1 where there is one, 2 for words that make no sense.

    Raises:
        SystemExit: the words make no sense (2), or help was asked for (0).
    """
    arguments = _parser().parse_args(argv)
    try:
        site = load(arguments.config) if arguments.config else None
        machine = machine or Machine(user=user_of(arguments.user), clock_state=SystemClock().state())
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyError:
        sys.stderr.write(f"edgetwin doctor: --user: there is no user {arguments.user!r}\n")
        return 2
    findings = list(examine(machine, site))
    bad = any(one.level is Level.PROBLEM for one in findings)
    if arguments.json:
        document = {"good": not bad, "user": machine.user.name, "findings": [asdict(one) for one in findings]}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines_of(findings))
    return int(bad)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="edgetwin doctor",
        description="Say what is amiss with this machine, and what to do about it. Nothing is changed.",
        epilog="Exit code: 0 no problem (there may be warnings), 1 a problem, 2 the command itself was wrong.",
    )
    parser.add_argument("--config", metavar="FILE", help="the site's configuration: then its own buses are looked at")
    parser.add_argument("--user", metavar="NAME", help="who is to use the hardware; for root the service's user")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def examine(machine: Machine, site: Site | None) -> Iterator[Finding]:
    """Everything that is to be said of a machine, for a site or for none."""
    yield from check_kinds(machine) if site is None else check_buses(machine, site)
    yield from check_system(machine, StoreSettings() if site is None else site.store)


def lines_of(findings: Iterable[Finding]) -> Iterator[str]:
    """The findings for people, what to do below each."""
    for one in findings:
        head = f"{one.level.value:8} {one.name}"
        text = f"{head:{COLUMN - 1}} {one.what}"
        yield from textwrap.wrap(text, WIDTH, subsequent_indent=" " * COLUMN, break_on_hyphens=False)
        if one.todo:
            indent = " " * COLUMN
            yield from textwrap.wrap(
                f"-> {one.todo}", WIDTH, initial_indent=indent, subsequent_indent=f"{indent}   ", break_on_hyphens=False
            )
