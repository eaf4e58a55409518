"""A clock that stands still until a test moves it."""

from __future__ import annotations

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
