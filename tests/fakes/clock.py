"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from gateway.core.reading import ClockState

START_NS = 1_795_417_200_000_000_000


class FakeClock:
    def __init__(self) -> None:
        self.boot_id = "boot-1"
        self.boottime = 1_000_000_000
        self.wall = START_NS
        self.clock_state = ClockState.SYNCHRONISED

    def advance(self, seconds: float) -> None:
        self.boottime += round(seconds * 1e9)
        self.wall += round(seconds * 1e9)

    def reboot(self) -> None:
        self.boot_id += "+"
        self.boottime = 1_000_000_000

    def boottime_ns(self) -> int:
        return self.boottime

    def wall_ns(self) -> int:
        return self.wall

    def state(self) -> ClockState:
        return self.clock_state


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is that of a `FakeClock`: what waits for a time waits until a test lets it pass."""

    def __init__(self, clock: FakeClock) -> None:
        self._fake = clock
        super().__init__()

    def time(self) -> float:
        return self._fake.boottime / 1e9

    async def pass_time(self, seconds: float, settle: Callable[[], Awaitable[object]]) -> None:
        """Let `seconds` pass, and everything happen that is due, each at its time.

        `settle` returns when what has been set in motion is over, as far as it does not wait for a time.
        """
        end = self._fake.boottime + round(seconds * 1e9)
        while True:
            await settle()
            due = [handle.when() for handle in self._scheduled if not handle.cancelled()]  # type: ignore[attr-defined]
            next_ns = math.ceil(min(due, default=math.inf) * 1e9) if due else end + 1
            if next_ns > end:
                break
            self._fake.advance(max(0, next_ns - self._fake.boottime) / 1e9)
        self._fake.advance((end - self._fake.boottime) / 1e9)
        await settle()


def simulate(main: Callable[[FakeClock, SimulatedLoop], Coroutine[Any, Any, None]]) -> None:
    """Run `main` in simulated time."""
    clock = FakeClock()
    with asyncio.Runner(loop_factory=lambda: SimulatedLoop(clock)) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, SimulatedLoop)
        runner.run(main(clock, loop))
