"""`edgetwin set`: gives a channel a value by hand."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from gateway.cli.ask import add_config, ask_daemon
from gateway.cli.rules import text_of
from gateway.config.scalars import UnfitError, duration


def main(argv: Sequence[str]) -> int:
    """Set a channel. Returns 0 where it has the value, else 1.

    Raises:
        SystemExit: the words make no sense (2), or help was asked for (0).
    """
    about = "Give a channel a value by hand. It holds for a time, whatever the twin and programs here want."
    parser = argparse.ArgumentParser(prog="edgetwin set", description=about)
    parser.add_argument("channel", metavar="DEVICE/CHANNEL")
    parser.add_argument("value", metavar="VALUE", help="a number, on or off, or a text, as the channel takes it")
    parser.add_argument(
        "--for", dest="lasts", metavar="TIME", help="such as 30m; `override` of the site where not given"
    )
    add_config(parser)
    arguments = parser.parse_args(argv)
    question: dict[str, object] = {"ask": "set", "channel": arguments.channel, "value": arguments.value}
    if arguments.lasts is not None:
        try:
            question["for_s"] = duration(arguments.lasts)
        except UnfitError as error:
            sys.stderr.write(f"edgetwin set: --for: {error}\n")
            return 2
    answer = ask_daemon("set", arguments.config, question)
    if answer is None:
        return 1
    until = answer["override"].get("until")  # Not known where no clock can be trusted.
    end = "" if until is None else time.strftime(", until %Y-%m-%d %H:%M:%S", time.localtime(until))
    done = "is" if answer["status"] == "SUCCEEDED" else "has been asked to be"
    value = text_of(answer.get("result", answer["value"]))
    sys.stdout.write(f"{answer['channel']} {done} {value}, held for {answer['for_s']:g} s{end}\n")
    return 0
