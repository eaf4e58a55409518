"""The command line of the demo: `python -m demo`, or `scripts/demo`, which makes the environment first."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

SECONDS, SECONDS_MIN, SECONDS_MAX = 40.0, 12.0, 3600.0
"""Less leaves no outage worth the name; in more than an hour the twin has more than it gives in one answer."""


def main() -> int:
    """Run the demo as the arguments say; returns its exit status."""
    arguments = _parser().parse_args()
    # Nothing has been started yet, so a signal may simply end us; an exception in the middle of an import may do worse.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from demo.run import Options, run  # noqa: PLC0415 - help comes at once

    return run(Options(arguments.seconds, arguments.json, arguments.keep))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="demo",
        description="Show the whole loop on simulated hardware: readings, a lost link, a wish of the twin, a daemon "
        "that is killed, and an account in which nothing is missing.",
        epilog="Exit status: 0 the story held, 1 it did not, 2 the arguments make no sense, 130 or 143 it was stopped.",
    )
    parser.add_argument("--json", action="store_true", help="nothing but one JSON object on standard output")
    parser.add_argument(
        "--seconds",
        type=_seconds,
        default=SECONDS,
        metavar="N",
        help=f"about how long it runs, {SECONDS_MIN:g} to {SECONDS_MAX:g} ({SECONDS:g})",
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave databases and logs there (a new folder)")
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not SECONDS_MIN <= seconds <= SECONDS_MAX:
        raise argparse.ArgumentTypeError(f"{text} is not between {SECONDS_MIN:g} and {SECONDS_MAX:g}")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
