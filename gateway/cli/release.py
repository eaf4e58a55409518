"""`edgetwin release`: lets go of a channel that was set by hand."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from gateway.cli.ask import add_config, ask_daemon
from gateway.cli.rules import text_of


def main(argv: Sequence[str]) -> int:
    """Release a channel. Returns 0 where it was held and is not any more, else 1.

    Raises:
        SystemExit: the words make no sense (2), or help was asked for (0).
    """
    about = "Let go of a channel that was set by hand: it follows the twin again, or what it was before."
    parser = argparse.ArgumentParser(prog="edgetwin release", description=about)
    parser.add_argument("channel", metavar="DEVICE/CHANNEL")
    add_config(parser)
    arguments = parser.parse_args(argv)
    answer = ask_daemon("release", arguments.config, {"ask": "release", "channel": arguments.channel})
    if answer is None:
        return 1
    follows = answer["follows"]
    sys.stdout.write(
        f"{answer['channel']} is released" + ("\n" if follows is None else f" and follows {text_of(follows)}\n")
    )
    return 0
