"""A simulated Plantower PMS5003: frames at its own pace or on demand, and a fan that can be stopped.

Source: Plantower, PMS5003 manual, appendices I and II.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from drivers.base import Clock
from drivers.simulated.serial_line import SerialPart

FRAME_EVERY_S = 0.8
"""Pace in active mode while the air changes; 2.3 s while it does not."""
WAKE_S = 1.0
"""From waking to the first frame."""
COMMAND_BYTES = 7
BACKLOG_FRAMES = 128
"""After a long time without a look at it only so many frames are made: the port keeps no more."""
VERSION = 0x9700
UG_PER_KG = 1e9


@dataclass(frozen=True, slots=True)
class DustSources:
    """Where the part takes its air from: mass of particles up to 1, 2.5 and 10 um across, in kg/m3."""

    pm1: Callable[[], float]
    pm2_5: Callable[[], float]
    pm10: Callable[[], float]


class SimulatedPms5003(SerialPart):
    """One PMS5003, awake and in active mode after power-up."""

    def __init__(self, clock: Clock, sources: DustSources, frame_every_s: float = FRAME_EVERY_S) -> None:
        super().__init__()
        self._clock = clock
        self._sources = sources
        self._every_s = frame_every_s
        self._next_s = clock.now_s() + frame_every_s
        self._active = True
        self._awake = True
        self._incoming = b""
        self._outgoing = b""

    def receive(self, data: bytes) -> None:
        """Take orders; what is none is skipped."""
        if self.faults.absent:
            return
        self._send_due()
        self._incoming += data
        while (start := self._incoming.find(b"\x42\x4d")) >= 0 and len(self._incoming) >= start + COMMAND_BYTES:
            order = self._incoming[start : start + COMMAND_BYTES]
            if sum(order[:5]) == int.from_bytes(order[5:]):
                self._obey(order[2], order[4])
                self._incoming = self._incoming[start + COMMAND_BYTES :]
            else:
                self._incoming = self._incoming[start + 1 :]

    def send(self) -> bytes:
        """What it has sent since the last call."""
        self._send_due()
        sent, self._outgoing = self._outgoing, b""
        return b"" if self.faults.absent else sent

    def next_s(self) -> float:
        """When the next frame in active mode is due."""
        return self._next_s if self._sending() else float("inf")

    def _sending(self) -> bool:
        return self._active and self._awake and not self.faults.absent

    def _send_due(self) -> None:
        now_s = self._clock.now_s()
        if not self._active or not self._awake:
            return
        due = max(0, math.floor((now_s - self._next_s) / self._every_s) + 1)
        for _ in range(min(due, BACKLOG_FRAMES)):
            self._outgoing += self._measure()
        self._next_s += due * self._every_s

    def _obey(self, code: int, argument: int) -> None:
        if code == 0xE1:  # noqa: PLR2004 - the manual's numbers, as below
            if not self._active:
                self._next_s = self._clock.now_s() + self._every_s
            self._active = argument == 1
            self._outgoing += frame(bytes([code, argument]))
        elif code == 0xE4:  # noqa: PLR2004
            if argument == 1 and not self._awake:
                self._next_s = self._clock.now_s() + WAKE_S
            elif argument == 0:
                self._outgoing += frame(bytes([code, argument]))
            self._awake = argument == 1
        elif code == 0xE2 and self._awake and not self._active:  # noqa: PLR2004
            self._outgoing += self._measure()

    def _measure(self) -> bytes:
        pm1, pm2_5, pm10 = (
            round(self.faults.measured(name, source) * UG_PER_KG)
            for name, source in (("1", self._sources.pm1), ("2.5", self._sources.pm2_5), ("10", self._sources.pm10))
        )
        counts = (pm1 * 180, pm1 * 52, pm1 * 9, pm2_5, pm10 // 4, pm10 // 9)
        words = (pm1, pm2_5, pm10, pm1, pm2_5, pm10, *counts, VERSION)
        payload = b"".join(min(0xFFFF, max(0, word)).to_bytes(2) for word in words)
        if self.faults.wrong_part:
            payload += bytes(8)
        made = frame(payload)
        if self.faults.corrupts():
            made = made[:-1] + bytes([made[-1] ^ 0xFF])
        made = self.faults.noise + made
        return made[: self.faults.cut] if self.faults.cut else made


def frame(payload: bytes) -> bytes:
    """A frame as the part sends it: start, count of what follows, payload, sum of all before."""
    body = b"\x42\x4d" + (len(payload) + 2).to_bytes(2) + payload
    return body + (sum(body) & 0xFFFF).to_bytes(2)
