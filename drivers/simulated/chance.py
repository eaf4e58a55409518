"""Chance that repeats: every source of it is made from the seed and a name, and draws in an order of its own."""

from __future__ import annotations

import math
from random import Random


def normal(key: str) -> float:
    """A number from the standard normal distribution that belongs to `key`."""
    return Random(key).gauss()  # noqa: S311 - weather, not secrets


class DoorTimes:
    """When a door opens and closes: at random, with given means, in an order that the seed fixes."""

    def __init__(self, seed: int, opens_every_s: float, open_for_s: float) -> None:
        self.is_open = False
        self._random = Random(f"{seed}/door")  # noqa: S311 - weather, not secrets
        self._means_s = {False: opens_every_s, True: open_for_s}
        self.next_s = self._after(0.0)

    def turn(self) -> None:
        """Open or close, as is due at `next_s`, and settle when the next time is."""
        self.is_open = not self.is_open
        self.next_s = self._after(self.next_s)

    def _after(self, now_s: float) -> float:
        mean_s = self._means_s[self.is_open]
        return now_s + self._random.expovariate(1 / mean_s) if mean_s > 0 else math.inf


class Drift:
    """A value that wanders around 0 with a standard deviation of 1, and forgets where it was after a while.

    Source: the Ornstein-Uhlenbeck process, sampled exactly.
    """

    def __init__(self, seed: int, name: str, step: float) -> None:
        """`step` is the time between two calls of `step`, as a share of the time in which it forgets."""
        self._random = Random(f"{seed}/{name}")  # noqa: S311 - weather, not secrets
        self._keep = math.exp(-step)
        self._fresh = math.sqrt(1 - self._keep**2)
        self._value = self._random.gauss()

    def step(self) -> None:
        """Wander on."""
        self._value = self._value * self._keep + self._fresh * self._random.gauss()

    def factor(self, spread: float) -> float:
        """A factor around 1, never negative: `spread` is the standard deviation of its logarithm."""
        return math.exp(spread * self._value)
