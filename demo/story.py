"""The story in five acts. Every claim is looked at, and one that does not hold makes the demo fail."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from demo.claims import StoryError
from demo.numbers import Snapshot, StateNow
from demo.proxy import Mode
from demo.stage import Stage
from demo.waiting import EVERY_S, until

USUAL_S = 40.0
"""How long the story takes at its usual pace."""

START_S, ARRIVE_S, DRAIN_S, REPORT_S, WARM_S = 20.0, 15.0, 15.0, 10.0, 15.0
"""Longest waits, for a busy machine: a start, the first readings, an outbox that drains, a report, a warmer room."""

WARMER_K = 1.0
"""A rise that is neither noise (0.03 K) nor the thermostat's own swing (0.4 K)."""

SETPOINT_CEL = 22.0
CLIMATE, SETPOINT = "climate", "setpoint"
ROOM, HEATER = "room/temperature", "heater/on"
LONG_AGO_S = 5.0
"""Since when the order has expired that is sent to be refused."""

FAST_S = 0.01
"""Between two looks where a latency is measured."""

PARTS = {"i2c-1": ("room", "soil"), "uart": ("air",), "header": ("door", "heater")}
"""Bus -> devices on it, in the example."""


@dataclass
class Pace:
    """Stretches the story: 1 is its usual pace."""

    scale: float

    async def rest(self, seconds: float) -> None:
        """Let things happen for `seconds` of the usual pace."""
        await asyncio.sleep(seconds * self.scale)


async def play(stage: Stage, pace: Pace) -> None:
    """Play all acts; claims and measurements are noted on the stage.

    Raises:
        StoryError: the story could not go on.
    """
    await readings_flow(stage, pace)
    await the_link_is_cut(stage, pace)
    await the_twin_asks(stage, pace)
    await the_daemon_is_killed(stage, pace)
    await the_account(stage)


async def readings_flow(stage: Stage, pace: Pace) -> None:
    """Act 1: readings of every part reach the twin, which acknowledges them."""
    stage.view.act(1, "readings flow into the twin")
    stage.view.tell(f"broker: {stage.broker.kind}; twin and daemon start, each a process of its own")
    stage.start_twin()
    stage.start_daemon()
    if not await stage.until(lambda now: now.daemon is not None and now.daemon.link.state == "connected", START_S):
        raise StoryError(f"the daemon is not connected within {START_S:g} s")
    parts = {device for devices in PARTS.values() for device in devices}
    await stage.until(lambda now: parts <= seen(now), ARRIVE_S)
    count = sum(len(set(devices) & seen(stage.now)) for devices in PARTS.values())
    stage.claim(f"readings of {count} parts on {len(PARTS)} kinds of bus are in the twin", parts <= seen(stage.now))
    await pace.rest(6)
    stage.claim("the twin acknowledges them", await stage.until(acknowledges, ARRIVE_S))


def seen(now: Snapshot) -> set[str]:
    """The devices of which the twin has readings."""
    return {series.partition("/")[0] for series in now.state.series} if now.state else set()


def acknowledges(now: Snapshot) -> bool:
    """Whether the twin acknowledges what it gets, and the daemon's own account adds up."""
    return now.daemon is not None and now.daemon.balanced and now.daemon.readings.acknowledged > 0


async def the_link_is_cut(stage: Stage, pace: Pace) -> None:
    """Act 2: an outage, in which the outbox fills, and after which it drains."""
    stage.view.act(2, f"the link is cut for {10 * pace.scale:g} seconds")
    await stage.wire.set_mode(Mode.REFUSE)
    before = stage.now.daemon.readings.waiting if stage.now.daemon else 0
    await pace.rest(10)
    now = (await stage.look()).daemon
    if now is None:
        raise StoryError("the daemon does not answer while its link is cut")
    filled = now.readings.waiting - before
    stage.claim(f"the outbox filled: {now.readings.waiting} readings wait", filled > 0)
    stage.claim("the daemon says that it has no link", now.link.state != "connected")
    await stage.wire.set_mode(Mode.PASS)
    stage.view.tell("the link is back")
    await drain(stage)


async def drain(stage: Stage) -> None:
    """Wait until the twin has all that the daemon has taken so far, and settle the account."""
    now = (await stage.look()).daemon
    wanted = now.readings.accepted if now else 0

    def drained(now: Snapshot) -> bool:
        return now.daemon is not None and now.daemon.readings.acknowledged >= wanted

    stage.claim("the outbox drained", await stage.until(drained, DRAIN_S))
    reckoning = await stage.reckon()
    counted = "no quiet moment to count at" if reckoning is None else str(reckoning)
    stage.claim(f"the twin has everything: {counted}", reckoning is not None and reckoning.clean)


