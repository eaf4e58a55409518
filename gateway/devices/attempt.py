"""What became of a value that a rule asks for: asked again until it is so, more and more seldom."""

from __future__ import annotations

import enum

from gateway.clock import NS_PER_S
from gateway.core.command import Execution, ReasonCode
from gateway.core.reading import Reading, Value
from gateway.core.rules import Ask
from gateway.core.wire import CommandStatus
from gateway.core.wording import shown
from gateway.devices.in_vain import InVain, Refusal

ASK_AGAIN_S, ASK_AGAIN_S_MAX = 5.0, 60.0
"""Between two commands for the same: doubled up to the second, since each is a few writes to the disk."""


class State(enum.StrEnum):
    """Where an ask stands."""

    DUE = "due"
    ASKED = "asked"
    DONE = "done"
    OVERTAKEN = "overtaken"
    """Somebody else has set the channel since; a rule does not fight him."""


class Attempt:
    """One ask, and how often it was tried."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.state = State.DUE
        self.id = ""
        self.reason = ""
        """Why it was not done when it was tried last."""
        self.again_ns = 0
        self._tries = 0
        self._is: Value | None = None
        self._done_ns = 0
        self._in_vain = InVain()

    def is_due(self, now_ns: int) -> bool:
        """Whether it is to be tried now."""
        return self.state is State.DUE and now_ns >= self.again_ns

    def asked(self, identifier: str) -> None:
        """It has become a command."""
        self.state, self.id = State.ASKED, identifier

    def spared(self, refusal: Refusal | None, now_ns: int) -> bool:
        """Whether it need not become a command, because that would only be refused once more for the same reason."""
        if not self._in_vain.again(refusal):
            return False
        self.failed(self.reason if refusal is None else refusal[1], now_ns)
        return True

    def failed(self, reason: str, now_ns: int) -> None:
        """It was refused or could not be done."""
        again_s = min(ASK_AGAIN_S_MAX, ASK_AGAIN_S * 2.0 ** min(self._tries, 10))
        self.state, self.reason, self._tries = State.DUE, reason, self._tries + 1
        self.again_ns = now_ns + round(again_s * NS_PER_S)

    def finished(self, execution: Execution, now_ns: int) -> None:
        """A command for its channel has ended, its own or another's."""
        succeeded = execution.status is CommandStatus.SUCCEEDED
        if execution.id != self.id:
            if succeeded and self.state is State.DONE:
                self.state = State.OVERTAKEN
            return
        if self.state is not State.ASKED:
            return
        if execution.reason_code is ReasonCode.SUPERSEDED:
            self.state, self.reason = State.OVERTAKEN, execution.reason
            return
        if not succeeded:
            self.failed(execution.reason or execution.reason_code.value or execution.status.value, now_ns)
            return
        self.state, self.reason, self._done_ns = State.DONE, "", now_ns
        self._is = execution.value if execution.result is None else execution.result

    def read(self, reading: Reading, now_ns: int) -> bool:
        """Whether its channel has lost what it was given, as after a part came back with its safe value."""
        if self.state is not State.DONE or reading.boottime_ns <= self._done_ns or reading.value == self._is:
            return False
        self.failed(f"{reading.series} went to {shown(reading.value)} by itself", now_ns)
        return True
