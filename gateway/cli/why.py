"""`edgetwin why`: tells why an actuator is as it is, from the running daemon, or from its log where none runs."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gateway.cli.ask import add_config, exchange
from gateway.cli.logs import plain
from gateway.cli.rules import text_of
from gateway.config import load
from gateway.core.explain import explain
from gateway.core.settings import Site, StoreSettings
from gateway.devices.thermostat import CHANNEL
from gateway.errors import EdgetwinError
from gateway.store.past import past_in


def main(argv: Sequence[str]) -> int:
    """Tell why. Returns 0 where there was something to tell, else 1.

    Raises:
        SystemExit: the words make no sense (2), or help was asked for (0).
    """
    about = "Tell why an actuator is as it is: who set it, when, on what grounds, and what is asked for in vain."
    parser = argparse.ArgumentParser(prog="edgetwin why", description=about)
    parser.add_argument("channel", metavar="DEVICE/CHANNEL")
    add_config(parser)
    parser.add_argument("--json", action="store_true", help="print the whole document")
    arguments = parser.parse_args(argv)
    try:
        site = load(arguments.config) if arguments.config else None
        document = _document(site, arguments.channel)
    except EdgetwinError as error:
        sys.stderr.write(f"edgetwin why: {error}\n" + (f"  {error.hint}\n" if error.hint else ""))
        return 1
    if "error" in document:
        sys.stderr.write(f"edgetwin why: {document['error']}\n")
        return 1
    lines = [json.dumps(document, indent=2)] if arguments.json else [plain(line) for line in lines_of(document)]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _document(site: Site | None, channel: str) -> dict[str, Any]:
    """What the daemon says, or the log of the one that ran last.

    Raises:
        StoreError: no daemon answers, and there is no log.
    """
    store = StoreSettings() if site is None else site.store
    try:
        answer = exchange(Path(store.runtime_directory) / "status.sock", {"ask": "why", "channel": channel})
    except OSError:
        setpoints = () if site is None else tuple(f"{one.name}/{CHANNEL}" for one in site.thermostats)
        if site is not None and channel not in (known := sorted((*_outputs(site), *setpoints))):
            return {"error": f"{channel!r} cannot be driven; what can be: {', '.join(known) or 'none'}"}
        return {**explain(channel, past_in(Path(store.directory)), lasting=channel in setpoints), "now": None}
    return answer if isinstance(answer, dict) else {"error": "the answer of the gateway makes no sense"}


def _outputs(site: Site) -> Iterator[str]:
    """Every output of a site: each has a safe value."""
    return (f"{device.name}/{channel}" for device in site.devices for channel in device.safe)


def lines_of(document: dict[str, Any]) -> Iterator[str]:
    """The document for people."""
    channel, now, cause = document["channel"], document["now"], document["cause"]
    if now is None:
        yield f"{channel}: no gateway is running; this is what its log says"
        if cause is not None:
            found = "not recorded" if cause["value"] is None else text_of(cause["value"])
            yield f"was       {'at its safe value' if cause['by'] == 'start' else found}"
    else:
        age = "" if now["age_s"] is None else f", read {now['age_s']:g} s ago"
        yield f"{channel} is {'not known' if now['value'] is None else text_of(now['value'])}{age}"
    if cause is None:
        yield "because   the log does not say: nobody has set it since the log begins"
    else:
        yield f"because   {cause['text']}"
        first = "" if document["since"] == cause["time_s"] else f", and was so before, since {_time(document['since'])}"
        yield f"since     {_time(cause['time_s'])}{first}"
        if cause["id"]:
            yield f"command   {cause['id']}"
    if document.get("log"):
        yield f"log       cannot be read: {document['log']}"
    yield from _standing(now or {})
    for one in document["withheld"]:
        value = "" if one["value"] is None else f" ({text_of(one['value'])})"
        yield f"withheld  {one['who']}{value}: {one['reason']}, {_time(one['time'])}"


def _standing(now: dict[str, Any]) -> Iterator[str]:
    """What stands at this moment."""
    if (override := now.get("override")) is not None:
        value, left_s = text_of(override["value"]), override["left_s"]
        yield f"by hand   held at {value} by {override['by']} for {left_s} s more; `edgetwin release` lets go"
    if (safety := now.get("safety")) is not None:
        yield f"safety    has to be {text_of(safety['value'])}: {safety['reason']}"
    if (held := now.get("held")) is not None:
        yield f"waits     {text_of(held['value'])} is asked for and comes later: {held['reason']}"
    for place, wish in enumerate(now.get("rules", [])):
        outvoted = " (a more urgent rule has its way)" if place else ""
        yield f"rule      {wish['rule']} wants {text_of(wish['value'])}, priority {wish['priority']}{outvoted}"
    asked = now.get("asked")
    if asked is not None and asked["reason"]:
        yield f"in vain   {asked['rule']} asks for {text_of(asked['value'])}: {asked['reason']}"


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
