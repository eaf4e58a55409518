"""`edgetwin run`: the daemon."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from gateway.cli.apart import apart
from gateway.core.settings import Site
from gateway.errors import ConfigError, EdgetwinError

EXIT_CONFIGURATION = 78
"""EX_CONFIG of sysexits(3): the service manager need not try again before a human has changed something."""


def main(argv: Sequence[str]) -> int:
    """Run until SIGTERM or SIGINT. Returns 0 after an orderly stop, 78 for a bad configuration, 1 otherwise.

    Raises:
        SystemExit: the words make no sense (2), or help was asked for (0).
    """
    # What reads words and configuration takes megabytes that a daemon would carry for years.
    site = apart(lambda: settled(argv))
    if site is None:
        return EXIT_CONFIGURATION
    # Loaded only here: a bad configuration is told before, and a child is made while the process is small.
    from gateway.cli.logs import configure  # noqa: PLC0415 - as above

    configure(site.log)
    os.umask(0o077)  # What is made from here on is nobody else's business.
    return _run(site)


def settled(argv: Sequence[str]) -> Site | None:
    """The site of the configuration that `argv` names; None where it cannot be used, which was told."""
    import argparse  # noqa: PLC0415 - here it leaves no trace in the daemon

    from gateway.cli.last_good import keep  # noqa: PLC0415 - as above
    from gateway.config import load  # noqa: PLC0415 - as above
    from gateway.config.fake import with_fake_hardware  # noqa: PLC0415 - as above

    parser = argparse.ArgumentParser(prog="edgetwin run", description="Run the gateway until it is told to stop.")
    parser.add_argument("--config", required=True, metavar="FILE", help="the site's configuration (YAML)")
    parser.add_argument(
        "--fake-hardware", action="store_true", help="simulate every bus and the part behind every device"
    )
    arguments = parser.parse_args(argv)
    try:
        site = load(arguments.config)
        if arguments.fake_hardware:
            return with_fake_hardware(site)  # By which no real output would be made safe, so it is not kept.
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return None
    keep(arguments.config, site)
    return site


def _run(site: Site) -> int:
    import asyncio  # noqa: PLC0415 - as above

    from gateway.app.run import run  # noqa: PLC0415 - as above

    async def until_stopped() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run(site, stop)

    try:
        asyncio.run(until_stopped())
    except EdgetwinError as error:
        sys.stderr.write(f"edgetwin: {error}\n" + (f"  {error.hint}\n" if error.hint else ""))
        return EXIT_CONFIGURATION if isinstance(error, ConfigError) else 1
    return 0
