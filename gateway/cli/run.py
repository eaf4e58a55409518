"""`edgetwin run`: the daemon."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from gateway.cli.logs import configure
from gateway.config import load
from gateway.errors import ConfigError, EdgetwinError

EXIT_CONFIGURATION = 78
"""EX_CONFIG of sysexits(3): the service manager need not try again before a human has changed something."""


def main(argv: Sequence[str]) -> int:
    """Run until SIGTERM or SIGINT. Returns 0 after an orderly stop, 78 for a bad configuration, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="edgetwin run", description="Run the gateway until it is told to stop.")
    parser.add_argument("--config", required=True, metavar="FILE", help="the site's configuration (YAML)")
    arguments = parser.parse_args(argv)
    try:
        site = load(arguments.config)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIGURATION
    configure(site.log)
    os.umask(0o077)  # What is made from here on is nobody else's business.
    from gateway.app.run import run  # noqa: PLC0415 - a bad configuration is told before anything else is loaded

    async def until_stopped() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run(site, stop)

    try:
        asyncio.run(until_stopped())
    except EdgetwinError as error:
        sys.stderr.write(f"edgetwin: {error}\n" + (f"  {error.hint}\n" if error.hint else ""))
        return 1
    return 0
