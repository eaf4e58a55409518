"""What a part has to be told at its next start, so that it goes on from where it was: a counter's total.

Drivers keep nothing on a disk; whoever runs one does that for it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from drivers.base import Readings


class Remembering(ABC):
    """A driver that counts on over a restart. Both methods talk to no part, and may be called from any thread."""

    @abstractmethod
    def memory(self) -> Readings:
        """What to hand to `resume` next time, by channel; nothing where it is not known."""

    @abstractmethod
    def resume(self, memory: Readings | None) -> None:
        """Go on from what an earlier run remembered; called once, before the first `open`.

        An empty `memory` is that of the very first start. None says that it cannot be read now: what would build on
        it is then not read at all. What makes no sense in it is passed over.
        """
