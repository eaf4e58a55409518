"""`edgetwin status`: how a running gateway is."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gateway.cli.ask import add_config, exchange
from gateway.cli.rules import text_of
from gateway.cli.status_levels import level_lines, mode_lines, objective_lines, percent
from gateway.cli.status_rules import rule_lines
from gateway.config import load
from gateway.core.settings import StoreSettings
from gateway.errors import ConfigError

COUNTS = ("taken", "suppressed", "shed", "acknowledged", "waiting", "quarantined")
WIDTH = 80
"""Characters of a line on the narrowest terminal that is still in use."""


def main(argv: Sequence[str]) -> int:
    """Print the status. Returns 0 where the gateway answered and every reading is accounted for, else 1."""
    parser = argparse.ArgumentParser(prog="edgetwin status", description="Ask the running gateway how it is.")
    add_config(parser)
    parser.add_argument("--json", action="store_true", help="print the whole document")
    arguments = parser.parse_args(argv)
    try:
        store = load(arguments.config).store if arguments.config else StoreSettings()
        document = ask(Path(store.runtime_directory) / "status.sock")
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        place = f"{store.runtime_directory}/status.sock"
        sys.stderr.write(f"edgetwin status: no answer at {place}: {error.strerror or error}\n")
        sys.stderr.write("  is the gateway running, and may this user ask it?\n")
        return 1
    sys.stdout.write(json.dumps(document, indent=2) if arguments.json else "\n".join(lines(document)))
    sys.stdout.write("\n")
    return 0 if document["balanced"] else 1


def ask(path: Path) -> dict[str, Any]:
    """The status document of the gateway behind a socket.

    Raises:
        OSError: nobody answers.
    """
    document = exchange(path, {"ask": "status"})
    if not isinstance(document, dict) or "gateway" not in document:
        raise OSError(0, "the answer is no status")
    return document


def lines(document: dict[str, Any]) -> list[str]:
    """The document for people, in lines of at most `WIDTH` characters, whatever stands in it."""
    return [
        line
        for text in (
            *_summary(document),
            *_devices(document),
            *objective_lines(document, _age),
            *_refused(document),
            *_series(document),
            *mode_lines(document),
            *_by_hand(document),
            *rule_lines(document, _age),
        )
        for line in _fitted(text)
    ]


def _twin_clock(document: dict[str, Any]) -> str:
    """How the twin's clock differs, where that is more than what is not known of it."""
    twin = document.get("twin_clock")
    if twin is None or abs(twin["ahead_s"]) <= twin["error_s"]:
        return ""
    wrong = "; one is wrong" if twin["disagrees"] else ""
    return f", the twin's {abs(twin['ahead_s']):.1f} s {'ahead' if twin['ahead_s'] > 0 else 'behind'}{wrong}"


def _summary(document: dict[str, Any]) -> Iterator[str]:
    link, readings, store, process = (document[name] for name in ("link", "readings", "store", "process"))
    yield f"{document['gateway']}  epoch {document['epoch']}"
    yield f"up        {_age(document['uptime_s'])}, clock {document['clock']}{_twin_clock(document)}"
    silent = ", the twin is silent" if link["twin_silent"] else ""
    why = f": {link['reason']}" if link["reason"] else ""
    due_s = link.get("retry_in_s")
    due = "" if due_s is None else _due(link, due_s)
    yield f"link      {link['state']} for {_age(link['since_s'])}{due}{silent}{why}"
    if link.get("hint"):
        yield f"hint      {link['hint']}"
    budget = document.get("budget")
    if budget is not None:
        held = f", {budget['held_back']} readings held back" if budget["held_back"] else ""
        yield (
            f"budget    {budget['spent_bytes']} of {budget['bytes_per_day']} bytes in a day, "
            f"{budget['left_bytes']} left, stretched by {budget['stretch']:.0%}{held}"
        )
    counts = ", ".join(f"{readings[name]} {name}" for name in COUNTS if readings[name] or name in ("taken", "waiting"))
    yield f"readings  {counts}"
    yield f"account   {'balanced' if document['balanced'] else 'NOT BALANCED'}"
    failure = f", failing: {store['failure']}" if store["failure"] else ""
    if store.get("stands_in"):
        failure = f"; NO STORE, memory stands in: {store['failure']}"
    hours = store.get("autonomy_h")
    room = "" if hours is None else f", room for {hours:g} h offline"
    yield f"store     {store['segments']} segments on disk, {store['bytes_in_memory']} bytes in memory{room}{failure}"
    work = f"{process['rss_bytes'] / 1e6:.1f} MB, {process['cpu_s']:.1f} s CPU"
    yield f"process   {work}, {process['disk_bytes_written']} bytes written to disk"


