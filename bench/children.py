"""Programs of ours that are started, do one thing, and say what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SYSTEM_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"
"""Where tools lie that ordinary users do not look for."""


class BenchError(Exception):
    """Something that a benchmark stands on did not work."""


def surroundings() -> dict[str, str]:
    """Environment variables with which an interpreter finds this project, and a shell the system's tools."""
    path = os.pathsep.join(filter(None, (os.environ.get("PATH"), SYSTEM_PATH)))
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}


def module(python: str, name: str, *arguments: str | Path) -> list[str]:
    """The command that runs a module of ours."""
    return [python, "-P", "-m", name, *map(str, arguments)]


async def output_of(command: Sequence[str]) -> bytes:
    """What a program says on standard output; it, and what it has started, does not outlive us.

    Raises:
        BenchError: it failed.
    """
    child = await asyncio.create_subprocess_exec(
        *command, env=surroundings(), stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        said, _ = await child.communicate()
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
    if child.returncode:
        raise BenchError(f"this ended with status {child.returncode}: {' '.join(command)}")
    return said
