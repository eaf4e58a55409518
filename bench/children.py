"""Programs of ours that are started, do one thing, and say what came of it."""

from __future__ import annotations

import asyncio
import os
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
    """What a program says on standard output.

    Raises:
        BenchError: it failed.
    """
    child = await asyncio.create_subprocess_exec(*command, env=surroundings(), stdout=asyncio.subprocess.PIPE)
    said, _ = await child.communicate()
    if child.returncode:
        raise BenchError(f"this ended with status {child.returncode}: {' '.join(command)}")
    return said
