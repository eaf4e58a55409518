"""What the story claims, and whether it held."""

from __future__ import annotations

from dataclasses import dataclass, field


class StoryError(Exception):
    """The story cannot go on: something that it rests on has failed."""


@dataclass
class Claims:
    """Every claim in the order in which it was looked at."""

    held: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether at least one claim was made and none failed."""
        return bool(self.held) and not self.failed

    def add(self, claim: str, held: bool) -> None:
        """Note a claim."""
        (self.held if held else self.failed).append(claim)
