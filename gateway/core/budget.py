"""A daily budget of bytes: what was spent, what may be spent now, and how far limits are stretched to keep it. Pure.

The day is any 24 hours, not the calendar's. Bytes are counted by the hour of an own clock, and the hour that goes on
with the 24 before it always covers a day: what they hold together is never above the budget, but for what is critical
or no reading.

Three things keep it, in this order:
1. The stretch, from 0 to 1. Live readings may spend an even share; while they spend more, it grows, below a lower mark
   it shrinks, and between the two it stays.
2. An allowance of live readings, some hours deep, that fills at the even share. As it empties, the lanes wait in the
   outbox: low first, then normal, then high; critical never.
3. Readings that waited on the disk get what the day leaves when the live ones have had their share.
"""

from __future__ import annotations

import math

import msgspec

from gateway.core.reading import Lane

HOUR_S = 3600.0
HOURS = 24
"""Full hours that are kept beside the one that goes on."""
DEPTH_HOURS = 3.0
"""How many hours of an even share live readings may save up for a burst."""
KEEP = {Lane.HIGH: 0.0, Lane.NORMAL: 0.1, Lane.LOW: 0.3}
"""What a lane leaves of the allowance for those above it, as a share of it."""
HIGH_MARK, LOW_MARK = 0.95, 0.8
"""Shares of the even rate between which the stretch stays as it is."""
MEMORY_S = 1800.0
"""Over about so long the rate of live readings is averaged."""
TRAVEL_S = 5400.0
"""So long the stretch needs from one end to the other where live readings want twice what they may."""
ERROR_MAX = 2.0
"""The farthest from the even rate that the stretch is steered by, as a share of it."""


class Account(msgspec.Struct):
    """What is kept over a restart: bytes of each hour, the newest last, and where the steering stands."""

    hours: list[float]
    into_hour_s: float = 0.0
    allowance: float = 0.0
    rate: float = 0.0
    """Bytes of live readings in a second."""
    stretch: float = 0.0


class Budget:
    """The account of one gateway, and what follows from it."""

    def __init__(self, bytes_per_day: float, account: Account | None = None) -> None:
        self.limit = float(bytes_per_day)
        self.account = account or Account([0.0] * (HOURS + 1), allowance=self.share * DEPTH_HOURS)
        self._since_step = 0.0
        """Bytes of live readings since the last step."""

    @property
    def share(self) -> float:
        """Bytes of an hour that every hour may spend for ever."""
        return self.limit / (HOURS + 1)

    @property
    def spent(self) -> float:
        """Bytes of the last day, and a little more."""
        return sum(self.account.hours)

    @property
    def left(self) -> float:
        """Bytes that may still go now."""
        return max(0.0, self.limit - self.spent)

    @property
    def stretch(self) -> float:
        """How far limits are stretched: 0 as configured, 1 as far as the user allows."""
        return self.account.stretch

    def elapse(self, seconds: float) -> None:
        """Let time pass; in steps of some seconds to a minute, and as long ones as a downtime was."""
        account = self.account
        account.into_hour_s += max(0.0, seconds)
        passed = int(account.into_hour_s // HOUR_S)
        account.into_hour_s -= passed * HOUR_S
        account.hours = [*account.hours, *[0.0] * min(passed, HOURS + 1)][-HOURS - 1 :]
        account.allowance = min(self.share * DEPTH_HOURS, account.allowance + self.share * seconds / HOUR_S)
        self._steer(seconds)

    def _steer(self, seconds: float) -> None:
        if seconds <= 0:
            return
        account = self.account
        weight = 1.0 - math.exp(-seconds / MEMORY_S)
        account.rate += weight * (self._since_step / seconds - account.rate)
        self._since_step = 0.0
        even = self.share / HOUR_S
        ratio = account.rate / even if even > 0 else ERROR_MAX
        if account.allowance < KEEP[Lane.LOW] * self.share * DEPTH_HOURS:
            ratio = max(ratio, HIGH_MARK + 0.25)  # Something waits already, which the rate does not show.
        error = max(0.0, ratio - HIGH_MARK) - max(0.0, LOW_MARK - ratio)
        step = max(-ERROR_MAX, min(ERROR_MAX, error)) * min(seconds, MEMORY_S) / TRAVEL_S
        account.stretch = min(1.0, max(0.0, account.stretch + step))

    def spend(self, size_bytes: float, *, live: bool) -> None:
        """So many bytes have left. `live` is for all but readings that waited on the disk."""
        self.account.hours[-1] += size_bytes
        if live:
            self._since_step += size_bytes
            floor = -self.share * DEPTH_HOURS
            self.account.allowance = max(floor, self.account.allowance - size_bytes)

    def lowest_live(self, size_bytes: float) -> Lane:
        """The lowest lane of which live readings may go now, in a batch of about so many bytes."""
        return next(
            (lane for lane in (Lane.LOW, Lane.NORMAL, Lane.HIGH) if size_bytes <= self.room(lane)), Lane.CRITICAL
        )

    def room(self, lane: Lane) -> float:
        """Bytes that a batch of live readings may take now, where the lowest of them are of `lane`, none critical."""
        return min(self.left, self.account.allowance - KEEP[lane] * self.share * DEPTH_HOURS)

    def stored_may_go(self, size_bytes: float) -> bool:
        """Whether readings from the disk may go now, in a batch of about so many bytes."""
        return size_bytes <= self.spare

    @property
    def spare(self) -> float:
        """Bytes that live readings will not need: at no hour of the day to come is the sum above the budget then."""
        hours = self.account.hours
        hourly = min(self.share, max(self.account.rate * HOUR_S, self.share / 4))
        spare, kept = math.inf, self.spent
        for ahead in range(HOURS + 1):
            spare = min(spare, self.limit - kept - hourly * (ahead + 1))
            kept -= hours[ahead]
        return max(0.0, spare)
