"""What is still to be said before a session by schedule may end, asked of everybody who has something to say."""

from __future__ import annotations

from typing import NamedTuple

from gateway.app.overrides import Overrides
from gateway.cloud.downlink import Downlink
from gateway.cloud.meter import Meter
from gateway.cloud.radio import Left, Radio
from gateway.cloud.shadows import Shadows
from gateway.cloud.uplink import Uplink
from gateway.core.radio import linger_s, plan_of
from gateway.core.reading import Lane
from gateway.core.settings import LinkSettings
from gateway.devices.actuator import Actuator
from gateway.errors import StoreError
from gateway.store.events import EventLog
from gateway.store.inbox import Inbox
from gateway.store.outbox import Outbox
from gateway.timekeeper import Timekeeper


class Unsaid:
    """Asks, in the order in which an answer is cheap."""

    def __init__(
        self, outbox: Outbox, meter: Meter, shadows: Shadows, inbox: Inbox, events: EventLog, actuator: Actuator
    ) -> None:
        self._outbox = outbox
        self._meter = meter
        self._shadows = shadows
        self._inbox = inbox
        self._events = events
        self._actuator = actuator

    def critical(self) -> bool:
        """Whether a critical reading waits for the twin."""
        ledger = self._outbox.ledger
        in_memory = Lane.CRITICAL in ledger.open or any(key.lane is Lane.CRITICAL for key in ledger.volatile)
        return in_memory or self._outbox.stored[Lane.CRITICAL] > 0

    async def of(self, since_ns: int) -> str:
        """What is unsaid of what was due at `since_ns`, boottime; what comes later may wait for the next session."""
        if self._readings(since_ns):
            return "readings"
        if any(
            not shadow.settled for name, shadow in self._shadows.devices.items() if name not in self._shadows.refused
        ):
            return "shadows"
        if self._inbox.waits or self._actuator.busy:
            return "commands"
        if self._events.has_untold:
            return "events"
        try:
            return "outcomes" if await self._inbox.untold(1) else ""
        except StoreError:
            return ""  # A disk that fails is no reason to keep the radio on.

    def _readings(self, since_ns: int) -> bool:
        """Whether readings wait that the budget lets go."""
        outbox, lowest = self._outbox, self._meter.lowest_live()
        held = [(lane, opened.base) for lane, opened in outbox.ledger.open.items()]
        held += [(key.lane, segment.base) for key, segment in outbox.ledger.volatile.items()]
        if any(lane <= lowest and base.boottime_ns <= since_ns for lane, base in held):
            return True
        return self._meter.stored_may_go() and any(outbox.stored.values())


class Talk(NamedTuple):
    """Who speaks on a session, and who may not wait for one."""

    outbox: Outbox
    uplink: Uplink
    downlink: Downlink
    overrides: Overrides


def radio(settings: LinkSettings, timekeeper: Timekeeper, unsaid: Unsaid, talk: Talk) -> Radio | None:
    """The radio of a link by schedule, woken by those who may not wait; None where the link is always kept."""
    plan = plan_of(settings.connect)
    if plan is None:
        return None
    trips, downlink = talk.uplink.pace.trips, talk.downlink
    left = Left(unsaid.critical, unsaid.of, lambda: downlink.heard, lambda: linger_s(trips.smoothed_s))
    found = Radio(plan, timekeeper.clock, timekeeper.trusted_s, left)
    talk.outbox.alarmed, talk.overrides.asked = found.look, found.wake
    return found