def _due(link: dict[str, Any], due_s: float) -> str:
    if link["state"] != "asleep":
        return f", next attempt in {_age(due_s)}"
    at_s = link.get("next_at")
    at = "" if at_s is None else f" at {time.strftime('%H:%M:%S', time.localtime(at_s))},"
    return f", next{at} in {_age(due_s)}"


def _devices(document: dict[str, Any]) -> Iterator[str]:
    yield ""
    devices, levels = document["devices"], document.get("levels", {})
    for name, state in document["sync"].items():
        device = devices.get(name, {"driver": "thermostat", "state": "", "reason": ""})
        why = f": {device['reason']}" if device["reason"] else ""
        level = levels.get(name)
        since = "" if level is None else f" for {_age(level['since_s'])}"
        yield f"{name:12} {device['driver']:15} {device['state']:5} {state}{since}{why}"
        if level is not None:
            yield from level_lines(level, document["objectives"], _age)
        if device.get("last_error"):
            yield _errors(device)


def _errors(device: dict[str, Any]) -> str:
    """How often a part failed since the start, and when and how it did last; its reason only where it is up again."""
    last = device["last_error"]
    counts = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in device["errors"].items())
    why = "" if last["reason"] == device["reason"] else f": {last['reason']}"
    return f"{'':12} {device['reads']} reads, errors: {counts}; the last {_age(last['age_s'])} ago{why}"


def _refused(document: dict[str, Any]) -> Iterator[str]:
    for device, one in document.get("shadows_refused", {}).items():
        yield f"shadow    {device} refused by the cloud with {one['code']}: {one['reason']}"
    for place, one in document.get("wishes_refused", {}).items():
        want = json.dumps(one["want"])[:40]
        yield f"refused   {place} = {want}, which the twin wants: {one['reason'] or one['code']}"


def _series(document: dict[str, Any]) -> Iterator[str]:
    yield ""
    for name, one in document["series"].items():
        mode = one.get("mode", "")
        yield f"{name:22} {_value(one):26} {mode:8} {one['waiting']} of {one['taken']} waiting"


def _by_hand(document: dict[str, Any]) -> Iterator[str]:
    conflicts = document.get("conflicts", {})
    if conflicts.get("conflicts"):
        share = conflicts["conflicts"] / max(1, conflicts["changes"])
        yield f"conflicts {percent(share)}: {conflicts['conflicts']} of {conflicts['changes']} changes by the twin"
    for channel, one in document.get("overrides", {}).items():
        yield f"{channel:24} set to {text_of(one['value'])} by {one['by']}, for {_age(one['left_s'])} more"


def _value(one: dict[str, Any]) -> str:
    if "value" not in one:
        return "-"
    value = one["value"]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    text = f"{value:.6g}" if number else str(value).lower() if isinstance(value, bool) else str(value)
    reason = f" ({one['reason']})" if one.get("reason") else ""
    quality = "" if one["quality"] == "good" else f", {one['quality']}{reason}"
    unit = "" if one["unit"] in {"", "/"} else f" {one['unit']}"
    return f"{text}{unit}, {_age(one['age_s'])} ago{quality}"


def _age(seconds: float) -> str:
    for unit, length_s in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length_s:
            return f"{seconds / length_s:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"  # noqa: PLR2004 - a digit more where few


def _fitted(text: str) -> list[str]:
    """`text` in lines that fit; what could move the cursor of a terminal is shown instead of done."""
    plain = "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)
    return textwrap.wrap(plain, WIDTH, subsequent_indent=" " * 10, break_on_hyphens=False) or [""]
