"""An outbox with its committer at work, in simulated time."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import tempfile
from pathlib import Path

from tests.fakes.clock import FakeClock, SimulatedLoop, simulate
from tests.store.shelf import Shelf, shelf_in

EVERYTHING = 10_000


class Run:
    """An outbox with its committer at work, in simulated time."""

    def __init__(self, shelf: Shelf, loop: SimulatedLoop) -> None:
        self.shelf, self._loop = shelf, loop
        self.begun: list[str] = []

    async def _settle(self) -> None:
        for _ in range(3):
            for _ in range(8):
                await asyncio.sleep(0)
            await self.shelf.database.read("SELECT 1")

    async def pass_time(self, seconds: float) -> None:
        await self._loop.pass_time(seconds, self._settle)

    async def watch(self) -> None:
        """List the transactions that begin from now on."""
        note = functools.partial(self._note, self.begun)
        await self.shelf.database._connection.set_trace_callback(note)

    @staticmethod
    def _note(begun: list[str], sql: str) -> None:
        if sql.startswith("BEGIN"):
            begun.append(sql)

    def deliver(self) -> None:
        """The twin gets what is in memory and acknowledges it."""
        self.shelf.acknowledge(self.shelf.outbox.take_live(EVERYTHING))


def in_simulated_time(test):
    """Run `test(run)` with the committer running."""

    @functools.wraps(test)
    def wrapper():
        async def main(clock: FakeClock, loop: SimulatedLoop) -> None:
            with tempfile.TemporaryDirectory() as folder:
                async with shelf_in(Path(folder), clock) as shelf:
                    running = asyncio.create_task(shelf.committer.run())
                    run = Run(shelf, loop)
                    await run.pass_time(0)
                    await run.watch()
                    try:
                        await test(run)
                    finally:
                        running.cancel()
                        with contextlib.suppress(asyncio.CancelledError):
                            await running

        simulate(main)

    del wrapper.__wrapped__  # The test's first argument is not a fixture.
    return wrapper
