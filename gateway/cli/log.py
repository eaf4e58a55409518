"""`edgetwin log`: shows the event log, and verifies that nothing in it is missing or altered."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from gateway.config import load
from gateway.core.chain import Entry
from gateway.core.reading import ClockState
from gateway.core.settings import StoreSettings
from gateway.errors import EdgetwinError
from gateway.store.log_file import read_log, verify_log

SHOWN = 50
"""Entries that are shown where nobody says how many: what fits a few screens."""


def main(argv: Sequence[str]) -> int:
    """Show or verify. Returns 0 where that could be done and the chain holds, else 1.

    Raises:
        SystemExit: the words make no sense (2), or help was asked for (0).
    """
    arguments = _parser().parse_args(argv)
    try:
        store = load(arguments.config).store if arguments.config else StoreSettings()
        directory = Path(store.directory)
        return _verify(directory, arguments.expect) if arguments.do == "verify" else _show(directory, arguments)
    except EdgetwinError as error:
        sys.stderr.write(f"edgetwin log: {error}\n" + (f"  {error.hint}\n" if error.hint else ""))
        return 1


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", metavar="FILE", help="the site; /var/lib/edgetwin is read where not given")
    parser = argparse.ArgumentParser(prog="edgetwin log", description="Look at the event log of this gateway.")
    words = parser.add_subparsers(dest="do", required=True)
    show = words.add_parser("show", parents=[common], help="print entries, oldest first")
    show.add_argument("--last", type=int, default=SHOWN, metavar="N", help=f"so many of the newest ({SHOWN})")
    show.add_argument("--after", type=int, default=0, metavar="ID", help="only those behind this number")
    show.add_argument("--kind", default="", help="only those of this kind, such as command or outcome")
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    check = words.add_parser("verify", parents=[common], help="check that nothing is missing or altered")
    check.add_argument("--expect", metavar="ID:DIGEST", help="a head that was printed earlier must be in the chain")
    return parser


def _verify(directory: Path, expected: str | None) -> int:
    verdict = verify_log(directory, expected or "")
    for problem in verdict.problems:
        sys.stderr.write(f"{problem}\n")
    state = "altered" if verdict.problems else "whole"
    sys.stdout.write(f"{state}: {verdict.entries} entries, head {verdict.head.id}:{verdict.head.digest.hex()}\n")
    return 1 if verdict.problems else 0


def _show(directory: Path, arguments: argparse.Namespace) -> int:
    for entry in read_log(directory, arguments.after, arguments.kind, arguments.last):
        sys.stdout.write((_as_json(entry) if arguments.json else _as_text(entry)) + "\n")
    return 0


def _data(entry: Entry) -> object:
    try:
        return json.loads(entry.data)
    except ValueError:
        return entry.data


def _as_json(entry: Entry) -> str:
    return json.dumps(entry._asdict() | {"data": _data(entry)})


def _as_text(entry: Entry) -> str:
    """One line; what could move the cursor of a terminal is shown instead of done."""
    guess = "" if entry.clock == ClockState.SYNCHRONISED else "?"
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.time_s)) + guess
    data = _data(entry)
    said = data if isinstance(data, dict) else {"data": data}
    words = " ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in said.items() if value != "")
    line = f"{entry.id:6}  {moment:20} {entry.kind:16} {words}"
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in line)
