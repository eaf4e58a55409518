"""The gateway's side of one device's shadow: what to ask, what to report, what a delta means. No I/O.

The gateway reports what is, read back from the part, never what was wished. What it refuses stays different in the
document and is explained there. At most one request is unanswered; changes meanwhile are conflated, newest per key.
Answers to others are told apart by the token and say nothing but the version.

What is known of the document comes from fetching it, which is cheap. So whatever does not fit (an answer that is
overdue, a version that went back or leapt, a deletion, a conflict) has one remedy: it is fetched again.
"""

from __future__ import annotations

from collections.abc import Collection

from gateway.core.reading import Value
from gateway.core.shadow_protocol import (
    BAD_REQUEST,
    NOT_FOUND,
    TOO_LARGE,
    VERSION_CONFLICT,
    Phase,
    Reaction,
    Request,
)
from gateway.core.shadow_report import Json, Refusal
from gateway.core.shadow_reporter import Reporter
from gateway.core.shadow_stamps import STAMPS_KEY, taken
from gateway.core.shadow_wishes import Wish, Wishes, as_object

__all__ = ["DeviceShadow", "Phase", "Reaction", "Request", "Wish"]

VERSION_MAX = 2**53
"""A count of updates that is larger was never counted; it is taken for none."""
LEAP_MAX = 1000
"""A message whose version is further ahead was hardly counted: the fetched document decides."""


