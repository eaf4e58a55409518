"""One channel as the sampler sees it: how it is watched, what of it waits, whether it is in alarm."""

from __future__ import annotations

from drivers.base import Channel, ValueKind
from gateway.core.alarm import Alarm
from gateway.core.gate import Outcome, gate_of
from gateway.core.plan import Limits, make_plan
from gateway.core.reading import Lane, Reading
from gateway.core.settings import ChannelSettings, Mode


class Watched:
    """A channel, by one set of settings."""

    def __init__(self, series: str, channel: Channel, unit: str, settings: ChannelSettings, every_s: float) -> None:
        self.series = series
        self.unit = unit
        numeric = channel.kind is ValueKind.NUMBER
        self.plan = make_plan(settings, every_s, channel.low, channel.high, numeric=numeric)
        self.gate = gate_of(self.plan)
        """None where every reading is sent."""
        self.alarm = None if settings.alarm is None else Alarm(settings.alarm)
        self.way = (settings.lane, self.plan.mode is Mode.REALTIME or settings.lane <= Lane.HIGH)
        """The lane, and whether what is sent waits for no company."""
        self._exempt = settings.lane is Lane.CRITICAL
        self._settings = settings

    @property
    def raised(self) -> bool:
        """Whether every reading is sent because an alarm holds."""
        return self.plan.mode is Mode.HYBRID and self.alarm is not None and self.alarm.raised

    @property
    def elastic(self) -> bool:
        """Whether the budget may widen something of it."""
        return self.plan.elastic and not self._exempt

    def limits(self, stretch: float) -> Limits:
        """The limits at a stretch of the budget, which does not touch what is critical."""
        return self.plan.configured if self._exempt else self.plan.limits(stretch)

    def admit(self, reading: Reading) -> Outcome:
        """Send a reading whatever it is, and what waits before it."""
        return Outcome((reading,)) if self.gate is None else self.gate.admit(reading)

    def carry_on(self, before: Watched) -> None:
        """An alarm that holds goes on under the new settings, where its limits are the same."""
        if before.alarm is not None and before._settings.alarm == self._settings.alarm:
            self.alarm = before.alarm
