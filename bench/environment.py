"""A Python that has what a device has, and nothing else: what is installed gets imported, and that is memory."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import sys
from typing import NamedTuple

from bench.children import ROOT, BenchError, output_of

FOLDER = ROOT / ".venv-bench"
LOCK = ROOT / "requirements.lock"
READY = "ready"
EXTRAS = ("rich", "hypothesis", "amqtt")
"""Whoever has one of these has more than a device has; structlog, for one, imports rich where it is installed."""


class Environment(NamedTuple):
    """An interpreter, and what has to be said about it."""

    python: str
    note: str


async def base_environment(*, make: bool = True) -> Environment:
    """Our own interpreter where it has no more than a device's; else one in `.venv-bench`, made once and kept.

    Our own in any case where none is to be made.
    """
    more = [name for name in EXTRAS if importlib.util.find_spec(name)]
    if not more:
        return Environment(sys.executable, "environment: the base requirements")
    problem = await _make() if make else "none was asked for"
    if problem:
        return Environment(
            sys.executable, f"environment: has more than a device ({', '.join(more)}), because {problem}"
        )
    return Environment(str(FOLDER / "bin" / "python"), "environment: the base requirements, in .venv-bench")


async def _make() -> str:
    """Make the environment where it is not there; returns why it cannot be made, or nothing."""
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    with contextlib.suppress(OSError):
        if (FOLDER / READY).read_text(encoding="ascii") == wanted:
            return ""
    print(f"making {FOLDER.name} of {LOCK.name}, once", file=sys.stderr)
    python = str(FOLDER / "bin" / "python")
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(FOLDER)],
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(LOCK)],
    ):
        try:
            await output_of(command)
        except BenchError as error:
            return f"{FOLDER.name} cannot be made: {error}"
    (FOLDER / ".gitignore").write_text("*\n", encoding="ascii")
    (FOLDER / READY).write_text(wanted, encoding="ascii")
    return ""


async def compile_rooms(python: str) -> None:
    """Byte code for every room, as an installation leaves it; without it a start takes three times as long."""
    rooms = [str(ROOT / room) for room in ("gateway", "drivers")]
    await output_of([python, "-m", "compileall", "-q", *rooms])
