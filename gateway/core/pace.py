"""How much may be on its way to the twin, and how large a batch may be: as much as the link carries without a queue.

A control by delay. Batches beyond what the link holds wait in a queue somewhere, and whatever is sent next waits behind
them; so the window grows while round trips stay near the shortest, and shrinks when they rise. How many batches wait is
reckoned as TCP Vegas does it (Brakmo and Peterson 1995, section 3.2: window times 1 - shortest / measured, with its
thresholds alpha and beta), and as in LEDBAT (RFC 6817 section 2.1) a short delay is no queue. A flow that did not use
its window learns nothing about a larger one (RFC 7661 section 4.4). Now and then the link runs empty for one small
batch, because ways change, and a queue that never empties looks like a long way (the probe of BBR, Cardwell and others
2016).

The size of a batch follows from the delivery rate: it doubles as long as it takes less than `BATCH_S` to be carried.
Bytes are those of readings before compression, as in `link.batch_bytes`; rates are too.
"""

from __future__ import annotations

import math

import msgspec

from gateway.core.round_trip import GRAIN_S, RoundTrip

WINDOW_FIRST = 2
"""Batches in flight on a new connection."""
QUEUED_FEW, QUEUED_MANY = 1.0, 2.0
"""Vegas' alpha and beta: with fewer batches in the queue the window grows, with more it shrinks."""
QUEUE_S = 0.1
"""LEDBAT's target: a queue that delays a reading by less than this does not matter to anybody."""
BATCH_S = 1.0
"""The longest that the link should take to carry one batch: so long a live reading may wait behind it."""
BATCH_BYTES_MIN = 512
"""The first batch of a connection and of a probe. Smaller ones are more header than reading; one segment is always a
batch, however large it is."""
SEGMENT_BYTES_MIN = 1024
"""Smaller segments are more labels than readings; such a one takes a link of 1 kB/s half a second, compressed."""
SEGMENT_BYTES_FIRST = 2048
"""Until a round trip was measured, which on a fast link is at once."""
PROBE_EVERY_S = 300.0
"""The shortest round trip is believed for so long. On a saturated link a probe costs one or two round trips."""


class Trip(msgspec.Struct, frozen=True):
    """One batch that was acknowledged: seconds until then, its bytes, and what was in flight when it left."""

    trip_s: float
    sent_s: float
    """When it left, by the clock that never goes back."""
    bytes: int
    ahead_bytes: int
    """Bytes that were on their way before it and not acknowledged."""
    flight: int
    """Batches on their way with it, itself included."""
    full: bool
    """Whether the window was full with it."""


class Pace:
    """Window and batch size of one connection."""

    def __init__(self, window_max: int, batch_bytes_max: int) -> None:
        self._window_max = window_max
        self._batch_bytes_max = batch_bytes_max
        self.begin()

    def begin(self) -> None:
        """A new connection, and perhaps another way."""
        self.trips = RoundTrip()
        self.rate: float | None = None
        """Bytes a second that the link carries at least; None until it was measured."""
        self._window = min(WINDOW_FIRST, self._window_max)
        self._batch_bytes = min(BATCH_BYTES_MIN, self._batch_bytes_max)
        self._probing = True
        self._base_bytes = 0
        self._probed_s = self._shrunk_s = float("-inf")

    @property
    def window(self) -> int:
        """Batches that may be on their way."""
        return 1 if self._probing and self.rate is not None else self._window

    @property
    def batch_bytes(self) -> int:
        """Bytes that a batch should not exceed; a batch of one segment may."""
        return min(BATCH_BYTES_MIN, self._batch_bytes) if self._probing else self._batch_bytes

    @property
    def segment_bytes(self) -> float:
        """Bytes that a segment should not exceed, for it is sent whole; infinite where any size is carried at once."""
        if self.rate is None:
            return SEGMENT_BYTES_FIRST
        if self._batch_bytes >= self._batch_bytes_max:
            return math.inf
        return max(SEGMENT_BYTES_MIN, self._batch_bytes)

    def full(self, batches: int, flight_bytes: int) -> bool:
        """Whether nothing more may be sent while so many batches and bytes are on their way.

        A batch of one large segment counts for as many as it is large.
        """
        return batches >= self.window or flight_bytes >= self.window * self.batch_bytes

    def silent(self) -> None:
        """Nothing was acknowledged in time: one batch at a time, and a small one, until something is."""
        self._probing = True
        self._window, self._batch_bytes = 1, min(BATCH_BYTES_MIN, self._batch_bytes_max)

    def acknowledged(self, trip: Trip) -> None:
        """A batch that was sent once was acknowledged."""
        now_s = trip.sent_s + trip.trip_s
        alone = trip.flight == 1 and (self._probing or now_s - self._probed_s >= PROBE_EVERY_S)
        base_s = self.trips.base_s
        self.trips.measured(trip.trip_s, alone=alone)
        if alone or self.trips.base_s < base_s:
            self._base_bytes = trip.bytes
        if alone:
            self._probed_s = now_s
        self._probing = now_s - self._probed_s >= PROBE_EVERY_S
        taken_s = max(trip.trip_s, GRAIN_S)
        delay_s = max(taken_s - self.trips.base_s, 0.0)
        if not alone or self.rate is None:  # A small batch that had the link for itself says nothing of its rate.
            self._size_batches(trip, taken_s, delay_s)
        self._size_window(trip, taken_s, delay_s, now_s)

    def _size_window(self, trip: Trip, taken_s: float, delay_s: float, now_s: float) -> None:
        batches = max(trip.flight, (trip.ahead_bytes + trip.bytes) / self._batch_bytes)
        queued = batches * delay_s / taken_s
        if delay_s < QUEUE_S or queued < QUEUED_FEW:
            if trip.full:
                self._window = min(self._window + 1, self._window_max)
        elif queued > QUEUED_MANY and trip.sent_s >= self._shrunk_s:  # Once for what left under one window.
            self._window = max(self._window - 1, 1)
            self._shrunk_s = now_s

    def _size_batches(self, trip: Trip, taken_s: float, delay_s: float) -> None:
        """By two estimates that are not above the true rate.

        The link carried all that was in flight in this time; and what this batch had more than the one of the shortest
        round trip in the time by which it was later. The first is short of the rate on a link that is not full, the
        second on one with a queue.
        """
        more_bytes = trip.bytes - self._base_bytes
        rate = max((trip.ahead_bytes + trip.bytes) / taken_s, more_bytes / max(delay_s, GRAIN_S))
        used = trip.bytes * 2 >= self._batch_bytes
        if not used and self.rate is not None and rate < self.rate:
            return  # It did not fill the link, so the link may well carry more.
        self.rate = rate
        wanted = min(rate * BATCH_S, self._batch_bytes * (2 if used else 1))
        self._batch_bytes = min(round(max(wanted, BATCH_BYTES_MIN)), self._batch_bytes_max)
