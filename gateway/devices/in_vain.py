"""What programs here ask for in vain: said once, and once more when the reason is another, not with every try.

Each command is a few rows of the disk and lines of the event log, and a rule or a thermostat whose output has to be off
would ask once a minute for as long as that lasts.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.core.command import ReasonCode
from gateway.core.reading import Value

Refusal = tuple[ReasonCode, str]
Forewarn = Callable[[str, Value], Refusal | None]
"""Why a value of a channel would be refused if it were asked for now."""


class InVain:
    """One wish, and why it was refused when it was made a command last."""

    def __init__(self) -> None:
        self._code: ReasonCode | None = None

    def again(self, refusal: Refusal | None) -> bool:
        """Whether it would be refused now, and was before, for the same reason: then nobody has to hear of it."""
        code = None if refusal is None else refusal[0]
        if code is not None and code is self._code:
            return True
        self._code = code
        return False


def unwarned(_channel: str, _value: Value) -> Refusal | None:
    """Where nothing is known beforehand."""
    return None
