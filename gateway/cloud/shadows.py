"""The shadows of all devices on the wire: requests out, answers in, wishes on to the inbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

import msgspec
import structlog

from gateway.clock import NS_PER_S, Clock
from gateway.cloud.session import Session
from gateway.core import wire
from gateway.core.device_shadow import DeviceShadow, Phase, Wish
from gateway.core.reading import Quality, Reading, Value
from gateway.core.shadow_protocol import AGAIN_MAX, ANSWER_TIMEOUT_S, IN_FLIGHT_MAX, Reaction, wait_s
from gateway.errors import StoreError

CODES_MAX = 1000
"""The service's codes are those of HTTP, three digits."""

log = structlog.get_logger("shadow")


class Shadows:
    """Every device and its shadow. `devices` gives the channels of each that can be driven.

    Devices ask in turn, and at most ten of them wait for an answer at one time. `_due_ns` says until when one waits
    for its answer, or before it asks again.
    """

    def __init__(self, prefix: str, gateway: str, devices: Mapping[str, Collection[str]], clock: Clock) -> None:
        self._prefix = prefix
        self._gateway = gateway
        self._clock = clock
        self.wish: Callable[[str, Wish, int], Awaitable[None]] = _refuse_all
        """Called with a device, what the twin wants of it, and the version of the document that says so."""
        self.devices = {device: DeviceShadow(frozenset(driven)) for device, driven in devices.items()}
        self._turns: dict[str, None] = {}
        self._in_flight: set[str] = set()
        self._due_ns: dict[str, int] = {}
        self._refusals: dict[str, int] = {}
        self.refused: dict[str, tuple[int, str]] = {}
        """What the service refused of a device on this connection and has not taken since: its code and its words."""
        self._session: Session | None = None
        self.desired: Callable[[str, dict[str, object]], Awaitable[None]] = _nothing
        """Called with a device and all that is desired of it, whenever that is another than before."""
        self._told: dict[str, dict[str, object]] = {}
        self.changed: Callable[[str], None] = _ignore
        """Called with a device's name whenever its shadow may have settled or unsettled."""

    @property
    def topics(self) -> list[str]:
        """What has to be subscribed before anything is asked: only answers, never what we publish.

        One filter stands for all devices: the service allows fifty subscriptions to one connection.
        """
        tails = ("get/+", "update/accepted", "update/rejected", "update/delta", "delete/accepted")
        return [self._topic("+", tail) for tail in tails]

    def _topic(self, device: str, tail: str) -> str:
        return wire.shadow_topic(self._prefix, self._gateway, device, tail)

    def connected(self, session: Session, token: str) -> None:
        """Fetch every document anew, however short the outage was."""
        self.disconnected()
        self._session = session
        self.refused.clear()
        for shadow in self.devices.values():
            shadow.connected(token)
        for device in self.devices:
            self._go_on(device)

    def disconnected(self) -> None:
        """Nothing can be asked until the next connection."""
        self._session = None
        for waiting in (self._turns, self._in_flight, self._due_ns, self._refusals):
            waiting.clear()

    def is_now(self, channel: str, value: Value) -> None:
        """A channel (`device/channel`) has this value."""
        device, _, name = channel.partition("/")
        if device in self.devices:
            self.devices[device].is_now(name, value)
            self._go_on(device)

    def read(self, device: str, readings: Iterable[Reading]) -> None:
        """These are the newest readings of some channels of a device."""
        shadow = self.devices[device]
        for reading in readings:
            name = reading.series.partition("/")[2]
            if reading.quality is Quality.BAD:
                shadow.is_bad(name, reading.reason.value)
            else:
                shadow.is_now(name, reading.value)
        self._go_on(device)

    def refuse(self, channel: str, want: object, code: str, reason: str = "") -> None:
        """A wish for a channel was refused: a code, and a sentence for people."""
        device, _, name = channel.partition("/")
        if device in self.devices:
            self.devices[device].refuse(name, want, code, reason)
            self._go_on(device)

    def note(self, device: str, key: str, said: dict[str, object]) -> None:
        """Report this of a device beside its channels, under a name that no channel has."""
        if device in self.devices:
            self.devices[device].reporter.note(key, said)
            self._go_on(device)

    def follow(self, channel: str, value: object) -> None:
        """What is desired of a channel is asked for once more, by somebody else."""
        device, _, name = channel.partition("/")
        if device in self.devices:
            self.devices[device].wanted(Wish(name, value))

    def fetch(self, device: str) -> None:
        """Fetch a device's document anew: too long nobody knew whether both sides say the same."""
        if device in self.devices:
            self.devices[device].no_answer()
            self._go_on(device)

    def _go_on(self, device: str) -> None:
        if self._session is not None:
            self._turns[device] = None
            self._ask(self._session)
        self.changed(device)

    def _ask(self, session: Session) -> None:
        """Let everybody ask whose turn it is, as many as may wait for an answer."""
        while self._turns and len(self._in_flight) < IN_FLIGHT_MAX:
            device = next(iter(self._turns))
            del self._turns[device]
            request = self.devices[device].next_request()
            if request is not None:
                self._in_flight.add(device)
                self._is_due_in(device, ANSWER_TIMEOUT_S)
                session.publish(self._topic(device, request.kind), wire.encode(request.document))

    def check_answers(self) -> None:
        """Ask again where an answer is overdue, or where a refusal was long enough ago."""
        now = self._clock.boottime_ns()
        for device in [device for device, due_ns in self._due_ns.items() if now > due_ns]:
            self._in_flight.discard(device)
            del self._due_ns[device]
            self.devices[device].no_answer()
            self._go_on(device)

    async def on_message(self, device: str, tail: str, payload: bytes) -> None:
        """An answer or a delta for a device arrived; that of another shadow is nothing to us.

        Raises:
            msgspec.DecodeError: it is not one.
            StoreError: a wish could not be committed; the document is fetched again, and it with it.
        """
        shadow = self.devices.get(device)
        if shadow is None:
            return
        document = wire.decode(payload, dict[str, object])
        token = document.get("clientToken")
        token = token if isinstance(token, str) else ""
        wishes: list[Wish] = []
        match tail:
            case "get/accepted":
                wishes = shadow.on_get_accepted(document, token)
            case "update/accepted":
                shadow.on_update_accepted(document, token)
            case "update/delta":
                wishes = shadow.on_delta(document)
            case "delete/accepted":
                shadow.on_deleted()
            case "get/rejected" | "update/rejected":
                self._on_rejected(device, tail, document, token)
            case _:
                raise msgspec.DecodeError(f"unexpected topic ending {tail!r}")
        if not shadow.waits:
            self._is_answered(device, tail)
        await self._tell_desired(device)
        await self._ask_for(device, wishes)
        self._go_on(device)

    def _is_answered(self, device: str, tail: str) -> None:
        self._in_flight.discard(device)
        self._due_ns.pop(device, None)
        if tail == "update/accepted" or self.devices[device].settled:
            self._refusals.pop(device, None)
        if tail == "update/accepted":
            self.refused.pop(device, None)

    async def _tell_desired(self, device: str) -> None:
        shadow = self.devices[device]
        desired = shadow.wishes.desired
        if shadow.phase is not Phase.KNOWN or self._told.get(device) is desired:
            return
        try:
            await self.desired(device, desired)
        except StoreError:
            self._give_up(device, ANSWER_TIMEOUT_S)
            raise
        self._told[device] = desired

    async def _ask_for(self, device: str, wishes: list[Wish]) -> None:
        shadow = self.devices[device]
        for wish in wishes:
            shadow.wanted(wish)
            try:
                await self.wish(device, wish, shadow.version)
            except StoreError:
                shadow.unwanted(wish)
                self._give_up(device, ANSWER_TIMEOUT_S)
                raise

    def _on_rejected(self, device: str, tail: str, document: dict[str, object], token: str) -> None:
        code, message = document.get("code"), document.get("message")
        code = code if type(code) is int and code < CODES_MAX else 0
        shadow = self.devices[device]
        rejected = shadow.on_get_rejected if tail == "get/rejected" else shadow.on_update_rejected
        reaction = rejected(code, token)
        if reaction is Reaction.NONE:
            return
        refusals = self._refusals[device] = self._refusals.get(device, 0) + 1
        if reaction is Reaction.LATER or refusals > AGAIN_MAX + len(shadow.reporter.actual):
            self._give_up(device, wait_s(code, refusals))
        if reaction is not Reaction.AGAIN:
            reason = message[:200] if isinstance(message, str) else ""
            if self.refused.get(device, (None,))[0] != code:  # Once, although it is asked again and again.
                log.error("shadow refused", device=device, code=code, reason=reason)
            self.refused[device] = (code, reason)

    def _give_up(self, device: str, seconds: float) -> None:
        """Asking again at once would be a loop; `check_answers` does it when it is due."""
        self.devices[device].give_up()
        self._in_flight.discard(device)
        self._is_due_in(device, seconds)

    def _is_due_in(self, device: str, seconds: float) -> None:
        self._due_ns[device] = self._clock.boottime_ns() + round(seconds * NS_PER_S)


async def _refuse_all(_device: str, _wish: Wish, _version: int) -> None:
    """Until somebody takes wishes, nobody does."""


async def _nothing(_device: str, _desired: dict[str, object]) -> None:
    """Until somebody looks at it, nobody does."""


def _ignore(_device: str) -> None:
    """What nobody listens to."""
