"""What a person at the site may ask of the daemon, beside its status: to set a channel by hand, and to let go of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from gateway.app.overrides import Overrides
from gateway.core.command import Execution, Target
from gateway.core.decoding import in_words
from gateway.core.override import told
from gateway.core.reading import Value
from gateway.core.settings_types import WAIT_S_MAX
from gateway.core.wire import CommandStatus
from gateway.errors import StoreError

PATIENCE_S = 3.0
"""So long the answer waits for the actuator; whoever asks waits five seconds for it."""
TRUE, FALSE = ("true", "on", "yes"), ("false", "off", "no")
"""What people say of a switch."""


class Set(msgspec.Struct, frozen=True, tag_field="ask", tag="set"):
    """Give a channel a value that holds for a time; a text is taken as the channel takes it."""

    channel: str
    value: Value
    for_s: Annotated[float, Meta(gt=0, le=WAIT_S_MAX)] | None = None


class Release(msgspec.Struct, frozen=True, tag_field="ask", tag="release"):
    """Let go of a channel."""

    channel: str


class Desk:
    """Answers requests; what cannot be is answered with `{"error": …}`."""

    def __init__(self, targets: Mapping[str, Target], overrides: Overrides, hold_s: float) -> None:
        self._targets = targets
        self._overrides = overrides
        self._hold_s = hold_s
        self._decoder = msgspec.json.Decoder(Set | Release)

    async def answer(self, line: bytes, by: str) -> dict[str, Any] | None:
        """The answer to a line of JSON from the user `by`; None where it is no question for this desk."""
        try:
            asked = self._decoder.decode(line)
        except (msgspec.ValidationError, msgspec.DecodeError, RecursionError) as error:
            return (
                None if "ask" in str(error) or not isinstance(error, msgspec.ValidationError) else _no(in_words(error))
            )
        target = self._targets.get(asked.channel)
        if target is None or not target.writable:
            known = ", ".join(sorted(name for name, one in self._targets.items() if one.writable)) or "none"
            return _no(f"{asked.channel!r} cannot be set; what can be: {known}")
        try:
            return await (self._set(asked, target, by) if isinstance(asked, Set) else self._release(asked.channel, by))
        except StoreError as error:
            return _no(f"{error}; nothing was done")

    async def _set(self, asked: Set, target: Target, by: str) -> dict[str, Any]:
        value = _as_kind(asked.value, target.kind)
        decided, override = await self._overrides.hold(asked.channel, value, by, asked.for_s or self._hold_s)
        if not decided.final:
            decided = await self._overrides.outcome(decided, PATIENCE_S)
        said = _said(decided)
        if decided.status in (CommandStatus.IN_PROGRESS, CommandStatus.SUCCEEDED):
            said["override"] = told([override])[asked.channel.partition("/")[2]]
            said["for_s"] = override.lasts_s
        return said

    async def _release(self, channel: str, by: str) -> dict[str, Any]:
        if channel not in self._overrides.active:
            return _no(f"{channel} is not set by hand")
        follows = await self._overrides.end(channel, "released", by)
        self._overrides.asked()
        return {"channel": channel, "follows": follows}


def _said(execution: Execution) -> dict[str, Any]:
    said = {"channel": execution.channel, "status": execution.status.value, "value": execution.value}
    if execution.result is not None:
        said["result"] = execution.result
    if execution.reason_code:
        said["error"] = execution.reason or execution.reason_code.value
    return said


def _no(reason: str) -> dict[str, Any]:
    return {"error": reason}


def _as_kind(value: Value, kind: str) -> Value:
    """What a text means to a channel of that kind; where that is nothing it stays, for the admission to refuse."""
    if not isinstance(value, str):
        return value if isinstance(value, bool) else float(value)
    if kind == "boolean" and value.lower() in (*TRUE, *FALSE):
        return value.lower() in TRUE
    if kind == "number":
        try:
            number = float(value)
        except ValueError:
            return value
        return number if math.isfinite(number) else value
    return value
