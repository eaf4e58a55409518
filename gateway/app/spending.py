"""The account of the daily budget over restarts: in memory every few seconds, on the disk every hour and at the end."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
import structlog

from gateway.clock import NS_PER_S, Clock
from gateway.cloud.meter import Meter
from gateway.core.budget import Account, Budget
from gateway.core.reading import ClockState
from gateway.core.settings import Site
from gateway.devices.sampler import Sampler

NAME = "edgetwin.spent"
DISK_EVERY_S = 3600.0
"""A power cut forgets at most what was spent for this long; as much as an hour may spend is then taken as spent."""
RESERVE = 0.05
"""Of a budget, at most, for the batch that is sent before it is known how large it is."""

log = structlog.get_logger("app")


class Kept(msgspec.Struct):
    """An account, and when it was kept."""

    boot_id: str
    boottime_ns: int
    wall_ns: int
    synchronised: bool
    limit: float
    account: Account


class Spending:
    """The budget of a gateway, and the two files that keep it."""

    def __init__(self, site: Site, clock: Clock) -> None:
        link, store = site.link, site.store
        self._clock = clock
        self._memory, self._disk = Path(store.runtime_directory) / NAME, Path(store.directory) / NAME
        self._on_disk_ns = clock.boottime_ns()
        self.budget = None if link.budget is None else self._begin(link.budget, link.batch_bytes)
        self.meter = Meter(self.budget, link.telemetry_topic(site.gateway), link.keepalive_s, clock)

    def _begin(self, bytes_per_day: int, batch_bytes: int) -> Budget:
        limit = bytes_per_day - min(batch_bytes, round(RESERVE * bytes_per_day))
        kept = _read(self._memory)
        if kept is None or kept.boot_id != self._clock.boot_id:
            kept = _read(self._disk)
        if kept is None or kept.limit != limit:
            return Budget(limit)
        budget = Budget(limit, kept.account)
        if kept.boot_id == self._clock.boot_id:
            budget.elapse((self._clock.boottime_ns() - kept.boottime_ns) / NS_PER_S)
            return budget
        budget.spend(budget.share, live=True)  # What went between that and the power cut, nobody knows.
        if kept.synchronised and self._clock.state() is ClockState.SYNCHRONISED:
            budget.elapse(max(0.0, (self._clock.wall_ns() - kept.wall_ns) / NS_PER_S))
        return budget

    def warn(self, samplers: Iterable[Sampler]) -> None:
        """Say so where there is a budget and no channel that may be stretched for it."""
        if self.budget is not None and not any(sampler.elastic for sampler in samplers):
            log.warning(
                "nothing can be widened for the budget",
                budget_bytes_per_day=round(self.budget.limit),
                hint="give channels in mode event, hybrid or periodic a deadband_max, window_max or max_silence_max",
            )

    def keep(self, *, closing: bool = False) -> None:
        """Keep the account as it is now. A file that cannot be written is named, and nothing stops for it."""
        if self.budget is None:
            return
        clock = self._clock
        now, synchronised = clock.boottime_ns(), clock.state() is ClockState.SYNCHRONISED
        kept = Kept(clock.boot_id, now, clock.wall_ns(), synchronised, self.budget.limit, self.budget.account)
        data, due = msgspec.json.encode(kept), closing or now - self._on_disk_ns >= DISK_EVERY_S * NS_PER_S
        try:
            _replace(self._memory, data)
            if due:
                self._on_disk_ns = now
                _replace(self._disk, data)
        except OSError as error:
            log.warning("account of the budget not kept", place=str(self._memory), reason=error.strerror or str(error))


def _replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(data)
    fresh.replace(path)


def _read(path: Path) -> Kept | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Kept)
    except (OSError, ValueError):  # None, or none that can be read: the day begins anew.
        return None
