"""`edgetwin rules test`: recorded readings through the rules of a configuration, without a daemon."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gateway.cli.logs import plain
from gateway.cli.recorded import fitted, kinds_of
from gateway.cli.recording import read_recording
from gateway.config import load
from gateway.core.condition import NS_PER_S
from gateway.core.reading import Value
from gateway.core.replay import Sample, replay
from gateway.core.rules import Happening, Kind
from gateway.core.settings import Site
from gateway.devices.rules import intervals_of
from gateway.devices.sun import calendar_of
from gateway.errors import EdgetwinError


def main(argv: Sequence[str]) -> int:
    """Replay. Returns 0 where that could be done, else 1.

    Raises:
        SystemExit: the words make no sense (2), or help was asked for (0).
    """
    arguments = _parser().parse_args(argv)
    try:
        site = load(arguments.config)
        zone: tzinfo = UTC if site.time_zone == "UTC" else ZoneInfo(site.time_zone)
        recording = read_recording(Path(arguments.data), site.gateway, zone)
        samples, notes = fitted(recording, kinds_of(site))
        happened = list(replay(site.rules, calendar_of(site), intervals_of(site), samples))
    except EdgetwinError as error:
        sys.stderr.write(f"{error}\n" + (f"  {error.hint}\n" if error.hint else ""))
        return 1
    write = _as_json if arguments.json else _as_text
    for line in write(site, samples, happened, zone):
        sys.stdout.write(f"{line}\n")
    for note in notes:
        (sys.stderr if arguments.json else sys.stdout).write(f"{plain(f'note: {note}')}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="edgetwin rules", description="Try the rules of a configuration.")
    words = parser.add_subparsers(dest="do", required=True)
    about = "Show what the rules would have done with recorded readings. Nothing is driven, and no daemon is needed."
    test = words.add_parser("test", help="replay recorded readings", description=about)
    test.add_argument("--config", required=True, metavar="FILE", help="the site's configuration (YAML)")
    test.add_argument("--data", required=True, metavar="FILE", help="CSV (time,series,value), JSON lines or SenML")
    test.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


def _as_json(_site: Site, _samples: Sequence[Sample], happened: Sequence[Happening], zone: tzinfo) -> Iterator[str]:
    for one in happened:
        yield json.dumps({
            "time": _time(one, zone).isoformat(),
            "rule": one.rule,
            "what": one.kind.value,
            "sets": {ask.channel: ask.value for ask in one.asks},
            "outvoted": list(one.outvoted),
            "because": one.because,
        })  # fmt: skip


def _as_text(site: Site, samples: Sequence[Sample], happened: Sequence[Happening], zone: tzinfo) -> Iterator[str]:
    width = max((len(rule.name) for rule in site.rules), default=0)
    for one in happened:
        sets = ", ".join(f"{ask.channel} = {text_of(ask.value)}" for ask in one.asks)
        kept = f" (more urgent rules hold {', '.join(one.outvoted)})" if one.outvoted else ""
        time = _time(one, zone).strftime("%Y-%m-%d %H:%M:%S")
        yield plain(f"{time}  {one.rule:{width}}  {one.kind.value:8}  {sets or '-'}{kept}: {one.because}")
    fired = Counter(one.rule for one in happened if one.kind is Kind.FIRED)
    yield f"{len(samples)} readings of {len({sample.series for sample in samples})} series"
    for rule in site.rules:
        yield f"{rule.name:{width}}  fired {fired[rule.name]} times"
    seen = {sample.series for sample in samples}
    for series in sorted(_looked_at(site) - seen):
        yield plain(f"note: rules look at {series}, of which there is no reading")


def _looked_at(site: Site) -> set[str]:
    def within(condition: Any) -> Iterator[str]:
        if condition.channel is not None:
            yield condition.channel
        for part in (*getattr(condition, "all_", ()), *getattr(condition, "any_", ())):
            yield from within(part)

    return {channel for rule in site.rules if rule.when is not None for channel in within(rule.when)}


def _time(one: Happening, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(one.at_ns / NS_PER_S, zone)


def text_of(value: Value | None) -> str:
    """A value as people write it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
