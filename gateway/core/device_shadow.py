"""The gateway's side of one device's shadow: what to ask, what to report, what a delta means. No I/O.

The gateway reports what is, read back from the part, never what was wished. What it refuses stays different in the
document and is explained under `_errors`. At most one request is unanswered; changes meanwhile are conflated, newest
per channel. Answers to others are told apart by the token and say nothing but the version.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import NamedTuple

from gateway.core.reading import Value
from gateway.core.shadow import equal, merge
from gateway.core.shadow_report import Json, Refusal, patch, reported

VERSION_MAX = 2**53
"""A count of updates that is larger was never counted; it is taken for none."""
NOT_FOUND = 404
VERSION_CONFLICT = 409
"""Codes of the AWS device shadow service."""


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
    REFUSED = "refused"
    """The service said no, or what it said could not be used: `no_answer` makes it asked again."""


class DeviceShadow:
    """The shadow of one device."""

    def __init__(self) -> None:
        self._actual: dict[str, Value] = {}
        self._errors: dict[str, Refusal] = {}
        self._pending: Json = {}
        self._reported: Json = {}
        self._overtaken_by = 0
        """The newest version that was heard of while the document is being fetched."""
        self.phase = Phase.UNKNOWN
        self.version = 0
        self._delta_version = 0
        self._fresh = True
        self._token = ""
        self._tokens = 0
        self._session = ""
        self._in_flight: Json = {}

    # --- what happens here ---

    def is_now(self, channel: str, value: Value) -> None:
        """The channel has this value, by its read-back; an error about it is over."""
        self._actual[channel] = value
        error = self._errors.get(channel)
        # While another value is wished, or was refused, this one is no answer to that.
        if equal(self._pending.get(channel, error.want if error else value), value):
            self._pending.pop(channel, None)
            self._errors.pop(channel, None)

    def refuse(self, channel: str, want: object, code: str) -> None:
        """A wish could not be fulfilled; one that was taken back or replaced meanwhile needs no word."""
        if _holds(self._pending, channel, want):
            self._errors[channel] = Refusal(code, want)
            self._pending.pop(channel, None)

    # --- the connection ---

    def connected(self, token: str) -> None:
        """A new connection: nothing of the document is known until it has been fetched."""
        self._session, self._tokens = token, 0
        self._fresh = True
        self.no_answer()

    def next_request(self) -> Request | None:
        """What to send now: the document, then what it lacks. None while an answer is missing or nothing differs."""
        if self._token:
            return None
        if self.phase is Phase.UNKNOWN:
            self.phase, self._overtaken_by = Phase.ASKED, 0
            return Request("get", {"clientToken": self._next_token()})
        changes = self._changes() if self.phase is Phase.KNOWN else {}
        if not changes:
            return None
        self._in_flight = changes
        return Request("update", {"state": {"reported": changes}, "clientToken": self._next_token()})

    def _next_token(self) -> str:
        self._tokens += 1
        self._token = f"{self._session}-{self._tokens}"
        return self._token

    def _changes(self) -> Json:
        return patch(self._reported, reported(self._actual, self._errors))

    def no_answer(self) -> None:
        """The answer is overdue: whatever was asked may or may not have happened, so the document is fetched again."""
        self.phase = Phase.UNKNOWN
        self._token = ""

    def give_up(self) -> None:
        """What came cannot be used now: nothing is asked before `no_answer` says that it is time."""
        self.no_answer()
        self.phase = Phase.REFUSED

    @property
    def waits(self) -> bool:
        """Whether an answer, or the time to ask again, is waited for."""
        return bool(self._token) or self.phase is Phase.REFUSED

    # --- the answers ---

    def on_get_accepted(self, document: Json, token: str) -> list[Wish]:
        """The whole document: the truth about versions, whatever was thought before."""
        if not self._is_ours(token) or self.phase is not Phase.ASKED:
            return []
        if _version(document) < self._overtaken_by:
            self.no_answer()
            return []
        state = _object(document.get("state"))
        self._reported = dict(_object(state.get("reported")))
        retry = self._fresh
        self._begin(_version(document))
        return self._wishes(state.get("delta"), retry=retry)

    def on_get_rejected(self, code: int, token: str) -> bool:
        """No document (404): reporting everything makes one, and True. Anything else has to be asked again later."""
        if not self._is_ours(token):
            return True
        if code == NOT_FOUND and not self._overtaken_by:
            self._reported = {}
            self._begin(0)
        elif code == NOT_FOUND:  # Somebody has made one meanwhile.
            self.no_answer()
        else:
            self.give_up()
        return code == NOT_FOUND

    def on_update_accepted(self, document: Json, token: str) -> None:
        """An update was accepted, ours or somebody else's; ours is known by its token."""
        self._hear_of(_version(document))
        if self._is_ours(token) and self.phase is Phase.KNOWN:
            self._token = ""
            self._reported = merge(self._reported, self._in_flight)
        # What is wished and so already is in no delta; but a delta that came since knows better.
        newer = _version(document) > self._delta_version
        desired = _object(_object(document.get("state")).get("desired")) if newer else {}
        for channel, value in desired.items():
            if value is None or equal(value, self._actual.get(channel)):
                self._errors.pop(channel, None)
                self._pending.pop(channel, None)

    def on_update_rejected(self, code: int, token: str) -> bool:
        """Ours was refused: fetch the document and report anew, at once where it had changed meanwhile (409, True)."""
        if not self._is_ours(token):
            return True
        self.give_up()
        if code == VERSION_CONFLICT:
            self.no_answer()
        return code == VERSION_CONFLICT

    def on_delta(self, document: Json) -> list[Wish]:
        """What differs now. Older than what we know, or before we know anything: nothing."""
        version, before = _version(document), self.version
        self._hear_of(version)
        if self.phase is not Phase.KNOWN or version <= self._delta_version:
            return []
        if version < before:  # It was overtaken, and may be over: the document knows.
            self.no_answer()
            return []
        # The delta of an update may come after the word that it was accepted, with the same version.
        self._delta_version = version
        return self._wishes(document.get("state"), retry=False)

    def _hear_of(self, version: int) -> None:
        self.version = max(self.version, version)
        self._overtaken_by = max(self._overtaken_by, version)

    def _is_ours(self, token: str) -> bool:
        return bool(token) and token == self._token

    def _begin(self, version: int) -> None:
        self.version = self._delta_version = version
        self.phase = Phase.KNOWN
        self._token, self._fresh = "", False

    def _wishes(self, difference: object, *, retry: bool) -> list[Wish]:
        """The wishes in a delta that what is here does not fulfil. A null in a delta is no instruction."""
        wishes = {channel: value for channel, value in _object(difference).items() if value is not None}
        self._pending = {name: want for name, want in self._pending.items() if _holds(wishes, name, want)}
        self._errors = {name: error for name, error in self._errors.items() if _holds(wishes, name, error.want)}
        # Deltas repeat what was refused; it is tried again on the next connection, not for every repetition.
        refused = {} if retry else {channel: error.want for channel, error in self._errors.items()}
        known: tuple[Mapping[str, object], ...] = (self._actual, self._pending, refused)
        return [
            Wish(channel, value)
            for channel, value in wishes.items()
            if not any(_holds(values, channel, value) for values in known)
        ]

    def wanted(self, wish: Wish) -> None:
        """A wish became a command."""
        self._pending[wish.channel] = wish.value

    def unwanted(self, wish: Wish) -> None:
        """A wish could not even become a command; when it comes again it is as new."""
        self._pending.pop(wish.channel, None)

    @property
    def settled(self) -> bool:
        """Whether the document is known, and nothing is on its way or waits to be reported."""
        return self.phase is Phase.KNOWN and not self._token and not self._changes()


def _holds(values: Mapping[str, object], name: str, value: object) -> bool:
    return name in values and equal(values[name], value)


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _version(document: Json) -> int:
    version = document.get("version")
    return version if type(version) is int and 0 <= version <= VERSION_MAX else 0
