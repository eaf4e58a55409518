"""`edgetwin drivers`: what parts there are drivers for, and what to write for one of them."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from drivers import plug_ins, registry
from drivers.registry import UnknownDriverError
from gateway.cli.driver_page import page_of
from gateway.config.wording import duration_text, plain, value_text

WIDTH = 80
"""Characters of a line on the narrowest terminal that is still in use."""


def main(argv: Sequence[str]) -> int:
    """List the drivers, or tell of one. Returns 0, or 1 where there is no driver of that name.

    Raises:
        SystemExit: the words make no sense (2), or help was asked for (0).
    """
    about = "List the drivers, or tell of one: its settings, channels, operations, and an example to start from."
    parser = argparse.ArgumentParser(prog="edgetwin drivers", description=about)
    parser.add_argument("name", nargs="?", metavar="NAME", help="a driver, such as sht4x; all of them where not given")
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")
    arguments = parser.parse_args(argv)
    try:
        pages = [page_of(registry.get(arguments.name))] if arguments.name else [*_own(), *_foreign()]
    except UnknownDriverError as error:
        sys.stderr.write(f"edgetwin drivers: {error}\n")
        return 1
    if arguments.json:
        sys.stdout.write(json.dumps(pages[0] if arguments.name else {"drivers": pages}, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in (lines_of(pages[0]) if arguments.name else list_of(pages)))
    return 0


def _own() -> Iterator[dict[str, Any]]:
    return (page_of(registry.get(name)) for name in registry.names())


def _foreign() -> Iterator[dict[str, Any]]:
    """A page for every driver of another package; of a broken one, what is wrong with it."""
    for name in registry.foreign():
        package = plug_ins.package_of(plug_ins.entry_points(plug_ins.DRIVERS)[name])
        try:
            page = page_of(registry.get(name))
        except Exception as error:  # noqa: BLE001 - what runs here is another package's code, which may do anything
            page = {"driver": name, "bus": "broken", "part": str(error) or repr(error), "broken": True}
        yield {**page, "package": package}


def list_of(pages: Iterable[dict[str, Any]]) -> Iterator[str]:
    """One line for every driver."""
    for page in pages:
        package = f" ({page['package']})" if "package" in page else ""
        yield from _hanging(f"{page['driver']:15} {page['bus']:8} {page['part']}{package}", 25)


def lines_of(page: dict[str, Any]) -> Iterator[str]:
    """All about one driver, for people."""
    yield from _hanging(f"{page['driver']:9} {page['part']}", 10)
    yield f"bus       a bus of kind {page['bus']}"
    yield from _hanging(f"wiring    {page['wiring']}", 10)
    yield from _part("settings", ((row["key"], _setting(row)) for row in page["settings"]))
    yield from _part("channels", ((one["name"], _channel(one)) for one in page["channels"]))
    yield from _part("operations", _operations(page["operations"]))
    yield "\nexample"
    yield from (f"  {line}" for line in page["example"].splitlines())


def _part(title: str, entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    found = list(entries)
    if not found:
        return
    yield f"\n{title}"
    column = max(len(name) for name, _ in found) + 4
    column = min(column, WIDTH // 3)
    for name, text in found:
        beside = len(name) + 4 <= column
        yield from () if beside else (f"  {name}",)
        yield from _hanging(f"{f'  {name}' if beside else '':{column}}{text}", column)


def _setting(row: dict[str, Any]) -> str:
    default = "required" if row["required"] else f"default {row['default']}" if row["default"] else ""
    value = f"{row['value']} {row['unit']}".strip()
    return f"{', '.join(part for part in (value, default) if part)}. {row['about']}".rstrip()


def _channel(one: dict[str, Any]) -> str:
    kind = one["unit"] or one["kind"]
    bounds = [plain(bound) for bound in (one["low"], one["high"]) if bound is not None]
    step = "" if one["resolution"] is None else f"steps of {one['resolution']:g}"
    parts = (f"{kind} {' to '.join(bounds)}".strip(), step, "can be set" if one["writable"] else "", one["about"])
    return ", ".join(part for part in parts if part)


def _operations(operations: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for one in operations:
        again = ", done again after a crash" if one["idempotent"] else ""
        yield one["name"], f"{one['about']}, at most {duration_text(one['time_limit_s'])}{again}".removeprefix(", ")
        for parameter in one["parameters"]:
            yield f"  {parameter['name']}", _parameter(parameter)


def _parameter(one: dict[str, Any]) -> str:
    choices = " or ".join(value_text(choice) for choice in one["choices"])
    default = "required" if one["default"] is None else f"default {value_text(one['default'])}"
    value = choices or _channel({**one, "resolution": None, "writable": False, "about": ""})
    return f"{value}, {default}, {one['about']}".removesuffix(", ")


def _hanging(text: str, column: int) -> list[str]:
    """`text` in lines that fit, those after the first indented."""
    return textwrap.wrap(text, WIDTH, subsequent_indent=" " * column, break_on_hyphens=False)
