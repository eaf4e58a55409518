"""Simulated parts that speak when they are asked: what is sent to them is cut into commands of a fixed length."""

from __future__ import annotations

from abc import abstractmethod

from drivers.base import Clock
from drivers.simulated.serial_line import SerialPart

ANSWER_S = 0.03


class AskedPart(SerialPart):
    """One part that takes commands of `command_bytes` that begin with `start`."""

    start = b""
    command_bytes = 0

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self._incoming = b""
        self._coming: list[tuple[float, bytes]] = []

    @abstractmethod
    def answer(self, command: bytes) -> bytes:
        """The answer to a command, or nothing."""

    def receive(self, data: bytes) -> None:
        """Take commands; what is none is skipped."""
        if self.faults.absent:
            return
        self._incoming += data
        while (at := self._incoming.find(self.start)) >= 0 and len(self._incoming) >= at + self.command_bytes:
            command = self._incoming[at : at + self.command_bytes]
            self._incoming = self._incoming[at + self.command_bytes :]
            self.say(self.answer(command))

    def say(self, frame: bytes, at_s: float | None = None) -> None:
        """Send a frame, now or at another time by the clock, with what disturbs it."""
        if frame and self.faults.corrupts():
            frame = frame[:3] + bytes([frame[3] ^ 0xFF]) + frame[4:]
        frame = self.faults.noise + frame if frame else frame
        frame = frame[: self.faults.cut] if self.faults.cut else frame
        begun_s = self.clock.now_s() if at_s is None else at_s
        self._coming.append((begun_s + ANSWER_S + self.faults.slow_s, frame))

    def send(self) -> bytes:
        """What has arrived by now."""
        now_s = self.clock.now_s()
        due = [data for at_s, data in self._coming if at_s <= now_s]
        self._coming = [(at_s, data) for at_s, data in self._coming if at_s > now_s]
        return b"" if self.faults.absent else b"".join(due)

    def next_s(self) -> float:
        """When the next answer arrives."""
        return min((at_s for at_s, _ in self._coming), default=float("inf"))
