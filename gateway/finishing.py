"""Work that is done to its end, whoever stops waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def finished(work: Coroutine[Any, Any, T]) -> T:
    """Do `work`, which goes on where the caller is cancelled; what it raises after that nobody waits to hear.

    `asyncio.shield` alone stops listening to what it shields when the caller is cancelled, and a failure after that is
    logged by asyncio as one that was forgotten, with its stack.
    """
    task = asyncio.ensure_future(work)
    task.add_done_callback(_hear)
    return await asyncio.shield(task)


def _hear(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()
