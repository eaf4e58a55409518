"""A link as arithmetic: bytes leave one after the other at a rate, and an acknowledgement comes a round trip later."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from gateway.core.pace import Pace, Trip


@dataclass
class Link:
    """What there is between gateway and twin."""

    rate: float
    """Bytes a second."""
    round_trip_s: float
    header_bytes: int = 100
    free_s: float = 0.0

    def carry(self, size, now_s):
        """When a batch that is handed over now is acknowledged."""
        self.free_s = max(self.free_s, now_s) + (size + self.header_bytes) / self.rate
        return self.free_s + self.round_trip_s


@dataclass
class Drain:
    """A backlog without end, sent as `Pace` allows."""

    link: Link
    pace: Pace = field(default_factory=lambda: Pace(8, 65_536))
    now_s: float = 0.0
    flight: list = field(default_factory=list)
    acknowledged_bytes: int = 0
    queued_s: list = field(default_factory=list)
    """How long a reading that came at that moment would have waited behind what was on its way."""
    windows: list = field(default_factory=list)
    _number: int = 0

    def run(self, seconds, segment_bytes=400):
        """Send for so long; a batch is a number of whole segments."""
        end_s = self.now_s + seconds
        while True:
            while not self.pace.full(len(self.flight), sum(trip.bytes for _, _, trip in self.flight)):
                self._send(segment_bytes)
            due_s, _, trip = self.flight[0]
            if due_s > end_s:
                self.now_s = end_s
                return self
            heapq.heappop(self.flight)
            self.now_s = due_s
            self.acknowledged_bytes += trip.bytes
            self.queued_s.append(max(0.0, self.link.free_s - self.now_s))
            self.windows.append(self.pace.window)
            self.pace.acknowledged(trip)

    def _send(self, segment_bytes):
        size = max(1, self.pace.batch_bytes // segment_bytes) * segment_bytes
        ahead = sum(trip.bytes for _, _, trip in self.flight)
        due_s = self.link.carry(size, self.now_s)
        count = len(self.flight) + 1
        trip = Trip(due_s - self.now_s, self.now_s, size, ahead, count, full=self.pace.full(count, ahead + size))
        self._number += 1
        heapq.heappush(self.flight, (due_s, self._number, trip))
