"""Which of several rules has its way with a channel: the most urgent, and among equals the one that fired last."""

from __future__ import annotations

from typing import NamedTuple

from gateway.core.reading import Value


class Wish(NamedTuple):
    """What a rule wants a channel to be, for as long as the rule holds."""

    priority: int
    order: int
    """Grows with every firing."""
    rule: str
    value: Value

    @property
    def rank(self) -> tuple[int, int]:
        """The lowest wins."""
        return self.priority, -self.order


class Wishes:
    """Every wish that stands."""

    def __init__(self) -> None:
        self._standing: dict[str, dict[str, Wish]] = {}

    def winner(self, channel: str) -> Wish | None:
        """Whose wish counts; None where nobody has one."""
        return min(self._standing.get(channel, {}).values(), key=lambda wish: wish.rank, default=None)

    def add(self, channel: str, wish: Wish) -> bool:
        """Let a wish stand; True where it counts."""
        self._standing.setdefault(channel, {})[wish.rule] = wish
        return self.winner(channel) is wish

    def yields(self, channel: str, priority: int) -> bool:
        """Whether somebody with that priority may set the channel once, with no wish that stands."""
        holder = self.winner(channel)
        return holder is None or priority <= holder.priority

    def drop(self, channel: str, rule: str) -> tuple[bool, Wish | None]:
        """Let go of a wish: whether it was the one that counted, and the one that does now."""
        before = self.winner(channel)
        self._standing.get(channel, {}).pop(rule, None)
        return before is not None and before.rule == rule, self.winner(channel)

    def told(self) -> dict[str, list[dict[str, object]]]:
        """All of them by channel, the one that counts first: for whoever asks why."""
        return {
            channel: [
                {"rule": wish.rule, "value": wish.value, "priority": wish.priority}
                for wish in sorted(wishes.values(), key=lambda wish: wish.rank)
            ]
            for channel, wishes in self._standing.items()
            if wishes
        }
