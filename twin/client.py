"""How others ask a running twin."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec

LINE_BYTES_MAX = 8 * 1024 * 1024
"""Size of a request or an answer: ten thousand readings of a history take about a quarter of that."""

ANSWER_S = 30.0
"""The longest wait for an answer; a twin that is busy with a full queue needs a few seconds."""


class TwinNotRunningError(Exception):
    """No twin answers in that directory."""


def socket_path(directory: Path) -> Path:
    """Where the twin that keeps its data in `directory` listens."""
    return directory / "twin.sock"


async def ask(directory: str | Path, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of the twin in `directory` to `request`; it has a key `error` where the twin could not do it.

    Raises:
        TwinNotRunningError: nobody listens there, or the answer does not come.
    """
    path = socket_path(Path(directory))
    try:
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_unix_connection(path, limit=LINE_BYTES_MAX)
            try:
                writer.write(msgspec.json.encode(request) + b"\n")
                line = await reader.readline()
            finally:
                writer.close()
                await writer.wait_closed()
    except (OSError, ValueError, TimeoutError) as error:
        raise TwinNotRunningError(f"no twin answers at {path}: {str(error) or 'it takes too long'}") from error
    if not line:
        raise TwinNotRunningError(f"the twin at {path} closed the connection without an answer")
    return msgspec.json.decode(line, type=dict[str, Any])
