"""Who is handed what of overrides: one place for everything that a value set by hand touches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from gateway.app.agreement import Agreement
from gateway.app.arbiter import Arbiter, Channels
from gateway.app.desk import Desk
from gateway.app.override_guard import OverrideGuard
from gateway.app.overrides import Overrides
from gateway.app.records import Records
from gateway.app.remote_settings import RemoteSettings, Watching
from gateway.app.shadow_wiring import finisher
from gateway.app.sync import SyncTracker
from gateway.clock import Clock
from gateway.cloud.shadows import Shadows
from gateway.core.command import Execution, Target
from gateway.core.conflict import ConflictPolicy
from gateway.core.override import OVERRIDE_KEY, Now
from gateway.core.patience import Patience
from gateway.core.reading import Value
from gateway.core.settings import Site
from gateway.devices.actuator import Actuator
from gateway.devices.board import Board
from gateway.devices.operator import Operator
from gateway.devices.sampler import Sampler
from gateway.devices.site import Hardware
from gateway.devices.thermostat import CHANNEL, Thermostat
from gateway.store.inbox import Inbox
from gateway.store.shadows import Kept


class Sight(NamedTuple):
    """What can be known of the site: the policy of every channel that can be driven, the moment, what a channel is."""

    policies: Mapping[str, ConflictPolicy]
    now: Callable[[], Now]
    current: Callable[[str], Value | None]


class Hand(NamedTuple):
    """What belongs to values that were set by hand."""

    agreement: Agreement
    overrides: Overrides
    records: Records
    guard: OverrideGuard
    desk: Desk
    sight: Sight


def hand(site: Site, kept: Kept, targets: Mapping[str, Target], records: Records, sight: Sight) -> Hand:
    """All of it, the admission's guard among it."""
    agreement = Agreement(kept, lambda: sight.now().wall_s)
    overrides = Overrides(kept.overrides, sight.policies, agreement, records, sight.now, sight.current)
    guard = records.admission.guard = OverrideGuard(overrides, sight.policies, agreement, records.events)
    return Hand(agreement, overrides, records, guard, Desk(targets, overrides, site.override_s), sight)


class Doers(NamedTuple):
    """Who does commands."""

    actuator: Actuator
    operator: Operator


def tie(by_hand: Hand, known: Mapping[str, Target], shadows: Shadows, doers: Doers, sync: SyncTracker) -> Arbiter:
    """Let the shadow's wishes, the actuator and the sync states know of it; who decides about wishes is returned."""
    overrides, told = by_hand.overrides, finisher(shadows)
    channels = Channels(known, by_hand.sight.policies)
    arbiter = Arbiter(channels, shadows, overrides, by_hand.agreement, by_hand.records)

    def finished(execution: Execution) -> None:
        told(execution)
        arbiter.obeyed(execution)
        overrides.finished(execution)

    shadows.wish, shadows.desired = arbiter.wish, arbiter.desired
    arbiter.conflict, arbiter.decided = sync.conflict, sync.decided
    overrides.changed = lambda device, said: shadows.note(device, OVERRIDE_KEY, said)
    overrides.followed, overrides.refused = shadows.follow, shadows.refuse
    overrides.tell_all()
    for one in doers:
        one.refusal, one.finished = by_hand.guard.refusal, finished

    def withdrawn(execution: Execution) -> None:
        doers.actuator.finished(execution)  # Whoever listens there later hears of these too.

    by_hand.records.admission.withdrawn(withdrawn)
    return arbiter


def remote(
    by_hand: Hand,
    shadows: Shadows,
    hardware: Hardware,
    samplers: Mapping[str, Sampler],
    patience: Mapping[str, Patience],
    changed: Callable[[], None],
) -> RemoteSettings:
    """Settings from the twin, heard of with all else that it desires; `changed` is called when some have changed."""

    def sampler(device: str) -> Sampler:
        return samplers[hardware.devices[device].bus.name]

    watching = Watching(
        change=lambda series, settings: sampler(series.partition("/")[0]).change(series, settings),
        hurry=lambda device: sampler(device).hurry(device),
    )
    found = RemoteSettings(hardware.devices, watching, by_hand.agreement, by_hand.records, shadows.note)
    found.changed, found.patience = changed, patience
    others = shadows.desired

    async def desired(device: str, wanted: dict[str, object]) -> None:
        await others(device, wanted)
        await found.desired(device, wanted)

    shadows.desired = desired
    return found


def policies_of(site: Site, hardware: Hardware) -> dict[str, ConflictPolicy]:
    """The policy of every channel that can be driven."""
    policies = {
        device.series(one.name): device.channel_settings(one.name).conflict
        for device in hardware.devices.values()
        for one in device.channels.values()
        if one.writable
    }
    return policies | {f"{one.name}/{CHANNEL}": one.conflict for one in site.thermostats}


def now_of(clock: Clock, trusted: Callable[[], float | None]) -> Callable[[], Now]:
    """The moment, by both clocks."""
    return lambda: Now(clock.boot_id, clock.boottime_ns(), trusted())


def current_of(board: Board, thermostats: Mapping[str, Thermostat], inbox: Inbox) -> Callable[[str], Value | None]:
    """What a channel is now, None where that is not known, or where an operation of its device is about to change it.

    What is so in the middle of an operation is nothing that anybody wants to last.
    """
    setpoints = {one.series: one for one in thermostats.values()}

    def current(channel: str) -> Value | None:
        if channel in setpoints:
            return setpoints[channel].setpoint
        return None if channel.partition("/")[0] in inbox.busy else board.value_of(channel)

    return current