async def the_twin_asks(stage: Stage, pace: Pace) -> None:
    """Act 3: a wish of the twin warms the room, and orders that must not be obeyed move nothing."""
    stage.view.act(3, f"the twin asks for {SETPOINT_CEL:g} degrees")
    measured = stage.measured
    before_cel = measured.before_cel = number(await stage.look(), ROOM)
    began_s = asyncio.get_running_loop().time()
    await stage.ask("desire", gateway=stage.site.gateway, device=CLIMATE, state={SETPOINT: SETPOINT_CEL})
    if stage.claim("the reported state follows", await followed(stage, FAST_S)):
        measured.command_ms = round((asyncio.get_running_loop().time() - began_s) * 1000, 1)
        stage.view.tell(f"desired and reported agree after {measured.command_ms:g} ms")
    closed = await stage.until(lambda now: value(now, HEATER) is True, WARM_S)
    stage.claim("the heater's relay closes", closed)
    await must_be_refused(
        stage, "expired", "EXPIRED", channel=f"{CLIMATE}/{SETPOINT}", value=30, expires=time.time() - LONG_AGO_S
    )
    await must_be_refused(stage, "unknown channel", "UNKNOWN_CHANNEL", channel="garage/door", value=True)
    stage.claim("neither of them moved anything", reported(await stage.look_at_state()))
    warm_cel = (before_cel if before_cel is not None else SETPOINT_CEL) + WARMER_K
    warmer = await stage.until(lambda now: (number(now, ROOM) or 0.0) >= warm_cel, WARM_S)
    await pace.rest(8)
    measured.after_cel = number(await stage.look(), ROOM)
    stage.claim(f"the room is warmer: from {before_cel} to {measured.after_cel} Cel", warmer)
    stage.claim("desired and reported agree", reported(stage.now.state))


async def followed(stage: Stage, every_s: float = EVERY_S) -> bool:
    """Wait until the set point that was asked for is reported; returns whether it was in time."""

    async def look() -> bool | None:
        return reported(await stage.look_at_state()) or None

    return bool(await until(look, REPORT_S, every_s))


def reported(state: StateNow | None) -> bool:
    """Whether the set point that was asked for is reported, and nothing differs."""
    shadow = state.shadows.get(CLIMATE) if state else None
    return shadow is not None and shadow.reported.get(SETPOINT) == SETPOINT_CEL and not shadow.delta


def value(now: Snapshot, series: str) -> object:
    """The newest value that the twin has of a series; None where it has none."""
    found = now.state.series.get(series) if now.state else None
    return None if found is None else found.value


def number(now: Snapshot, series: str) -> float | None:
    """As `value`, of a series of numbers."""
    found = value(now, series)
    return float(found) if isinstance(found, int | float) else None


async def must_be_refused(stage: Stage, what: str, code: str, **order: object) -> None:
    """Give an order that the gateway has to refuse with `code`."""
    given = await stage.ask("command", gateway=stage.site.gateway, **order)

    async def reason() -> dict[str, str] | None:
        became = await stage.ask("execution", gateway=stage.site.gateway, id=given.get("id", ""))
        return became.get("reason")

    said = await until(reason, REPORT_S) or {}
    description = said.get("reasonDescription", "no answer")
    stage.claim(f"refused ({what}): {description}", said.get("reasonCode") == code)


async def the_daemon_is_killed(stage: Stage, pace: Pace) -> None:
    """Act 4: SIGKILL during an outage that nobody announces."""
    stage.view.act(4, "the daemon is killed in the middle of an outage")
    first = stage.now.daemon.epoch if stage.now.daemon else ""
    await stage.wire.set_mode(Mode.BLACKHOLE)
    stage.view.tell("the wire is dead, and nobody says so")
    await pace.rest(4)
    await stage.kill_daemon()
    stage.view.tell("SIGKILL; the daemon starts again")
    stage.start_daemon()
    back = await stage.until(lambda now: now.daemon is not None, START_S)
    await pace.rest(4)
    epoch = stage.now.daemon.epoch if stage.now.daemon else ""
    stage.claim(f"the daemon is back, in epoch {epoch.partition('-')[2] or '?'}", back and epoch != first)
    # What was on its way when the wire died is gone, as it is when a router has forgotten its connections.
    await stage.wire.set_mode(Mode.REFUSE)
    await stage.wire.set_mode(Mode.PASS)
    stage.view.tell("the wire is alive again; what was on it is lost")
    await drain(stage)
    stage.claim(f"the set point is still {SETPOINT_CEL:g}", await followed(stage))


async def the_account(stage: Stage) -> None:
    """Act 5: the whole account, and an orderly end of the daemon."""
    stage.view.act(5, "the account")
    reckoning = stage.measured.reckoning = await stage.reckon()
    counted = "no quiet moment to count at" if reckoning is None else str(reckoning)
    stage.claim(f"every reading is accounted for: {counted}", reckoning is not None and reckoning.clean)
    stage.claim("the daemon's own account adds up", stage.last is not None and stage.last.balanced)
    stage.claim("the daemon stops when told to", await stage.stop_daemon() == 0)
