"""Simulated parts that speak by themselves, once in a while, and listen to nothing."""

from __future__ import annotations

from abc import abstractmethod

from drivers.base import Clock
from drivers.simulated.asked_part import AskedPart

BACKLOG_S = 60.0
"""After a longer time without a look at it no more is made up: the port keeps no more."""


class SpeakingPart(AskedPart):
    """One part that sends its messages every `every_s`."""

    def __init__(self, clock: Clock, every_s: float) -> None:
        super().__init__(clock)
        self.every_s = every_s
        self._due_s = clock.now_s() + every_s

    @abstractmethod
    def messages(self) -> list[bytes]:
        """What it sends at one time; each can be disturbed by itself."""

    def answer(self, command: bytes) -> bytes:
        """It does not answer."""
        del command
        return b""

    def receive(self, data: bytes) -> None:
        """Its RX is not wired."""

    def send(self) -> bytes:
        """What has arrived by now."""
        now_s = self.clock.now_s()
        self._due_s = max(self._due_s, now_s - BACKLOG_S)
        while now_s >= self._due_s:
            for message in self.messages():
                self.say(message, self._due_s)
            self._due_s += self.every_s
        return super().send()

    def next_s(self) -> float:
        """When the next message arrives or begins."""
        return float("inf") if self.faults.absent else min(super().next_s(), self._due_s)
