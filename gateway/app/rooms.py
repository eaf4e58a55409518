"""Everything that is open while the daemon runs, by name."""

from __future__ import annotations

from typing import NamedTuple

from gateway.app.hand import Hand
from gateway.app.levels import Levels
from gateway.app.remote_settings import RemoteSettings
from gateway.app.spending import Spending
from gateway.app.sync import SyncTracker
from gateway.clock import Clock
from gateway.cloud.connection import Connection
from gateway.cloud.downlink import Downlink
from gateway.cloud.shadows import Shadows
from gateway.cloud.uplink import Uplink
from gateway.core.pressure import Pressure
from gateway.core.settings import Site
from gateway.devices.actuator import Actuator
from gateway.devices.board import Board
from gateway.devices.guardian import Guardian
from gateway.devices.memory import Memory
from gateway.devices.operator import Operator
from gateway.devices.rules import Rules
from gateway.devices.sampler import Sampler
from gateway.devices.site import Hardware
from gateway.devices.thermostat import Thermostat
from gateway.store.committer import Committer
from gateway.store.outbox import Outbox
from gateway.store.quota import Quota
from gateway.timekeeper import Timekeeper


class Rooms(NamedTuple):
    """The open rooms."""

    site: Site
    clock: Clock
    timekeeper: Timekeeper
    started_ns: int
    outbox: Outbox
    committer: Committer
    board: Board
    hardware: Hardware
    samplers: list[Sampler]
    actuator: Actuator
    guardian: Guardian
    operator: Operator
    memory: Memory
    thermostats: dict[str, Thermostat]
    rules: Rules
    connection: Connection
    uplink: Uplink
    downlink: Downlink
    shadows: Shadows
    sync: SyncTracker
    levels: Levels
    pressure: Pressure
    hand: Hand
    settings: RemoteSettings
    quota: Quota | None
    spending: Spending
    taken_before: int
    """Readings that were news in earlier runs."""
