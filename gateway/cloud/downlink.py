"""The downlink: one session from its first subscription to its loss, and every message that arrives on it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import ClassVar

import msgspec
import structlog

from gateway.clock import NS_PER_S
from gateway.cloud.commands import Commands
from gateway.cloud.retelling import Retelling
from gateway.cloud.session import PUBACK_FAILURE_FROM, Incoming, Session
from gateway.cloud.shadows import Shadows
from gateway.cloud.uplink import Uplink
from gateway.core import wire
from gateway.core.wire import MESSAGE_BYTES_MAX, Ack, Birth, Events, Presence, Status
from gateway.errors import StoreError
from gateway.store.events import EventLog
from gateway.store.inbox import Inbox

TELL_EVERY_S = 10.0
"""How often what was told and not confirmed is told again."""
SUBSCRIBE_MAX = 8
"""Topic filters in one SUBSCRIBE (the limit of AWS IoT Core)."""
KIND_CHARACTERS_MAX = 80
KINDS_MAX = 64
"""Kinds of bad messages that are told apart; a hostile sender does not fill the memory with new ones."""

log = structlog.get_logger("downlink")


class Downlink:
    """Serves sessions: announces, fetches, listens, tells."""

    def __init__(
        self, prefix: str, birth: Callable[[], Birth], uplink: Uplink, shadows: Shadows, commands: Commands, told: Told
    ) -> None:
        self._prefix = prefix
        self._birth = birth
        self._session: Session | None = None
        """The one on which the birth was told; None while there is none."""
        self._uplink = uplink
        self._shadows = shadows
        self._commands = commands
        self._told = told
        self.gateway = birth().gateway
        self._sessions = 0
        self.heard = 0
        """Messages of shadows and commands: what the twin has to say, beside acknowledgements."""
        self.rejected: Counter[str] = Counter()
        """Messages that could not be used, by kind."""

    async def serve(self, session: Session) -> None:
        """Subscribe, announce, fetch every shadow, then listen, send and tell until the session is lost.

        Raises:
            LinkError: it is lost.
        """
        ack = wire.ack_topic(self._prefix, self.gateway)
        try:
            topics = [ack, *self._shadows.topics, *self._commands.topics]
            for first in range(0, len(topics), SUBSCRIBE_MAX):
                await session.subscribe(topics[first : first + SUBSCRIBE_MAX])
            self._commands.connected(session)
            self._announce(session)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(session), name="downlink")
                group.create_task(self._uplink.run(session), name="uplink")
                group.create_task(self._tell(session), name="teller")
        except ExceptionGroup as errors:
            raise first_error(errors) from errors
        finally:
            self._session = None
            self._shadows.disconnected()

    def tell_birth(self) -> None:
        """Say again who this is, where somebody listens: a channel is in another mode now."""
        if self._session is not None:
            self._publish_birth(self._session)

    def _publish_birth(self, session: Session) -> Birth:
        birth = self._birth()
        self._uplink.encoder.born(birth)
        session.publish(wire.birth_topic(self._prefix, self.gateway), wire.encode(birth), retain=True)
        return birth

    def _announce(self, session: Session) -> None:
        birth = self._publish_birth(session)
        self._session = session
        status = wire.encode(Status(Presence.ONLINE, birth.epoch))
        session.publish(wire.status_topic(self._prefix, self.gateway), status, retain=True)
        self._sessions += 1
        self._shadows.connected(session, f"{birth.epoch[-24:]}-{self._sessions}")

    async def _listen(self, session: Session) -> None:
        async for message in session.messages():
            try:
                await self._on_message(session, message)
            except (ValueError, KeyError) as error:  # Among them `msgspec.DecodeError`.
                self._reject(message, str(error))
            except StoreError as error:
                self._reject(message, f"not stored: {error}")

    async def _on_message(self, session: Session, message: Incoming) -> None:
        if len(message.payload) > MESSAGE_BYTES_MAX:
            raise msgspec.DecodeError(f"{len(message.payload)} bytes; at most {MESSAGE_BYTES_MAX} are allowed")
        levels = self._below_prefix(message.topic).split("/")
        self.heard += levels[-1] != "ack"
        match levels:
            case ["things", _, "ack"]:
                self._on_ack(wire.decode(message.payload, Ack))
            case ["things", _, "shadow", "name", device, *tail]:
                await self._shadows.on_message(device, "/".join(tail), message.payload)
            case ["commands", "things", _, "executions", identifier, *tail]:
                await self._commands.on_message(session, identifier, "/".join(tail), message)
            case _:
                raise msgspec.DecodeError("nobody here listens to this topic")

    def _on_ack(self, ack: Ack) -> None:
        self._uplink.on_ack(ack)
        for epoch, lane, _, last in ack.ranges:
            if lane == Told.LANE and epoch == self._told.store_id:
                self._are_told(last)

    def _are_told(self, last: int) -> None:
        """Events up to `last` have arrived."""
        self._told.events.told(last)
        if self._told.events.has_untold:
            self._told.inbox.untold_changed.set()

    def _on_puback(self, last: int, puback: asyncio.Future[int]) -> None:
        """The broker's word for events, where it counts: nobody else will say that they arrived."""
        lost = puback.cancelled() or puback.exception() is not None
        if self._told.by_broker and not lost and puback.result() < PUBACK_FAILURE_FROM:
            self._are_told(last)

    def _reject(self, message: Incoming, reason: str) -> None:
        kind = self._kind_of(message.topic)
        if kind not in self.rejected and len(self.rejected) >= KINDS_MAX:
            kind = "others"
        self.rejected[kind] += 1
        if self.rejected[kind] == 1:  # Once per kind: who sends a million bad messages does not fill the log.
            log.warning("message not usable", topic=message.topic[:200], reason=reason[:300])

    def _kind_of(self, topic: str) -> str:
        """What a topic is for, without prefix, gateway and the id of an execution, so that its kinds are few."""
        below = self._below_prefix(topic)
        match below.split("/"):
            case ["things", _, "shadow", "name", device, *tail] if device in self._shadows.devices:
                return "/".join(("shadow", device, *tail))
            case ["things", _, tail]:
                return tail
            case ["commands", "things", _, "executions", _, *tail]:
                return "/".join(("command", *tail))
        return below[:KIND_CHARACTERS_MAX]

    def _below_prefix(self, topic: str) -> str:
        known = (prefix for prefix in (self._prefix, self._commands.prefix) if topic.startswith(f"{prefix}/"))
        return topic.removeprefix(f"{next(known, self._prefix)}/")

    async def _tell(self, session: Session) -> None:
        told, failure, telling, clock = self._told, "", Retelling(), self._commands.clock
        while True:
            told.inbox.untold_changed.clear()
            try:
                await self._commands.tell_outcomes(session)
                events, failure = telling.due(await told.events.untold(), clock.boottime_ns() / NS_PER_S), ""
            except StoreError as error:
                if not failure:  # Once, however long the disk fails.
                    log.warning("cannot tell", reason=str(error), hint=error.hint)
                events, failure = [], str(error)
            if events:
                topic = wire.events_topic(self._prefix, self.gateway)
                puback = session.publish(topic, wire.encode(Events(told.store_id, list(events))))
                puback.add_done_callback(partial(self._on_puback, events[-1].id))
            self._shadows.check_answers()
            try:
                async with asyncio.timeout(TELL_EVERY_S):
                    await told.inbox.untold_changed.wait()
            except TimeoutError:
                continue


class Told(msgspec.Struct, frozen=True):
    """What the twin has to be told: outcomes in the inbox, and the event log of this store."""

    LANE: ClassVar[str] = "events"

    store_id: str
    inbox: Inbox
    events: EventLog
    by_broker: bool = False
    """Whether the broker's acknowledgement of events is enough."""


def first_error(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error inside nested groups: tasks of one group fail for one reason, the others are cancelled by it."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
