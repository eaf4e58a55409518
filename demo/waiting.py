"""Waiting for something to become true, for a bounded time, and for something to end, whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

EVERY_S = 0.05
"""Between two looks: a person sees no delay, and the machine has time for what is waited for."""

T = TypeVar("T")


async def until(look: Callable[[], Awaitable[T | None]], bound_s: float, every_s: float = EVERY_S) -> T | None:
    """The first result of `look` that is not None, or None where there was none within `bound_s`."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + bound_s
    while True:
        found = await look()
        if found is not None or loop.time() >= deadline_s:
            return found
        await asyncio.sleep(every_s)


async def to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Wait for `work` even while being cancelled: tidying up by halves leaves something behind."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled
