"""The gateway's side of one device's shadow: what to ask, what to report, what a delta means. No I/O.

The gateway reports what is, read back from the part, never what was wished. What it refuses stays different in the
document and is explained under `_errors`. At most one request is unanswered; changes meanwhile are conflated, newest
per channel.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import NamedTuple

from gateway.core.reading import Value
from gateway.core.shadow import delta, equal

ERRORS_KEY = "_errors"
"""Where refused values are explained; no channel has this name."""

NOT_FOUND = 404
VERSION_CONFLICT = 409
"""Codes of the AWS device shadow service."""

Json = dict[str, object]


class Request(NamedTuple):
    """A message to the shadow service: `get`, or `update` with its document."""

    kind: str
    document: Json


class Wish(NamedTuple):
    """A value that the twin wants a channel to have."""

    channel: str
    value: object


class Phase(enum.StrEnum):
    """What is known of the document."""

    UNKNOWN = "unknown"
    """Not fetched on this connection."""
    ASKED = "asked"
    KNOWN = "known"


class DeviceShadow:
    """The shadow of one device."""

    def __init__(self) -> None:
        self._actual: dict[str, Value] = {}
        self._errors: dict[str, Json] = {}
        self._pending: Json = {}
        self._reported: Json = {}
        self.phase = Phase.UNKNOWN
        self.version = 0
        self.agreed = False
        """Whether desired and reported are the same, as far as we know."""
        self._asked_token = ""
        self._tokens = 0
        self._session = ""
        self._in_flight: Json | None = None

    # --- what happens here ---

    def is_now(self, channel: str, value: Value) -> None:
        """The channel has this value, by its read-back; an error about it is over."""
        self._actual[channel] = value
        if not self._is_wanted_elsewhere(channel, value):
            self._pending.pop(channel, None)
            self._errors.pop(channel, None)

    def refuse(self, channel: str, want: object, code: str) -> None:
        """A wish could not be fulfilled."""
        self._errors[channel] = {"code": code, "want": want}
        self._pending.pop(channel, None)

    def _is_wanted_elsewhere(self, channel: str, value: Value) -> bool:
        """Whether a wish for another value is on its way or was refused: then this value is no answer to it."""
        error = self._errors.get(channel)
        wanted = self._pending.get(channel, error["want"] if error else value)
        return not equal(wanted, value)

    # --- the connection ---

    def connected(self, token: str) -> None:
        """A new connection: nothing of the document is known until it has been fetched."""
        self.phase = Phase.UNKNOWN
        self.agreed = False
        self._in_flight = None
        self._asked_token = ""
        self._tokens = 0
        self._session = token

    def next_request(self) -> Request | None:
        """What to send now: the document, then what it lacks. None while an answer is missing or nothing differs."""
        if self._asked_token:
            return None
        if self.phase is Phase.UNKNOWN:
            self.phase = Phase.ASKED
            return Request("get", {"clientToken": self._token()})
        if self.phase is not Phase.KNOWN:
            return None
        changes = self._changes()
        if not changes:
            return None
        self._in_flight = changes
        return Request("update", {"state": {"reported": changes}, "clientToken": self._token()})

    def _token(self) -> str:
        self._tokens += 1
        self._asked_token = f"{self._session}-{self._tokens}"
        return self._asked_token

    def _changes(self) -> Json:
        should: Json = {**self._actual, ERRORS_KEY: dict(self._errors)} if self._errors else dict(self._actual)
        changes = _patch(self._reported, should)
        known = self._reported.get(ERRORS_KEY)
        if self._errors and isinstance(known, dict):
            errors = _patch(known, dict(self._errors))
            changes = {key: value for key, value in changes.items() if key != ERRORS_KEY}
            if errors:
                changes[ERRORS_KEY] = errors
        return changes

    def no_answer(self) -> None:
        """The answer is overdue: whatever was asked may or may not have happened, so the document is fetched again."""
        self._asked_token = ""
        self._in_flight = None
        self.phase = Phase.UNKNOWN

    # --- the answers ---

    def on_get_accepted(self, document: Json) -> list[Wish]:
        """The whole document: the truth about versions, whatever was thought before."""
        state = document.get("state")
        state = state if isinstance(state, dict) else {}
        reported = state.get("reported")
        self._reported = dict(reported) if isinstance(reported, dict) else {}
        self._known(document)
        return self._wishes(state.get("delta"))

    def on_get_rejected(self, code: int) -> bool:
        """No document (404): reporting everything makes one, and True. Anything else has to be asked again later."""
        self._asked_token = ""
        self._reported = {}
        self.version = 0
        self.agreed = code == NOT_FOUND
        self.phase = Phase.KNOWN if code == NOT_FOUND else Phase.UNKNOWN
        return code == NOT_FOUND

    def on_update_accepted(self, document: Json, token: str) -> None:
        """An update was accepted, ours or somebody else's; ours is known by its token."""
        self._see_version(document)
        if token and token == self._asked_token:
            self._asked_token = ""
            for key, value in (self._in_flight or {}).items():
                self._take_over(key, value)
            self._in_flight = None

    def _take_over(self, key: str, value: object) -> None:
        if value is None:
            self._reported.pop(key, None)
        elif isinstance(value, dict):
            known = self._reported.get(key)
            merged = {**known, **value} if isinstance(known, dict) else dict(value)
            self._reported[key] = {name: one for name, one in merged.items() if one is not None}
        else:
            self._reported[key] = value

    def on_update_rejected(self, code: int, token: str) -> bool:
        """Ours was refused: fetch the document and report anew, at once where it had changed meanwhile (409, True)."""
        if token != self._asked_token:
            return True  # Somebody else's.
        self.no_answer()
        return code == VERSION_CONFLICT

    def on_delta(self, document: Json) -> list[Wish]:
        """What differs now. Older than what we know, or before we know anything: nothing."""
        version = document.get("version")
        if self.phase is not Phase.KNOWN or not isinstance(version, int) or version <= self.version:
            return []
        self.version = version
        return [wish for wish in self._wishes(document.get("state")) if not self._refused(wish)]

    def _known(self, document: Json) -> None:
        version = document.get("version")
        self.version = version if isinstance(version, int) else 0
        self.phase = Phase.KNOWN
        self._asked_token = ""

    def _see_version(self, document: Json) -> None:
        version = document.get("version")
        if isinstance(version, int):
            self.version = max(self.version, version)

    def _wishes(self, difference: object) -> list[Wish]:
        """The wishes in a delta that what is here does not fulfil. A null in a delta is no instruction."""
        wanted = difference if isinstance(difference, dict) else {}
        wishes = [Wish(channel, value) for channel, value in wanted.items() if value is not None]
        self.agreed = not wishes
        return [
            wish
            for wish in wishes
            if not self._known_as(self._actual, wish) and not self._known_as(self._pending, wish)
        ]

    def wanted(self, wish: Wish) -> None:
        """A wish became a command."""
        self._pending[wish.channel] = wish.value

    @staticmethod
    def _known_as(values: Mapping[str, object], wish: Wish) -> bool:
        return wish.channel in values and equal(values[wish.channel], wish.value)

    def _refused(self, wish: Wish) -> bool:
        """Deltas repeat what was refused; it is tried again on the next connection, not for every repetition."""
        error = self._errors.get(wish.channel)
        return error is not None and equal(error["want"], wish.value)

    @property
    def settled(self) -> bool:
        """Whether the document is known, and nothing is on its way or waits to be reported."""
        return self.phase is Phase.KNOWN and not self._asked_token and not self._changes()


def _patch(known: Json, should: Json) -> Json:
    """What makes `known` into `should`; null removes what is no longer there."""
    return {**delta(should, known), **dict.fromkeys(known.keys() - should.keys())}
