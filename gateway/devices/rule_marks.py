"""What rules have set last, so that an older wish of the twin does not undo it.

What the twin desires is a state, and would be asked for again as soon as a rule makes the channel differ from it. So a
wish counts only if it is younger than what the rule did; the twin says it anew to have its way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from gateway.core.command import Execution, Source
from gateway.core.reading import Reading, Value
from gateway.core.rules import Ask
from gateway.core.wire import CommandStatus
from gateway.store.database import Statement
from gateway.store.held import hold

MARK = "set:"
"""Before a channel: where it is held what a rule has set it to. No channel has such a name."""


class Mark(msgspec.Struct, frozen=True):
    """A rule that has set a channel."""

    rule: str
    value: Value
    wall_s: float | None
    """Unix time; None where no clock could be trusted."""


class Marks:
    """The channels that rules have set, and nobody else since."""

    def __init__(self, held: Mapping[str, Value], lasting: Collection[str]) -> None:
        self._lasting = lasting
        """Channels that keep their value over a restart: set points. Others go to their safe values."""
        self.by_channel: dict[str, Mark] = {}
        for channel in lasting:
            mark = _read(held.get(f"{MARK}{channel}"))
            if mark is not None and held.get(channel) == mark.value:
                self.by_channel[channel] = mark

    def keep(self, ask: Ask, wall_s: float | None) -> tuple[Statement, ...]:
        """What remembers over a restart that a rule sets a set point; for the transaction in which it asks for it."""
        if ask.channel not in self._lasting:
            return ()
        text = msgspec.json.encode(Mark(ask.rule, ask.value, wall_s)).decode()
        return (hold(f"{MARK}{ask.channel}", text),)

    def finished(self, execution: Execution, channel: str, rule: str, wall_s: float | None) -> None:
        """A command that may have set `channel` has ended, asked for by that rule or by somebody else."""
        if execution.status is not CommandStatus.SUCCEEDED:
            return
        if execution.source is Source.RULE:
            value = execution.value if execution.result is None else execution.result
            self.by_channel[channel] = Mark(rule, value, wall_s)
        else:
            self.by_channel.pop(channel, None)

    def read(self, reading: Reading) -> None:
        """What a part has lost by itself is nobody's any more."""
        mark = self.by_channel.get(reading.series)
        if mark is not None and reading.value != mark.value:
            del self.by_channel[reading.series]

    def older(self, channel: str, wished_ms: int, anew: bool) -> str:
        """The rule that has set the channel since the twin wished something of it; empty where none has.

        Args:
            channel: the channel, device/channel.
            wished_ms: Unix milliseconds of the wish, 0 where the service does not say. It notes whole seconds: within
                the same one the twin has its way.
            anew: whether it is another wish than the one that was followed last; decides where times do not.
        """
        mark = self.by_channel.get(channel)
        if mark is None:
            return ""
        younger = anew if mark.wall_s is None or not wished_ms else wished_ms >= int(mark.wall_s) * 1000
        return "" if younger else mark.rule


def _read(text: Value | None) -> Mark | None:
    try:
        return msgspec.json.decode(str(text), type=Mark)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
