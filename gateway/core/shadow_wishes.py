"""What the twin wants of one device: wishes on their way to it, and those that were refused. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gateway.core.hybrid_clock import NEVER, Stamp
from gateway.core.reading import Value
from gateway.core.shadow import equal, merge
from gateway.core.shadow_report import Json, Refusal
from gateway.core.shadow_stamps import STAMPS_KEY, stamp_for

SETTINGS_KEY = "_settings"
"""Where settings are desired and reported; no channel has this name."""
RESERVED = (SETTINGS_KEY, STAMPS_KEY)
"""What is desired of no channel."""


class Wish(NamedTuple):
    """A value that the twin wants a channel to have."""

    channel: str
    value: object
    stamp: Stamp = NEVER
    """When it was wished."""


class Wishes:
    """The wishes of a document that are not yet so."""

    def __init__(self) -> None:
        self.pending: Json = {}
        """Channel to the value that became a command and has no outcome yet."""
        self.refused: dict[str, Refusal] = {}
        self.desired: Json = {}
        """All that is desired, so or not."""
        self._desired_version = 0
        self._stamps: dict[str, Stamp] = {}
        """When that was wished which was asked for last."""

    def fetched(self, desired: Json, version: int) -> None:
        """The document says that this is desired."""
        self.desired, self._desired_version = desired, version

    def written(self, state: object, version: int) -> None:
        """An update said this. One that comes once more says nothing new."""
        if version <= self._desired_version:
            return
        self._desired_version = version
        said = as_object(state)
        if state is not None and "desired" not in said:
            return
        wiped = state is None or said["desired"] is None
        self.desired = {} if wiped else merge(self.desired, as_object(said.get("desired")))

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

    def differ(self, difference: object, actual: Mapping[str, Value], metadata: object, *, retry: bool) -> list[Wish]:
        """All that differs now: what of it is news. A null in a delta is no instruction.

        Deltas repeat what was refused; it is tried again only with `retry`, or where it was desired anew.
        """
        state, noted = as_object(difference), as_object(metadata)
        wishes = {name: value for name, value in state.items() if value is not None and name not in RESERVED}
        stamps = {name: stamp_for(name, noted, state) for name in wishes}
        self.pending = {name: want for name, want in self.pending.items() if holds(wishes, name, want)}
        self.refused = {name: error for name, error in self.refused.items() if holds(wishes, name, error.want)}
        anew = {name for name, stamp in stamps.items() if retry or stamp > self._stamps.get(name, NEVER)}
        refused = {channel: error.want for channel, error in self.refused.items() if channel not in anew}
        self._stamps = stamps
        known: tuple[Mapping[str, object], ...] = (actual, self.pending, refused)
        return [
            Wish(channel, value, stamps[channel])
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
