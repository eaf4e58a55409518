"""Who of two goes next on a link that both want: live readings or what waits on the disk, each with a share in bytes.

Deficit counting (Shreedhar and Varghese 1995): what the one is sent while the other waits is a debt to the other. Live
readings go first; they are due only now and then, and whenever they are not, what is stored has the link for itself.
So on a fast link it gets all that live readings leave, and on a slow one it still gets its share and no more.
"""

from __future__ import annotations

STORED_SHARE = 0.25
"""Of the bytes sent while both wait. The rest is for live readings, which is their reserved share: a twin that sees the
present late is worse than one that hears of the past late, and at a quarter an outage still ends."""


class Shares:
    """The account between live readings and stored ones."""

    def __init__(self, stored_share: float = STORED_SHARE) -> None:
        self._stored_share = stored_share
        self._owed_bytes = 0.0
        """What stored readings have missed of their share; negative where they had more."""

    def stored_next(self, *, live: bool, stored: bool) -> bool:
        """Whether the next batch is one from the disk, where live readings or stored ones or both wait."""
        if not stored:
            self._owed_bytes = 0.0  # Who does not want the link now has nothing to get back for it later.
        return stored and (not live or self._owed_bytes > 0)

    def sent(self, size_bytes: int, *, stored: bool) -> None:
        """A batch of so many bytes was sent while something stored waited, or was what was sent.

        Live readings may be due again the moment after: what went instead of them counts, but only the last batch, so
        that a long time without any is not held against what used it.
        """
        if stored:
            rest = max(self._owed_bytes, 0.0) - size_bytes * (1 - self._stored_share)
            self._owed_bytes = min(self._owed_bytes, rest)
        else:
            self._owed_bytes += size_bytes * self._stored_share
