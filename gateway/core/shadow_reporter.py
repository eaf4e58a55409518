"""What is reported of one device: what is so, what the document says of it, and the next update. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gateway.core.reading import Value
from gateway.core.shadow import merge
from gateway.core.shadow_report import Detail, Facts, Json, Refusal, patch, reported
from gateway.core.shadow_wishes import holds


class Reporter:
    """The reported half of a document. `driven` are the channels that can be driven; None where all can."""

    def __init__(self, driven: Collection[str] | None = None) -> None:
        self._driven = driven
        self.actual: dict[str, Value] = {}
        self.bad: dict[str, str] = {}
        """Channel to why it cannot be read."""
        self._known: Json = {}
        """What the document says."""
        self._in_flight: Json = {}
        self._barred: Json = {}
        """What the service called a bad request: never sent again as it was."""
        self._one_by_one = False
        self._notes: Json = {}
        self._missing: Json | None = None
        """What the document lacks where nothing is refused; None when that has to be looked at again."""
        self.detail = Detail.ALL

    def is_now(self, channel: str, value: Value) -> None:
        """The channel has this value."""
        if channel in self.bad or not holds(self.actual, channel, value):
            self._missing = None
        self.actual[channel] = value
        self.bad.pop(channel, None)

    def is_bad(self, channel: str, reason: str) -> None:
        """The channel cannot be read; its last good value stays beside that word."""
        self.bad[channel] = reason
        self._missing = None

    def note(self, key: str, said: Json) -> None:
        """Beside the channels, say this under a name that none of them has; nothing where it is empty."""
        self._notes[key] = said
        self._missing = None

    def known(self, known: Json) -> None:
        """The document, as it was fetched."""
        self._known = dict(known)
        self._missing = None

    def changes(self, refused: Mapping[str, Refusal]) -> Json:
        """What the document lacks and may be told; asked for far more often than it changes."""
        if refused:
            return self._look(refused)
        if self._missing is None:
            self._missing = self._look(refused)
        return self._missing

    def _look(self, refused: Mapping[str, Refusal]) -> Json:
        should = reported(Facts(self.actual, self.bad, refused, self._driven), self.detail)
        should |= {key: said for key, said in self._notes.items() if said}
        missing = patch(self._known, should)
        return {key: value for key, value in missing.items() if not holds(self._barred, key, value)}

    def take(self, refused: Mapping[str, Refusal]) -> Json:
        """What to send now, empty for nothing; it is on its way until it has `landed`."""
        changes = self.changes(refused)
        self._in_flight = dict(list(changes.items())[:1]) if self._one_by_one else changes
        return self._in_flight

    def landed(self) -> None:
        """What was sent is in the document."""
        self._known = merge(self._known, self._in_flight)
        self._missing = None

    def had_no_room(self) -> bool:
        """The document is full: report less until the next connection. False where there is nothing less."""
        less = self.detail.less()
        changed, self.detail, self._missing = less is not self.detail, less, None
        return changed

    def begin(self) -> None:
        """A new connection: there may be room for everything again."""
        self.detail, self._missing = Detail.ALL, None

    def was_bad(self) -> None:
        """The service calls what was sent a bad request: try one key after the other, and keep back what is bad."""
        if len(self._in_flight) == 1:
            self._barred |= self._in_flight
        self._one_by_one, self._missing = True, None
