"""How well the twin of each device is kept, from what the twin acknowledges and what the devices and the link do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from gateway.clock import NS_PER_S, Clock
from gateway.core.level_history import History, Lately, Moment, since
from gateway.core.segment import Segment
from gateway.core.service_level import LastDay, LastHour, Level
from gateway.devices.board import Board
from gateway.devices.device import Device, DeviceState
from gateway.store.outbox import Outbox

LOOK_EVERY_S = 0.05
"""Acknowledgements that come closer than this are not looked into: a sample is enough for a quantile."""
LOOK_BYTES = 2000
"""Smaller ones cost nothing to look into."""
KEEP_EVERY_S = 3600.0
"""The history is kept at the end, and otherwise this often, and only where something else is written."""
DEVICE = re.compile(rb'"bn":"[^/"]*/([^/"]+)/')


class Levels:
    """Every device's figures; thermostats have none, as they have no readings."""

    def __init__(
        self,
        devices: Mapping[str, Device],
        outbox: Outbox,
        board: Board,
        clock: Clock,
        reaches: Callable[[str], bool],
        planned_s: Callable[[int], float] = lambda _since_ns: 0.0,
    ) -> None:
        self._devices = devices
        self._outbox = outbox
        self._clock = clock
        self._reaches = reaches
        self._planned_s = planned_s
        self._latency = {name: LastHour() for name in devices}
        self._day = {name: LastDay() for name in devices}
        self._newest_ns: dict[str, int] = {}
        self._arrived_ns: dict[str, int] = {}
        self._looked_s = 0.0
        self._linked_ns = 0
        self._began_ns = clock.boottime_ns()
        self._kept_s = clock.boottime_ns() / NS_PER_S
        self.windowed: Callable[[str], bool] = lambda _series: False
        """Whether nothing but aggregates of windows is sent of a series."""
        self.trusted: Callable[[], float | None] = lambda: None
        """The time, where some clock is to be trusted."""
        board.listen(lambda reading: self._newest_ns.__setitem__(reading.series.partition("/")[0], reading.boottime_ns))

    def arrived(self, segment: Segment, once: bool) -> None:
        """The twin has acknowledged a segment; `once` when it was sent only once."""
        now_s = self._clock.boottime_ns() / NS_PER_S
        if now_s - self._looked_s < LOOK_EVERY_S and len(segment.body) > LOOK_BYTES:
            return
        self._looked_s, since_ns = now_s, segment.base.boottime_ns
        # What was taken in before the link came up had to wait for it, which is not the latency of the way.
        live = once and since_ns >= self._linked_ns
        for found in set(DEVICE.findall(segment.body)):
            device = found.decode()
            if device in self._devices:
                self._arrived_ns[device] = max(self._arrived_ns.get(device, 0), since_ns)
                if live:
                    self._latency[device].add(now_s - since_ns / NS_PER_S, now_s)

    def linked(self) -> None:
        """The link came up."""
        self._linked_ns = self._clock.boottime_ns()

    def look(self) -> None:
        """Let the time since the last look count."""
        now_s = self._clock.boottime_ns() / NS_PER_S
        for name, device in self._devices.items():
            self._day[name].look(now_s, holds=device.state is DeviceState.UP and self._reaches(name))

    def history(self, *, ended: bool) -> History:
        """What the next run should know of this one."""
        boot_id, now_s, wall_s = self._moment()
        self._kept_s = now_s
        devices = {
            name: Lately(self._latency[name].cells(now_s), self._day[name].hours(now_s)) for name in self._devices
        }
        return History(boot_id, now_s, wall_s, ended, devices)

    @property
    def history_due(self) -> bool:
        """Whether it was not kept for long enough to be kept again, beside something else."""
        return self._clock.boottime_ns() / NS_PER_S - self._kept_s >= KEEP_EVERY_S

    def resume(self, history: History) -> None:
        """Go on with what an earlier run knew."""
        now = self._moment()
        passed = since(history, now)
        for name in self._devices.keys() & history.devices.keys():
            lately = history.devices[name]
            self._latency[name].restore(lately.latency, passed.latency_slots, now.boottime_s)
            self._day[name].restore(lately.day, passed.day_slots, passed.missing_s, now.boottime_s)

    def _moment(self) -> Moment:
        return Moment(self._clock.boot_id, self._clock.boottime_ns() / NS_PER_S, self.trusted())

    def waiting(self) -> set[str]:
        """The devices of which readings wait.

        What a door or a deadband holds does not: the twin knows it within what is allowed. An open window does.
        """
        ledger = self._outbox.ledger
        waits = [tally.waiting for tally in ledger.tallies]
        for one in ledger.held.values():
            if not self.windowed(ledger.series[one.index].name):
                waits[one.index] -= len(one.fragments)
        return {series.name.partition("/")[0] for series, count in zip(ledger.series, waits, strict=True) if count > 0}

    def levels(self) -> dict[str, Level]:
        """Of every device, by its name."""
        now_ns, waiting = self._clock.boottime_ns(), self.waiting()
        now_s = now_ns / NS_PER_S
        levels = {}
        for name, latency in self._latency.items():
            # Where nothing waits, the twin knows what we know, whether or not it was worth sending.
            # Of what nothing has arrived in this run, it knows only what is older than that.
            known_ns = (self._arrived_ns if name in waiting else self._newest_ns).get(name, self._began_ns)
            levels[name] = Level(
                latency.quantile(0.5, now_s),
                latency.quantile(0.99, now_s),
                (now_ns - known_ns) / NS_PER_S,
                self._day[name].share,
                self._planned_s(known_ns),
            )
        return levels
