"""Who is handed what. Nothing here waits, reads or sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from gateway.app.birth import birth_of, operations
from gateway.app.bundling import Talk, Unsaid, radio
from gateway.app.hand import Doers, Sight, current_of, hand, now_of, policies_of, remote, tie
from gateway.app.level_wiring import go_on, levels_of
from gateway.app.memory_wiring import memory_of
from gateway.app.records import Records
from gateway.app.rooms import Rooms
from gateway.app.rule_wiring import local_rules
from gateway.app.safety_wiring import forewarned, outputs_of, wish_of
from gateway.app.shadow_wiring import reporter, shadowed, version_of
from gateway.app.spending import Spending
from gateway.app.sync import SyncTracker
from gateway.clock import Clock
from gateway.cloud.commands import Commands
from gateway.cloud.connection import Connection
from gateway.cloud.downlink import Downlink, Told
from gateway.cloud.shadows import Shadows
from gateway.cloud.signatures import verifier
from gateway.cloud.uplink import Uplink
from gateway.core import wire
from gateway.core.command import Target
from gateway.core.hybrid_clock import NEVER
from gateway.core.level_history import History
from gateway.core.patience import patience_of
from gateway.core.pressure import Pressure
from gateway.core.reading import Value
from gateway.core.safety_state import Output
from gateway.core.settings import Acknowledge, Site
from gateway.core.wire import Presence, Status
from gateway.devices.actuator import Actuator, Write
from gateway.devices.board import Board
from gateway.devices.device import Device
from gateway.devices.guardian import Guardian
from gateway.devices.operator import Machines, Operator
from gateway.devices.outputs import Outputs
from gateway.devices.sampler import Sampler
from gateway.devices.site import Hardware, depended_on
from gateway.devices.thermostat import CHANNEL, Thermostat
from gateway.store.admission import Admission, Terms
from gateway.store.database import Database
from gateway.store.events import EventLog
from gateway.store.inbox import Inbox
from gateway.store.outbox import Outbox
from gateway.store.quota import Quota
from gateway.store.recovery import Opened
from gateway.store.shadows import Kept
from gateway.timekeeper import Timekeeper


class Stores(NamedTuple):
    """What the store room has open."""

    database: Database
    opened: Opened
    inbox: Inbox
    events: EventLog
    held: dict[str, Value]
    timekeeper: Timekeeper
    quota: Quota | None = None
    kept: Kept = Kept({}, {}, NEVER)
    outputs: Mapping[str, Output] = {}
    history: History | None = None
    """How well the twin was kept before."""
    down: str = ""
    """Why memory stands in for the store; empty where the store is open."""
    since_s: Callable[[], float | None] = lambda: None
    """When the memory of commands began; None where it always was."""


def wire_up(site: Site, stores: Stores, hardware: Hardware) -> Rooms:
    """The rooms of `site`, each with what it needs of the others."""
    outbox, board = stores.opened.outbox, Board()
    timekeeper, clock, trusted = stores.timekeeper, stores.timekeeper.clock, stores.timekeeper.trusted_s
    known, spending = targets(site, hardware), Spending(site, clock)
    uplink = Uplink(outbox, site.link.telemetry_topic(site.gateway), timekeeper, site.link, spending.meter)
    admission = _admission(site, stores, hardware, known)
    thermostats = _thermostats(site, stores, board, admission)
    shadows = _shadows(site, hardware, thermostats, board, clock)
    sight = Sight(policies_of(site, hardware), now_of(clock, trusted), current_of(board, thermostats, stores.inbox))
    writers, outputs = _writers(hardware, thermostats), outputs_of(hardware, stores.outputs, board, sight.now)
    doers = _doers(stores, hardware, writers, outputs)
    by_hand = hand(site, stores.kept, known, Records(admission, stores.events, stores.database), sight)
    commands = _commands(site, stores, admission, shadows, doers)
    birth = birth_of(site, stores.opened, hardware, timekeeper)
    downlink = Downlink(site.link.prefix, birth, uplink, shadows, commands, _told(site, stores))
    sync = SyncTracker([*hardware.devices, *thermostats], shadows, outbox, clock)
    unsaid = Unsaid(outbox, spending.meter, shadows, stores.inbox, stores.events, doers.actuator)
    by_schedule = radio(site.link, timekeeper, unsaid, Talk(outbox, uplink, downlink, by_hand.overrides))
    levels = levels_of(hardware, outbox, board, uplink, sync)
    arbiter, samplers = tie(by_hand, known, shadows, doers, sync), _samplers(hardware, outbox, board, clock, spending)
    return Rooms(
        site=site,
        clock=clock,
        timekeeper=timekeeper,
        started_ns=clock.boottime_ns(),
        outbox=outbox,
        committer=stores.opened.committer,
        board=board,
        hardware=hardware,
        samplers=[*samplers.values()],
        actuator=doers.actuator,
        operator=doers.operator,
        memory=memory_of(hardware, None if stores.down else stores.held, stores.database, doers.operator),
        thermostats=thermostats,
        rules=forewarned(outputs, thermostats, local_rules(site, stores.held, arbiter, board, doers, timekeeper)),
        guardian=_guardian(stores, outputs, writers, admission, sync),
        connection=Connection(site.link, site.gateway, _will(site, stores.opened), clock, radio=by_schedule),
        uplink=uplink,
        downlink=downlink,
        shadows=shadows,
        sync=sync,
        levels=go_on(levels, stores.history, samplers, trusted),
        pressure=_under_pressure(site, samplers),
        hand=by_hand,
        settings=remote(by_hand, shadows, hardware, samplers, patience_of(site), downlink.tell_birth),
        quota=stores.quota,
        spending=spending,
        taken_before=outbox.ledger.total().news,
    )


def _admission(site: Site, stores: Stores, hardware: Hardware, known: Mapping[str, Target]) -> Admission:
    signed, down = site.commands.require_signature, bool(stores.down)
    terms = Terms(known, operations(hardware), signed=signed, store_down=down, since_s=stores.since_s)
    timekeeper = stores.timekeeper
    return Admission(stores.inbox, stores.events, terms, timekeeper.clock, timekeeper.trusted_s)


def _commands(site: Site, stores: Stores, admission: Admission, shadows: Shadows, doers: Doers) -> Commands:
    admission.version_of = version_of(shadows)
    prefix, timekeeper = site.link.shadows_under, stores.timekeeper
    commands = Commands(prefix, site.gateway, admission, stores.inbox, timekeeper, verifier(site.commands))
    doers.operator.progressed = commands.progressed
    return commands


def _doers(stores: Stores, hardware: Hardware, writers: dict[str, Write], outputs: Outputs) -> Doers:
    inbox, events, clock = stores.inbox, stores.events, stores.timekeeper.clock
    trusted = stores.timekeeper.trusted_s
    actuator = Actuator(inbox, events, writers, clock, trusted, outputs)
    return Doers(actuator, Operator(inbox, events, Machines(hardware.devices, writers, outputs), clock, trusted))


def _shadows(site: Site, hardware: Hardware, thermostats: dict[str, Thermostat], board: Board, clock: Clock) -> Shadows:
    """A shadow for every device and thermostat, which hear of readings."""
    measured = hardware.devices.values()
    driven = shadowed(measured, dict.fromkeys(thermostats, CHANNEL))
    shadows = Shadows(site.link.shadows_under, site.gateway, driven, clock)
    board.listen(reporter(shadows, measured, site.link.report_every_s))
    for thermostat in thermostats.values():
        shadows.is_now(thermostat.series, thermostat.setpoint)
    return shadows


def _thermostats(site: Site, stores: Stores, board: Board, admission: Admission) -> dict[str, Thermostat]:
    held, database, clock = stores.held, stores.database, stores.timekeeper.clock
    return {
        one.name: Thermostat(one, held.get(f"{one.name}/{CHANNEL}"), board, admission, database, clock)
        for one in site.thermostats
    }


def _guardian(
    stores: Stores, outputs: Outputs, writers: dict[str, Write], admission: Admission, sync: SyncTracker
) -> Guardian:
    guardian = Guardian(outputs, writers, stores.database, stores.events, stores.timekeeper.clock)
    guardian.wish, guardian.link_lost_ns = wish_of(admission), lambda: sync.lost_ns
    return guardian


def _told(site: Site, stores: Stores) -> Told:
    by_broker = site.link.acknowledge is Acknowledge.BROKER
    return Told(stores.opened.store_id, stores.inbox, stores.events, by_broker)


def _samplers(hardware: Hardware, outbox: Outbox, board: Board, clock: Clock, spending: Spending) -> dict[str, Sampler]:
    stretch = spending.meter.stretch
    return {bus: Sampler(devices, outbox, board, clock, stretch) for bus, devices in _by_bus(hardware)}


def _under_pressure(site: Site, samplers: dict[str, Sampler]) -> Pressure:
    pressure = Pressure()
    for sampler in samplers.values():
        sampler.slower, sampler.needed = pressure.slower, depended_on(site)
    return pressure


def _will(site: Site, opened: Opened) -> tuple[str, bytes]:
    offline = Status(Presence.OFFLINE, opened.outbox.ledger.epoch)
    return wire.status_topic(site.link.prefix, site.gateway), wire.encode(offline)


def _by_bus(hardware: Hardware) -> list[tuple[str, list[Device]]]:
    """The devices of each bus that has any."""
    found: dict[str, list[Device]] = {bus: [] for bus in hardware.threads}
    for device in hardware.devices.values():
        found[device.bus.name].append(device)
    return [(bus, devices) for bus, devices in found.items() if devices]


def targets(site: Site, hardware: Hardware) -> dict[str, Target]:
    """Every channel that a command may name."""
    found = {}
    for device in hardware.devices.values():
        for one in device.channels.values():
            series = device.series(one.name)
            lifetime_s = device.channel_settings(one.name).command_expires_s
            found[series] = Target(series, one.kind.value, one.low, one.high, one.writable, lifetime_s)
    for settings in site.thermostats:
        target = Thermostat.target(settings)
        found[target.channel] = target
    return found


def _writers(hardware: Hardware, thermostats: dict[str, Thermostat]) -> dict[str, Write]:
    writers: dict[str, Write] = {one.series: one.write for one in thermostats.values()}
    for device in hardware.devices.values():
        for one in device.channels.values():
            if one.writable:
                writers[device.series(one.name)] = _writer(device)
    return writers


def _writer(device: Device) -> Write:
    async def write(channel: str, value: Value) -> Value:
        return await device.write(channel.partition("/")[2], value)

    return write
