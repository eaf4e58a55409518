"""One question to the running daemon, through its socket, and its answer."""

from __future__ import annotations

import argparse
import json
import socket
import sys
from pathlib import Path
from typing import Any

from gateway.config import load
from gateway.core.settings import StoreSettings
from gateway.errors import ConfigError

TIMEOUT_S = 5.0
"""A daemon that lives answers in milliseconds; to drive something may take it a few seconds."""


def add_config(parser: argparse.ArgumentParser) -> None:
    """The option that says which daemon."""
    parser.add_argument("--config", metavar="FILE", help="its configuration; /run/edgetwin is asked where not given")


def ask_daemon(command: str, config: str | None, question: dict[str, object]) -> dict[str, Any] | None:
    """What the daemon answers; None, and told on standard error, where there is none or it says no."""
    try:
        store = load(config).store if config else StoreSettings()
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return None
    place = Path(store.runtime_directory) / "status.sock"
    try:
        answer = exchange(place, question)
    except OSError as error:
        sys.stderr.write(f"edgetwin {command}: no answer at {place}: {error.strerror or error}\n")
        sys.stderr.write("  is the gateway running, and may this user ask it?\n")
        return None
    if not isinstance(answer, dict) or "error" in answer:
        reason = answer["error"] if isinstance(answer, dict) else "the answer makes no sense"
        sys.stderr.write(f"edgetwin {command}: {reason}\n")
        return None
    return answer


def exchange(path: Path, question: dict[str, object]) -> Any:
    """What the gateway behind a socket answers; None where that is no JSON.

    Raises:
        OSError: nobody answers.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.settimeout(TIMEOUT_S)
        channel.connect(str(path))
        channel.sendall(json.dumps(question).encode() + b"\n")
        with channel.makefile("rb") as answer:
            line = answer.readline()
    try:
        return json.loads(line)
    except ValueError:
        return None
