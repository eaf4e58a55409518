"""One bus is one thread: calls never overlap, and a bus that hangs stops nothing but itself.

The thread is a daemon on purpose: one that is stuck inside the kernel must not keep the process from ending.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from drivers.base import BusError

T = TypeVar("T")


class BusThread:
    """Runs the calls to one bus, one after the other, each within a time."""

    def __init__(self, name: str, timeout_s: float) -> None:
        self.name = name
        self.timeout_s = timeout_s
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._running: asyncio.Future[Any] | None = None
        self._stuck = False
        self._lock = asyncio.Lock()
        self._thread = threading.Thread(target=self._work, name=f"bus-{name}", daemon=True)
        self._thread.start()

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """The result of `function`, run on the bus's thread.

        Raises:
            BusError: it did not return in time, or an earlier call still has not.
            Exception: what `function` raised.
        """
        async with self._lock:
            if self._running is not None and not self._running.done():
                # It hangs, or whoever asked for it did not wait for its end.
                if self._stuck:
                    raise BusError(f"bus {self.name}: a call hangs since more than {self.timeout_s:g} s")
                await self._wait(self._running)
            future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
            future.add_done_callback(_fetch)
            self._running = future
            self._calls.put(lambda: _run(future, function, arguments))
            await self._wait(future)
            return future.result()

    async def _wait(self, future: asyncio.Future[Any]) -> None:
        done, _ = await asyncio.wait({future}, timeout=self.timeout_s)
        self._stuck = not done
        if self._stuck:
            raise BusError(f"bus {self.name}: no answer within {self.timeout_s:g} s")

    def close(self) -> None:
        """End the thread after what it is doing, if that ever ends."""
        self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


def _run(future: asyncio.Future[Any], function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        result = function(*arguments)
    except BaseException as error:  # noqa: BLE001 - whatever it was belongs to the caller
        # Of these the loop would make something else: no future takes the one, the others end the daemon.
        odd = isinstance(error, StopIteration) or not isinstance(error, Exception)
        _tell(future, functools.partial(future.set_exception, RuntimeError(repr(error)) if odd else error))
    else:
        _tell(future, functools.partial(future.set_result, result))


def _tell(future: asyncio.Future[Any], outcome: Callable[[], None]) -> None:
    try:
        future.get_loop().call_soon_threadsafe(lambda: None if future.done() else outcome())
    except RuntimeError:
        return  # The loop has ended; nobody waits any more.


def _fetch(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()
