"""What the twin wants of one device: wishes on their way to it, and those that were refused. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gateway.core.reading import Value
from gateway.core.shadow import equal
from gateway.core.shadow_report import Json, Refusal


class Wish(NamedTuple):
    """A value that the twin wants a channel to have."""

    channel: str
    value: object


class Wishes:
    """The wishes of a document that are not yet so."""

    def __init__(self) -> None:
        self.pending: Json = {}
        """Channel to the value that became a command and has no outcome yet."""
        self.refused: dict[str, Refusal] = {}

    def is_now(self, channel: str, value: Value) -> None:
        """The channel has this value; a wish for it is fulfilled, and a refusal of it over."""
        error = self.refused.get(channel)
        # While another value is wished, or was refused, this one is no answer to that.
        if equal(self.pending.get(channel, error.want if error else value), value):
            self._forget(channel)

    def refuse(self, channel: str, refusal: Refusal) -> None:
        """A wish could not be fulfilled; one that was taken back or replaced meanwhile needs no word."""
        if holds(self.pending, channel, refusal.want):
            self.refused[channel] = refusal
            del self.pending[channel]

    def desired_is(self, desired: Json, actual: Mapping[str, Value]) -> None:
        """Somebody wrote this into desired: what is so already, or was taken back, is wished no more."""
        for channel, value in desired.items():
            if value is None or (channel in actual and equal(value, actual[channel])):
                self._forget(channel)

    def differ(self, difference: object, actual: Mapping[str, Value], *, retry: bool) -> list[Wish]:
        """All that differs now: what of it is news. A null in a delta is no instruction.

        Deltas repeat what was refused; it is tried again only with `retry`.
        """
        wishes = {channel: value for channel, value in as_object(difference).items() if value is not None}
        self.pending = {name: want for name, want in self.pending.items() if holds(wishes, name, want)}
        self.refused = {name: error for name, error in self.refused.items() if holds(wishes, name, error.want)}
        refused = {} if retry else {channel: error.want for channel, error in self.refused.items()}
        known: tuple[Mapping[str, object], ...] = (actual, self.pending, refused)
        return [
            Wish(channel, value)
            for channel, value in wishes.items()
            if not any(holds(values, channel, value) for values in known)
        ]

    def _forget(self, channel: str) -> None:
        self.pending.pop(channel, None)
        self.refused.pop(channel, None)


def holds(values: Mapping[str, object], name: str, value: object) -> bool:
    """Whether `name` is there, with this value."""
    return name in values and equal(values[name], value)


def as_object(value: object) -> Json:
    """`value` where it is an object, else an empty one: what others send may be anything."""
    return value if isinstance(value, dict) else {}
