"""One level out of the many that a bouncing contact gives. Pure: it sees levels and times, and keeps two of them."""

from __future__ import annotations


class Debounce:
    """Takes the first change at once and is deaf for `hold_s` after it.

    A contact that closes is so reported without delay, and its bounces are not. A pulse shorter than `hold_s` leaves
    the level wrong until the contact is looked at again: whoever uses this feeds it a fresh level now and then.
    """

    def __init__(self, level: bool, hold_s: float) -> None:
        self.level = level
        self._hold_s = hold_s
        self._deaf_until_s = float("-inf")

    def feed(self, level: bool, now_s: float) -> bool:
        """Take in the contact's level at `now_s`, in seconds that never go back; True when that changes `level`."""
        if level == self.level or now_s < self._deaf_until_s:
            return False
        self.level = level
        self._deaf_until_s = now_s + self._hold_s
        return True
