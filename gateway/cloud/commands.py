"""The twin's commands on the wire: requests in, progress and outcomes out."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
from msgspec import structs

from gateway.clock import NS_PER_S
from gateway.cloud.session import Incoming, Session
from gateway.core import wire
from gateway.core.command import Execution, ReasonCode, Source, execution_of
from gateway.core.decoding import in_words
from gateway.core.operation import SET
from gateway.core.signing import Envelope, SignatureError, open_envelope
from gateway.core.wire import CommandRequest, CommandResponse, StatusReason
from gateway.core.wire_commands import as_aws
from gateway.store.admission import Admission
from gateway.store.inbox import Inbox
from gateway.timekeeper import Timekeeper

AWS = "$aws"
"""The prefix of AWS IoT Core, which takes no members but its own."""
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
REASON_CHARACTERS_MAX = 1024
"""AWS IoT Commands, reasonDescription."""
CONFIRM_S = 5.0
"""An outcome that was told is not told again sooner: to confirm it takes the twin a round trip and a commit."""
REQUEST_BYTES_MAX = 4096
"""An order is a few names and a value. What is larger is answered and not kept: it would fill disk and log."""


REPLY_TOPIC = re.compile(r"[^$+#\x00][^+#\x00]{0,255}")
"""No wildcards, and nothing that belongs to the broker."""
CORRELATION_BYTES_MAX = 128
"""What senders need to tell their questions apart; kept with the command, so that the outcome has it too."""

Verify = Callable[[str, str, Envelope], str]
"""The name of the key that signed an order to a gateway under an id; raises SignatureError where none did."""


class Commands:
    """Takes requests to the admission and tells what became of them."""

    def __init__(
        self,
        prefix: str,
        gateway: str,
        admission: Admission,
        inbox: Inbox,
        timekeeper: Timekeeper,
        verify: Verify | None = None,
    ) -> None:
        self.prefix = prefix
        self._gateway = gateway
        self._admission = admission
        self._inbox = inbox
        self._timekeeper = timekeeper
        self.clock = timekeeper.clock
        self._verify = verify
        self._session: Session | None = None
        self._told_ns: dict[str, int] = {}
        """When which outcome was told last on this connection, as far as the twin has not confirmed it."""

    def connected(self, session: Session) -> None:
        """A new connection: nothing was told on it."""
        self._session = session
        self._told_ns.clear()

    @property
    def topics(self) -> list[str]:
        """What has to be subscribed."""
        return [self._topic("+", "request/json"), self._topic("+", "response/accepted/json")]

    def _topic(self, identifier: str, tail: str) -> str:
        return wire.command_topic(self.prefix, self._gateway, identifier, tail)

    async def on_message(self, session: Session, identifier: str, tail: str, message: Incoming) -> None:
        """A request, or the twin's confirmation of an outcome, arrived.

        Raises:
            msgspec.DecodeError: it is no command; whose id can be read has been answered.
            StoreError: nothing was decided; the twin asks again.
        """
        if not ID.fullmatch(identifier):
            raise msgspec.DecodeError(f"{identifier[:80]!r} is no id of an execution")
        if tail == "response/accepted/json":
            await self._inbox.told(identifier)
            return
        if not message.payload:  # How a retained message is removed.
            return
        now_s = self.clock.wall_ns() / NS_PER_S
        nobody = execution_of(identifier, CommandRequest(issued=now_s), Source.TWIN, now_s)
        asked = self._with_reply(nobody, message)
        try:
            execution = self._with_reply(self._read(identifier, message.payload, now_s), message)
        except SignatureError as error:
            self.tell(session, await self._admission.turn_away(asked.rejected(error.code, str(error), now_s)))
            return
        except msgspec.DecodeError as error:
            self.tell(
                session, await self._admission.recorded(asked.rejected(ReasonCode.MALFORMED, in_words(error), now_s))
            )
            raise
        decided = await self._admission.submit(execution, retained=message.retain)
        if decided.reply_topic != execution.reply_topic or decided.correlation != execution.correlation:
            decided = structs.replace(decided, reply_topic=execution.reply_topic, correlation=execution.correlation)
        self.tell(session, decided)

    def _read(self, identifier: str, payload: bytes, now_s: float) -> Execution:
        """What is asked.

        Raises:
            SignatureError: it is not signed as it has to be.
            msgspec.DecodeError: it is no command.
        """
        if len(payload) > REQUEST_BYTES_MAX:
            raise msgspec.DecodeError(f"{len(payload)} bytes; at most {REQUEST_BYTES_MAX} are allowed")
        opened = open_envelope(payload)
        signer = "" if self._verify is None else self._verify(self._gateway, identifier, opened)
        request = wire.decode(opened.order, CommandRequest)
        if request.operation == SET and request.value is None:
            raise msgspec.DecodeError("value is missing")
        return structs.replace(execution_of(identifier, request, Source.TWIN, now_s), signer=signer)

    def _with_reply(self, execution: Execution, message: Incoming) -> Execution:
        """It, with where the sender wants to be answered, as far as that may be."""
        topic, data = message.reply_topic, message.correlation
        own = any(topic.startswith(f"{prefix}/") for prefix in (f"{self.prefix}/things", f"{self.prefix}/commands"))
        if not REPLY_TOPIC.fullmatch(topic) or own or len(data) > CORRELATION_BYTES_MAX:
            return execution
        return structs.replace(execution, reply_topic=topic, correlation=data)

    async def tell_outcomes(self, session: Session) -> None:
        """Tell every outcome that the twin has not confirmed and had time to confirm."""
        untold = await self._inbox.untold()
        now = self.clock.boottime_ns()
        waits = {one.id for one in untold}
        self._told_ns = {name: told_ns for name, told_ns in self._told_ns.items() if name in waits}
        for execution in untold:
            told_ns = self._told_ns.get(execution.id)
            if told_ns is None or now - told_ns >= CONFIRM_S * NS_PER_S:
                self.tell(session, execution)

    def progressed(self, execution: Execution, percent: float) -> None:
        """Tell how far one is; where there is no connection, or it is lost, the outcome is told all the same."""
        if self._session is not None and execution.source is Source.TWIN:
            self.tell(self._session, execution, percent)

    def tell(self, session: Session, execution: Execution, percent: float | None = None) -> None:
        """Send one response, to the twin and to whoever wanted to be answered elsewhere."""
        if execution.final:
            self._told_ns[execution.id] = self.clock.boottime_ns()
        reason = None
        if execution.reason_code is not ReasonCode.NONE:
            reason = StatusReason(execution.reason_code.value, execution.reason[:REASON_CHARACTERS_MAX])
        response = CommandResponse(
            status=execution.status,
            time=self._timekeeper.said_s(execution.changed_s),
            status_reason=reason,
            result=None if execution.result is None else {"value": execution.result},
            percent=None if percent is None else round(percent, 1),
        )
        told = as_aws(response) if self.prefix == AWS else response
        session.publish(self._topic(execution.id, "response/json"), wire.encode(told))
        if execution.reply_topic:
            named = structs.replace(response, execution_id=execution.id)
            session.publish(execution.reply_topic, wire.encode(named), correlation=execution.correlation)
