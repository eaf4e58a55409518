"""How the figures of how well the twin is kept are tied to those that know: uplink, sync states, samplers, the past."""

from __future__ import annotations

from collections.abc import Callable

from gateway.app.levels import Levels
from gateway.app.sync import SyncTracker
from gateway.cloud.uplink import Uplink
from gateway.core.level_history import History
from gateway.devices.board import Board
from gateway.devices.sampler import Sampler
from gateway.devices.site import Hardware
from gateway.store.outbox import Outbox


def levels_of(hardware: Hardware, outbox: Outbox, board: Board, uplink: Uplink, sync: SyncTracker) -> Levels:
    """The figures of every device; the uplink tells what arrives, and the sync states whether the twin is reached."""
    levels = Levels(hardware.devices, outbox, board, sync.clock, sync.is_reachable, sync.planned_s)
    uplink.progress = sync.check_all
    uplink.arrived, sync.linked = levels.arrived, levels.linked
    return levels


def go_on(
    levels: Levels, history: History | None, samplers: dict[str, Sampler], trusted: Callable[[], float | None]
) -> Levels:
    """`levels` that go on where an earlier run ended, and know what is held for a window.

    `trusted` gives the time where a clock is to be trusted.
    """
    levels.trusted = trusted
    levels.windowed = lambda series: any(sampler.is_windowed(series) for sampler in samplers.values())
    if history is not None:
        levels.resume(history)
    return levels
