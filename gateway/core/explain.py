"""Why an actuator is as it is, read from the event log. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gateway.core.command import BOOT, Execution

KINDS = ("start", "command", "rule", "outcome", "forced", "override", "override_ended")
"""The kinds of entries that tell of it. Of all but `start` the data names the channel."""
SUCCEEDED, REJECTED = "SUCCEEDED", "REJECTED"
BROKEN_OFF = frozenset({"CANCELLED", "SUPERSEDED", "TIME_LIMIT", "INTERRUPTED", "DEVICE_ERROR"})
"""What ends an operation on its way: it may have set the channel before."""
WITHHELD_MAX = 10
"""Refused wishes that are told of, the newest of each who asked."""


class Past(NamedTuple):
    """An entry of the event log."""

    time_s: float
    kind: str
    data: Mapping[str, Any]


class Cause(NamedTuple):
    """What an actuator has its value from."""

    by: str
    """`rule`, `twin`, `shadow`, `control`, `hand`, `safety` or `start`."""
    text: str
    time_s: float
    value: Any
    id: str = ""
    rule: str = ""
    readings: Mapping[str, Any] = {}


def explain(
    channel: str,
    entries: Sequence[Past],
    *,
    lasting: bool = False,
    under_way: tuple[Execution, float] | None = None,
) -> dict[str, Any]:
    """What the log says of `channel`, from entries of the `KINDS`, oldest first.

    One that is `lasting`, a set point, keeps its value over a start; every other one is driven to its safe value. The
    answer has `cause` (None where the log does not say), `since` (when it took the value that it has, None as
    before) and `withheld`, what was asked for since then and refused; a start forgets nothing of that.
    An operation that is `under_way` and has set the channel, at a Unix time, is the cause where nothing came later.
    """
    story = _Story(channel)
    for entry in entries:
        if not (lasting and entry.kind == "start"):
            story.take(entry)
    if under_way is not None:
        story.goes_on(*under_way)
    return {
        "channel": channel,
        "cause": story.causes[-1]._asdict() if story.causes else None,
        "since": _since(story.causes),
        "withheld": [*story.withheld.values()][-WITHHELD_MAX:],
    }


def _since(causes: Sequence[Cause]) -> float | None:
    """When the first of the last causes came that all gave the same value."""
    since = None
    for cause in reversed(causes):
        if since is not None and (cause.value != causes[-1].value or cause.by == "start"):
            break
        since = cause.time_s
    return since


class _Story:
    """The log of one channel, read from front to back."""

    def __init__(self, channel: str) -> None:
        self.causes: list[Cause] = []
        self.withheld: dict[str, dict[str, Any]] = {}
        self._channel = channel
        self._commands: dict[str, Mapping[str, Any]] = {}
        self._rules: dict[str, Mapping[str, Any]] = {}
        self._by = ""
        self._ended = ""

    def take(self, entry: Past) -> None:
        """The next entry."""
        data = entry.data
        if entry.kind == "start":
            # What was withheld before is not granted by a start.
            text = "the gateway was started, which drives the safe value"
            self.causes.append(Cause("start", text, entry.time_s, None))
        elif data.get("channel") in (self._channel, self._channel.partition("/")[0]):
            # An operation is one of the whole device.
            self._take(entry.kind, entry.time_s, data)

    def goes_on(self, execution: Execution, set_s: float) -> None:
        """An operation that has not ended set it then."""
        if not self.causes or self.causes[-1].time_s <= set_s:
            text = f"{_operation(execution.operation, execution.channel, execution.source.value)}, which is under way"
            self._causes(Cause(execution.source.value, text, set_s, None, execution.id))

    def _take(self, kind: str, time_s: float, data: Mapping[str, Any]) -> None:
        identifier = str(data.get("id", ""))
        if kind == "command":
            self._commands[identifier] = data
            if data.get("status") == REJECTED:
                self._refused(identifier, time_s, data)
        elif kind == "rule":
            self._rules[identifier] = data
        elif kind == "override":
            self._by, self._ended = str(data.get("by", "")), ""
        elif kind == "override_ended":
            self._ended = str(data.get("cause", ""))
        elif kind == "forced":
            text = f"safety: {data.get('reason') or data.get('code')}"
            self._causes(Cause("safety", text, time_s, data.get("value")))
        elif kind == "outcome" and data.get("status") == SUCCEEDED:
            self._causes(self._cause(identifier, time_s, data))
        elif kind == "outcome" and self._broke_off(identifier, data):
            cause = self._cause(identifier, time_s, data)
            text = f"{cause.text}, which was broken off: {data.get('reason') or data.get('code')}"
            self._causes(cause._replace(text=text))
        elif kind == "outcome":
            self._refused(identifier, time_s, data)

    def _broke_off(self, identifier: str, data: Mapping[str, Any]) -> bool:
        """Whether it is an operation that had begun, and left the channel as it is."""
        begun = data.get("status") != REJECTED and data.get("code") in BROKEN_OFF
        return begun and "operation" in self._commands.get(identifier, {})

    def _causes(self, cause: Cause) -> None:
        self.causes.append(cause)
        self.withheld = {}

    def _cause(self, identifier: str, time_s: float, data: Mapping[str, Any]) -> Cause:
        command = self._commands.get(identifier, {})
        rule = self._rules.get(identifier, {})
        value = command.get("value") if data.get("result") is None else data.get("result")
        name, readings = str(rule.get("rule", "")), rule.get("readings", {})
        return Cause(self._source(command), self._who(identifier), time_s, value, identifier, name, readings)

    @staticmethod
    def _source(command: Mapping[str, Any]) -> str:
        return str(command.get("source") or "unknown")

    def _who(self, identifier: str) -> str:
        """Who asked for it, in words."""
        rule = self._rules.get(identifier)
        if rule is not None:
            return f"rule {rule.get('rule')}: {rule.get('because')}"
        command = self._commands.get(identifier, {})
        source = self._source(command)
        if "operation" in command:
            return _operation(str(command["operation"]), str(command.get("channel")), source)
        if source == "hand" and self._ended:
            return f"as it was before somebody set it by hand ({self._ended})"
        if identifier.startswith(BOOT):
            return "given again after the start, as `safety.boot` says"
        words = {
            "twin": f"an order of the twin, {identifier}",
            "shadow": "what the twin wants it to be (its shadow)",
            "control": f"the thermostat {identifier.rpartition('-')[0]}",
            "rule": f"rule {identifier.removeprefix('rule-').rpartition('-')[0]}",
            "hand": f"set by hand by {self._by or 'somebody'}",
        }
        return words.get(source, f"the command {identifier}")

    def _refused(self, identifier: str, time_s: float, data: Mapping[str, Any]) -> None:
        command = self._commands.get(identifier, {})
        who = self._who(identifier)
        self.withheld.pop(who, None)  # So that the newest stand last.
        self.withheld[who] = {
            "who": who,
            "value": command.get("value"),
            "reason": data.get("reason") or data.get("code") or data.get("status"),
            "time": time_s,
        }


def _operation(name: str, device: str, source: str) -> str:
    return f"the operation {name} of {device}, asked for by {source}"
