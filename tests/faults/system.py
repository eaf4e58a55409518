"""Faults of the whole: daemon, wire, broker and twin as processes, and each fault followed by the seven checks."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import random
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from demo.broker import mosquitto
from demo.claims import StoryError
from demo.proxy import Mode
from tests.faults.allowance import Finding
from tests.faults.ground import ground
from tests.faults.playhouse import House, a_house, rules_but
from tests.faults.wire import Faults
from tests.system.theatre import START_S, connected, cut_off, flowing, waits_for

WAITING = 6
"""So many readings wait before a fault ends: it was long enough to matter."""
Fault = Callable[[House, random.Random], Awaitable[None]]
Result = tuple[str, list[Finding]]
"""A fault by name, and what the checks found after it."""


def missing() -> str:
    """Why whole processes cannot be broken here; empty where they can."""
    return "" if mosquitto() else "this needs mosquitto"


async def _waits(house: House) -> None:
    assert await house.stage.until(waits_for(WAITING), START_S), "nothing waits"


async def _reads(house: House, readings: int) -> None:
    """Wait until so many readings more have been taken in."""
    stage = house.stage
    await stage.look()
    taken = stage.now.daemon.readings.taken if stage.now.daemon else 0
    assert await stage.until(lambda now: now.daemon and now.daemon.readings.taken > taken + readings, START_S)


async def broker_killed(house: House, _chance: random.Random) -> None:
    stage = house.stage
    await stage.may_end(stage.broker.child).kill()
    assert await stage.until(cut_off, START_S)
    await _waits(house)
    await house.restart_broker()
    assert await stage.until(connected, START_S)


async def twin_killed(house: House, _chance: random.Random) -> None:
    stage = house.stage
    twin = next(child for child in reversed(list(stage.processes)) if child.name == "twin")
    await stage.may_end(twin).kill()
    await _waits(house)
    stage.start_twin()


async def daemon_killed(house: House, chance: random.Random) -> None:
    stage = house.stage
    await stage.wire.set_mode(chance.choice((Mode.PASS, Mode.REFUSE)))
    if stage.wire.mode is Mode.REFUSE:
        await _waits(house)
    await stage.kill_daemon()
    stage.start_daemon()
    assert await stage.until(lambda now: now.daemon is not None, START_S)
    await stage.wire.set_mode(Mode.PASS)


async def daemon_stopped(house: House, chance: random.Random) -> None:
    """SIGSTOP and SIGCONT, as a laptop's lid or a debugger does."""
    daemon = house.stage.daemons[-1]
    daemon.send(signal.SIGSTOP)
    await asyncio.sleep(chance.uniform(1, 4))
    daemon.send(signal.SIGCONT)


async def _wire_mode(house: House, _chance: random.Random, *, mode: Mode, delay_s: float = 0.0) -> None:
    stage = house.stage
    await stage.wire.set_mode(mode, delay_s)
    if mode is Mode.DELAY:
        await _reads(house, 4 * WAITING)
    else:
        await _waits(house)
    await stage.wire.set_mode(Mode.PASS)


async def _wire_faults(house: House, chance: random.Random, *, faults: Faults) -> None:
    """Until enough waits, or has passed, in the meantime."""
    if faults.cut_after:
        faults = faults._replace(cut_after=round(faults.cut_after * chance.uniform(0.5, 2)))
    house.wire.set(faults)
    await _reads(house, 4 * WAITING)
    house.wire.set(Faults())


async def _denied(house: House, _chance: random.Random, *, topic: str) -> None:
    """The broker stops taking, or giving out, one topic. MQTT 3.1.1 does not say so: only the twin's silence does."""
    stage = house.stage
    house.rules(rules_but(topic))
    stage.broker.child.send(signal.SIGHUP)
    await _waits(house)
    house.rules(rules_but())
    stage.broker.child.send(signal.SIGHUP)
    assert await stage.until(flowing, START_S)


async def clock_jumps(house: House, chance: random.Random) -> None:
    """The wall clock of the daemon is set forth and back while it runs."""
    stage = house.stage
    moved = stage.folders.state / "moved"
    moved.write_text("0", encoding="ascii")
    assert await stage.stop_daemon() == 0
    arguments = (str(moved), "run", "--config", str(stage.folders.site))
    daemon = stage.processes.start_module("daemon", "tests.faults.moved_clock", *arguments)
    stage.daemons.append(daemon)
    stage._needed.append(daemon)
    assert await stage.until(connected, START_S)
    for seconds in (chance.choice((3600, 86_400)), chance.choice((-3600, -400_000)), 0):
        moved.write_text(str(seconds), encoding="ascii")
        await _reads(house, WAITING)
    assert await stage.stop_daemon() == 0
    stage.start_daemon()
    assert await stage.until(connected, START_S)


FAULTS: dict[str, Fault] = {
    "broker_killed": broker_killed,
    "publish_denied": functools.partial(_denied, topic="edgetwin/things/+/telemetry"),
    "ack_denied": functools.partial(_denied, topic="edgetwin/things/+/ack"),
    "refuse": functools.partial(_wire_mode, mode=Mode.REFUSE),
    "blackhole": functools.partial(_wire_mode, mode=Mode.BLACKHOLE),
    "delay": functools.partial(_wire_mode, mode=Mode.DELAY, delay_s=0.3),
    "deaf_up": functools.partial(_wire_faults, faults=Faults(deaf_up=True)),
    "deaf_down": functools.partial(_wire_faults, faults=Faults(deaf_down=True)),
    "cut_after": functools.partial(_wire_faults, faults=Faults(cut_after=4000)),
    "slow": functools.partial(_wire_faults, faults=Faults(bytes_s=3000)),
    "half_closed": functools.partial(_wire_faults, faults=Faults(half_closed=True)),
    "twin_killed": twin_killed,
    "daemon_killed": daemon_killed,
    "daemon_stopped": daemon_stopped,
    "clock_jumps": clock_jumps,
}
HOUSES = (("5", False), ("3.1.1", True), ("5", True), ("3.1.1", False))
"""Version of MQTT, and whether the broker keeps what it has over a kill."""


async def act(place: Path, names: list[str], chance: random.Random, house: int) -> list[Result]:
    """Play these faults in one house, one after the other; for each, what the checks find then."""
    protocol, persistence = HOUSES[house % len(HOUSES)]
    about = f"MQTT {protocol}, broker {'with' if persistence else 'without'} memory"
    played: list[Result] = []
    try:
        # What the stage shows is not asked for here.
        with contextlib.redirect_stdout(io.StringIO()):
            async with a_house(place, protocol, persistence) as one:
                for name in names:
                    played.append((f"{name} ({about})", []))
                    await FAULTS[name](one, chance)
                    played[-1][1].extend(await one.checked())
    except (AssertionError, StoryError) as error:
        played.append((f"after {len(played)} faults ({about})", [Finding(7, f"it does not go on: {error}")]))
    return played


def sweep(seed: int, houses: int) -> Iterator[Result]:
    """Every fault in random order, in so many houses; for each, what the checks find."""
    chance = random.Random(seed)
    for number in range(houses):
        names = list(FAULTS)
        chance.shuffle(names)
        with ground() as place:
            place.chmod(0o755)  # The broker is somebody else.
            yield from asyncio.run(act(place, names, chance, number))