class DeviceShadow:
    """The shadow of one device. `driven` are its channels that can be driven; None where all can."""

    def __init__(self, driven: Collection[str] | None = None) -> None:
        self.reporter = Reporter(driven)
        self.wishes = Wishes()
        self.phase = Phase.UNKNOWN
        self.version = 0
        """The newest that was heard of."""
        self._delta_version = 0
        self._own_version = 0
        """That of the newest answer to us: the next one is higher, unless an older document was put back."""
        self._overtaken_by = 0
        """The newest version that was heard of while the document is being fetched."""
        self._doubtful = False
        """Something did not fit: the document is fetched again after the answer that is waited for."""
        self._fresh = True
        self._session, self._tokens, self._token = "", 0, ""

    # --- what happens here ---

    def is_now(self, channel: str, value: Value) -> None:
        """The channel has this value, by its read-back; an error about it is over."""
        self.reporter.is_now(channel, value)
        self.wishes.is_now(channel, value)

    def is_bad(self, channel: str, reason: str) -> None:
        """The channel cannot be read."""
        self.reporter.is_bad(channel, reason)

    def refuse(self, channel: str, want: object, code: str, reason: str = "") -> None:
        """A wish could not be fulfilled; one that was taken back or replaced meanwhile needs no word."""
        self.wishes.refuse(channel, Refusal(code, want, reason))

    # --- the connection ---

    def connected(self, token: str) -> None:
        """A new connection: nothing of the document is known until it has been fetched."""
        self._session, self._tokens, self._fresh = token, 0, True
        self.reporter.begin()
        self.no_answer()

    def next_request(self) -> Request | None:
        """What to send now: the document, then what it lacks. None while an answer is missing or nothing differs."""
        if self._token:
            return None
        if self.phase is Phase.UNKNOWN:
            self.phase, self._overtaken_by = Phase.ASKED, 0
            return Request("get", {"clientToken": self._next_token()})
        changes = self.reporter.take(self.wishes.refused) if self.phase is Phase.KNOWN else {}
        if not changes:
            return None
        return Request("update", {"state": {"reported": changes}, "clientToken": self._next_token()})

    def _next_token(self) -> str:
        self._tokens += 1
        self._token = f"{self._session}-{self._tokens}"
        return self._token

    def no_answer(self) -> None:
        """The answer is overdue: whatever was asked may or may not have happened, so the document is fetched again."""
        self.phase = Phase.UNKNOWN
        self._token, self._doubtful = "", False

    def give_up(self) -> None:
        """What came cannot be used now: nothing is asked before `no_answer` says that it is time."""
        self.no_answer()
        self.phase = Phase.REFUSED

    def _doubt(self) -> None:
        """The document is not what we thought; what is unanswered is waited for, so that there is one of it only."""
        if self._token:
            self._doubtful = True
        elif self.phase is Phase.KNOWN:
            self.no_answer()

    @property
    def waits(self) -> bool:
        """Whether an answer, or the time to ask again, is waited for."""
        return bool(self._token) or self.phase is Phase.REFUSED

    @property
    def settled(self) -> bool:
        """Whether the document is known, and nothing is on its way or waits to be reported."""
        known = self.phase is Phase.KNOWN and not self._token
        return known and not self.reporter.changes(self.wishes.refused)

    # --- the answers ---

    def on_get_accepted(self, document: Json, token: str) -> list[Wish]:
        """The whole document: the truth about versions, whatever was thought before."""
        if not self._is_ours(token) or self.phase is not Phase.ASKED:
            return []
        if self._doubtful or _version(document) < self._overtaken_by:
            self.no_answer()
            return []
        self.wishes.fetched(as_object(as_object(document.get("state")).get("desired")), _version(document))
        return self._begin(_version(document), document)

    def on_get_rejected(self, code: int, token: str) -> Reaction:
        """No document (404): reporting everything makes one. Anything else has to be asked again later."""
        if not self._is_ours(token):
            return Reaction.NONE
        if code != NOT_FOUND:
            self.give_up()
            return Reaction.LATER
        if self._overtaken_by:  # Somebody has made one meanwhile.
            self.no_answer()
        else:
            # The count may begin anew, but what is on its way from before the deletion must not pass for new.
            self.wishes.fetched({}, self.version)
            self._begin(self.version, {})
            self._own_version = 0
        return Reaction.AGAIN

    def on_update_accepted(self, document: Json, token: str) -> None:
        """An update was accepted, ours or somebody else's; ours is known by its token."""
        version = _version(document)
        if self._is_ours(token) and self.phase is Phase.KNOWN:
            self._token = ""
            self.reporter.landed()
            # An older document was put back, or the count began anew; at worst a delta has only overtaken the answer.
            if self._doubtful or version <= self._own_version or version < self._delta_version:
                self.no_answer()
                return
            self._own_version = version
        if self._leaps(version):
            return
        self._hear_of(version)
        self._written(document)
        # What is wished and so already is in no delta; but a delta that came since knows better.
        if version > self._delta_version:
            desired = as_object(as_object(document.get("state")).get("desired"))
            self.wishes.desired_is(desired, self.reporter.actual)

    def on_update_rejected(self, code: int, token: str) -> Reaction:
        """Ours was refused: fetch the document, and report anew what can be.

        A document that had changed meanwhile (409) is merged, one without room (413) gets less, and of a bad request
        (400) one key after the other is tried, and what is bad is kept back.
        """
        if not self._is_ours(token):
            return Reaction.NONE
        self.no_answer()
        if code == VERSION_CONFLICT:
            return Reaction.AGAIN
        if code == TOO_LARGE and self.reporter.had_no_room():
            return Reaction.OTHERWISE
        if code == BAD_REQUEST:
            self.reporter.was_bad()
            return Reaction.OTHERWISE
        self.give_up()
        return Reaction.LATER

    def on_delta(self, document: Json) -> list[Wish]:
        """What differs now. Older than what we know, or before we know anything: nothing."""
        version, before = _version(document), max(self.version, self._delta_version)
        if not version or self._leaps(version):
            return []
        self._hear_of(version)
        if self.phase is not Phase.KNOWN or self._doubtful or version == self._delta_version:
            return []
        if version < before:  # It was overtaken, and may be over: the document knows.
            self._doubt()
            return []
        # The delta of an update may come after the word that it was accepted, with the same version.
        self._delta_version = version
        return self.wishes.differ(document.get("state"), self.reporter.actual, document.get("metadata"), retry=False)

    def on_deleted(self) -> None:
        """Somebody deleted the document: fetching it will say so, and reporting everything makes it anew."""
        self._doubt()

    def _leaps(self, version: int) -> bool:
        """Whether a version is so far ahead that it is not believed; then the document is fetched again."""
        leaps = self.phase is Phase.KNOWN and version > self.version + LEAP_MAX
        if leaps:
            self._doubt()
        return leaps

    def _hear_of(self, version: int) -> None:
        self.version = max(self.version, version)
        self._overtaken_by = max(self._overtaken_by, version)

    def _is_ours(self, token: str) -> bool:
        return bool(token) and token == self._token

    def _begin(self, version: int, document: Json) -> list[Wish]:
        self.version = self._delta_version = self._own_version = version
        self.phase, self._token = Phase.KNOWN, ""
        state, noted = as_object(document.get("state")), as_object(document.get("metadata"))
        self.reporter.known(as_object(state.get("reported")))
        self.reporter.note(STAMPS_KEY, taken(self.wishes.desired))
        retry, self._fresh = self._fresh, False
        return self.wishes.differ(state.get("delta"), self.reporter.actual, noted.get("desired"), retry=retry)

    def _written(self, document: Json) -> None:
        if self.phase is Phase.KNOWN:
            self.wishes.written(document.get("state", {}), _version(document))
            self.reporter.note(STAMPS_KEY, taken(self.wishes.desired))

    def wanted(self, wish: Wish) -> None:
        """A wish became a command."""
        self.wishes.pending[wish.channel] = wish.value

    def unwanted(self, wish: Wish) -> None:
        """A wish could not even become a command; when it comes again it is as new."""
        self.wishes.pending.pop(wish.channel, None)


def _version(document: Json) -> int:
    version = document.get("version")
    return version if type(version) is int and 0 <= version <= VERSION_MAX else 0
