"""The shadows of all devices on the wire: requests out, answers in, wishes on to the inbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

import msgspec
import structlog

from gateway.clock import NS_PER_S, Clock
from gateway.cloud.session import Session
from gateway.core import wire
from gateway.core.device_shadow import DeviceShadow, Wish
from gateway.core.reading import Value
from gateway.errors import StoreError

ANSWER_TIMEOUT_S = 20.0
"""A request that has no answer by then is asked again; an answer takes a round trip and the twin's commit."""
CODES_MAX = 1000
"""The service's codes are those of HTTP, three digits."""

log = structlog.get_logger("shadow")


class Shadows:
    """Every device with something to drive, and its shadow."""

    def __init__(self, prefix: str, gateway: str, devices: Iterable[str], clock: Clock) -> None:
        self._prefix = prefix
        self._gateway = gateway
        self._clock = clock
        self.wish: Callable[[str, Wish, int], Awaitable[None]] = _refuse_all
        """Called with a device, what the twin wants of it, and the version of the document that says so."""
        self.devices = {device: DeviceShadow() for device in devices}
        self._asked_ns: dict[str, int] = {}
        self._refused: dict[str, int] = {}
        self._session: Session | None = None
        self.changed: Callable[[str], None] = _ignore
        """Called with a device's name whenever its shadow may have settled or unsettled."""

    @property
    def topics(self) -> list[str]:
        """What has to be subscribed before anything is asked: only answers, never what we publish."""
        tails = ("get/+", "update/accepted", "update/rejected", "update/delta")
        return [self._topic(device, tail) for device in self.devices for tail in tails]

    def _topic(self, device: str, tail: str) -> str:
        return wire.shadow_topic(self._prefix, self._gateway, device, tail)

    def connected(self, session: Session, token: str) -> None:
        """Fetch every document anew, however short the outage was."""
        self._session = session
        self._refused.clear()
        for device, shadow in self.devices.items():
            shadow.connected(token)
            self._go_on(device)

    def disconnected(self) -> None:
        """Nothing can be asked until the next connection."""
        self._session = None

    def is_now(self, channel: str, value: Value) -> None:
        """A channel (`device/channel`) has this value."""
        device, _, name = channel.partition("/")
        if device in self.devices:
            self.devices[device].is_now(name, value)
            self._go_on(device)

    def refuse(self, channel: str, want: object, code: str) -> None:
        """A wish for a channel was refused."""
        device, _, name = channel.partition("/")
        if device in self.devices:
            self.devices[device].refuse(name, want, code)
            self._go_on(device)

    def _go_on(self, device: str) -> None:
        shadow = self.devices[device]
        if self._session is not None:
            request = shadow.next_request()
            if request is not None:
                self._asked_ns[device] = self._clock.boottime_ns()
                self._session.publish(self._topic(device, request.kind), wire.encode(request.document))
        self.changed(device)

    def check_answers(self) -> None:
        """Ask again where an answer is overdue."""
        now = self._clock.boottime_ns()
        for device, asked_ns in list(self._asked_ns.items()):
            if now - asked_ns > ANSWER_TIMEOUT_S * NS_PER_S:
                self._asked_ns[device] = now
                self.devices[device].no_answer()
                self._go_on(device)

    async def on_message(self, device: str, tail: str, payload: bytes) -> None:
        """An answer or a delta for a device arrived.

        Raises:
            msgspec.DecodeError: it is not one.
            StoreError: a wish could not be committed; the document is fetched again, and it with it.
        """
        shadow = self.devices[device]
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
            case "get/rejected" | "update/rejected":
                self._on_rejected(device, tail, document, token)
            case _:
                raise msgspec.DecodeError(f"unexpected topic ending {tail!r}")
        if not shadow.waits:
            self._asked_ns.pop(device, None)
        await self._ask_for(device, wishes)
        self._go_on(device)

    async def _ask_for(self, device: str, wishes: list[Wish]) -> None:
        shadow = self.devices[device]
        for wish in wishes:
            shadow.wanted(wish)
            try:
                await self.wish(device, wish, shadow.version)
            except StoreError:
                shadow.unwanted(wish)
                self._give_up(device)
                raise

    def _on_rejected(self, device: str, tail: str, document: dict[str, object], token: str) -> None:
        code, message = document.get("code"), document.get("message")
        code = code if isinstance(code, int) and code < CODES_MAX else 0
        shadow = self.devices[device]
        rejected = shadow.on_get_rejected if tail == "get/rejected" else shadow.on_update_rejected
        if not rejected(code, token):
            self._give_up(device)
            if self._refused.get(device) != code:  # Once, although it is asked again and again.
                reason = message[:200] if isinstance(message, str) else ""
                log.error("shadow refused", device=device, code=code, reason=reason)
            self._refused[device] = code

    def _give_up(self, device: str) -> None:
        """Asking again at once would be a loop; `check_answers` does it when it is due."""
        self.devices[device].give_up()
        self._asked_ns[device] = self._clock.boottime_ns()


async def _refuse_all(_device: str, _wish: Wish, _version: int) -> None:
    """Until somebody takes wishes, nobody does."""


def _ignore(_device: str) -> None:
    """What nobody listens to."""
