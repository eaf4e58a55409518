"""The command line. Each command loads only what it needs: the daemon never pays for what a person looks at."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from gateway.core.version import VERSION

COMMANDS = {
    "run": ("gateway.cli.run", "run the gateway"),
    "check": ("gateway.cli.check", "check configuration files"),
    "drivers": ("gateway.cli.drivers", "list the drivers, or tell of one"),
    "read": ("gateway.cli.read", "show what a device measures now"),
    "scan": ("gateway.cli.scan", "show what is connected, and the YAML for it"),
    "doctor": ("gateway.cli.doctor", "say what is amiss with this machine"),
    "status": ("gateway.cli.status", "ask a running gateway how it is"),
    "set": ("gateway.cli.set", "give a channel a value by hand, for a time"),
    "release": ("gateway.cli.release", "let go of a channel that was set by hand"),
    "why": ("gateway.cli.why", "tell why an actuator is as it is"),
    "rules": ("gateway.cli.rules", "try the rules of a configuration with recorded readings"),
    "log": ("gateway.cli.log", "show the event log, or verify that nothing in it is missing or altered"),
    "safe": ("gateway.cli.safe", "drive every actuator to its safe value and end"),
    "twin": ("twin.cli", "run the reference twin, or talk to a running one"),
}

USAGE = """usage: edgetwin COMMAND ...

Keeps a site's sensors, actuators and its twin in the cloud true to each other.

commands:
{commands}

  edgetwin COMMAND --help   what a command takes
  edgetwin --version
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the words after `edgetwin` say. Returns the exit status: 0 done, 1 not, 2 not understood."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in ("--version", "-V"):
        sys.stdout.write(f"edgetwin {VERSION}\n")
        return 0
    if not words or words[0] in ("--help", "-h"):
        sys.stdout.write(_usage())
        return 0 if words else 2
    if words[0] not in COMMANDS:
        sys.stderr.write(f"edgetwin: unknown command {words[0]!r}; known are {', '.join(COMMANDS)}\n")
        return 2
    command = importlib.import_module(COMMANDS[words[0]][0])
    try:
        status: int = command.main(words[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # Whoever read has seen enough, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def _usage() -> str:
    lines = (f"  {name:8}{about}" for name, (_, about) in COMMANDS.items())
    return USAGE.format(commands="\n".join(lines))
