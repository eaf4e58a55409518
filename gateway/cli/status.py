"""`edgetwin status`: how a running gateway is."""

from __future__ import annotations

import argparse
import json
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.config import load
from gateway.core.settings import StoreSettings
from gateway.errors import ConfigError

COUNTS = ("taken", "suppressed", "shed", "acknowledged", "waiting", "quarantined")
TIMEOUT_S = 5.0
"""A daemon that lives answers in milliseconds."""


def main(argv: Sequence[str]) -> int:
    """Print the status. Returns 0 where the gateway answered and every reading is accounted for, else 1."""
    parser = argparse.ArgumentParser(prog="edgetwin status", description="Ask the running gateway how it is.")
    parser.add_argument("--config", metavar="FILE", help="its configuration; /run/edgetwin is asked where not given")
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
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.settimeout(TIMEOUT_S)
        channel.connect(str(path))
        channel.sendall(b'{"ask":"status"}\n')
        with channel.makefile("rb") as answer:
            document: dict[str, Any] = json.loads(answer.readline() or b"{}")
    if "gateway" not in document:
        raise OSError(0, "the answer is no status")
    return document


def lines(document: dict[str, Any]) -> list[str]:
    """The document for people."""
    link, readings, store, process = (document[name] for name in ("link", "readings", "store", "process"))
    reason = f" ({link['reason']})" if link["reason"] else ""
    work = f"process   {process['rss_bytes'] / 1e6:.1f} MB, {process['cpu_s']:.1f} s CPU, "
    work += f"{process['disk_bytes_written']} bytes written to disk"
    shown = [
        f"{document['gateway']}  epoch {document['epoch']}  up {document['uptime_s']:.0f} s  clock {document['clock']}",
        f"link      {link['state']} for {link['since_s']:.0f} s{reason}",
        "readings  "
        + "  ".join(f"{name} {readings[name]}" for name in COUNTS)
        + ("  balanced" if document["balanced"] else "  NOT BALANCED"),
        f"store     {store['segments']} segments on disk, {store['bytes_in_memory']} bytes in memory"
        + (f", good for {store['autonomy_h']:g} h offline" if store.get("autonomy_h") is not None else "")
        + (f", failing: {store['failure']}" if store["failure"] else ""),
        work,
        "",
    ]
    for name, device in document["devices"].items():
        why = f": {device['reason']}" if device["reason"] else ""
        shown.append(f"{name:12} {device['driver']:15} {device['state']:5} {document['sync'][name]}{why}")
    shown.append("")
    for name, one in document["series"].items():
        value = f"{one['value']} {one['unit']} ({one['quality']}, {one['age_s']:.1f} s ago)" if "value" in one else "-"
        shown.append(f"{name:24} {value:44} taken {one['taken']}, waiting {one['waiting']}")
    return shown
