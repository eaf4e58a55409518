"""A command to the pin, and a lost link to the safe value.

Command: a client publishes it, the broker hands it on, the gateway admits and commits it, commits that it begins, asks
safety and drives a pin in memory on its bus's own thread; the time ends when the pin changes. Link: the broker is
killed while the pin is on; the time runs from there until the pin is safe, less the grace that is configured. The
baseline is a script as it is written in an afternoon: on a message it sets the pin, keeps nothing, and looks once a
second how long its link has been lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from bench.mqtt import new_client
from bench.pins import CHANNEL, Pin, hardware, script
from bench.readings import GATEWAY
from bench.result import Measured, Metric, percentile
from bench.rig import Stage, linked, open_rooms, running, stage
from gateway.clock import SystemClock
from gateway.core import wire
from gateway.core.reading import ClockState
from gateway.core.settings import LinkSettings
from gateway.devices.guardian import TICK_S

METRICS = (
    Metric("p50_ms", "ms", target=10),
    Metric("p99_ms", "ms", target=50),
    Metric("safe_late_ms", "ms", target=TICK_S * 1000),
)
GRACE_S = 1.0
"""How long the link may be lost."""
EVERY_S = 0.02
"""Between two commands, each of which is done before the next is given."""
DEVICE = "pump"
TOPIC = "baseline/pin"
SUBSCRIBED_S = 0.5
"""From the connection until the gateway has subscribed, with room to spare."""

Send = Callable[[bool], None]


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    commands: int = 500
    losses: int = 3


FULL = Sizes()
QUICK = Sizes(commands=4, losses=1)


class SetClock(SystemClock):
    """The machine's clocks, taken for right: whether they are is not what is measured, and an expiry is checked."""

    def state(self) -> ClockState:
        """Synchronised."""
        return ClockState.SYNCHRONISED


class Side(NamedTuple):
    """One of the two: its pin, and how it is told what to do."""

    pin: Pin
    send: Send


async def measure(sizes: Sizes) -> Measured:
    """Measure both, each loss with a broker of its own."""
    times: tuple[list[float], list[float]] = ([], [])
    late: tuple[list[float], list[float]] = ([], [])
    for number in range(sizes.losses):
        async with stage() as at, _sides(at) as sides:
            for side, found in zip(sides, times, strict=True):
                found.extend(await _commands(side, sizes.commands if number == 0 else 0))
            for found, figure in zip(late, await _losses(at, sides), strict=True):
                found.append(figure)
    ours, simple = (
        {"p50_ms": percentile(one, 0.5), "p99_ms": percentile(one, 0.99), "safe_late_ms": max(lost)}
        for one, lost in zip(times, late, strict=True)
    )
    return Measured(
        ours,
        simple,
        [
            f"{sizes.commands} commands, one at a time",
            f"the latest of {sizes.losses} losses, each forgiven for {GRACE_S:g} s",
            "a command is committed when it comes and once more before it acts; the baseline keeps nothing",
        ],
    )


@contextlib.asynccontextmanager
async def _sides(at: Stage) -> AsyncIterator[tuple[Side, Side]]:
    """The gateway and the script, both connected."""
    clock, ours, simple = SetClock(), Pin(), Pin()
    topic = wire.command_topic(LinkSettings().shadows_under, GATEWAY, "{}", "request/json")
    with (
        hardware(DEVICE, ours, GRACE_S, clock) as parts,
        script(at.broker.host, at.broker.port, TOPIC, simple, GRACE_S),
        _publisher(at) as publish,
    ):
        async with (
            open_rooms(at.site("commands"), parts, clock) as rooms,
            linked(rooms),
            running(rooms.actuator.run(), rooms.guardian.run()),
        ):
            await parts.devices[DEVICE].read()  # Opens it, which makes it safe.
            await asyncio.sleep(SUBSCRIBED_S)
            numbers = itertools.count()
            yield (
                Side(ours, lambda value: publish(topic.format(f"c{next(numbers)}"), value)),
                Side(simple, lambda value: publish(TOPIC, value)),
            )


@contextlib.contextmanager
def _publisher(at: Stage) -> Iterator[Callable[[str, bool], None]]:
    client = new_client()
    client.connect(at.broker.host, at.broker.port)
    client.loop_start()

    def publish(topic: str, value: bool) -> None:
        now_s = time.time()
        request = {"channel": f"{DEVICE}/{CHANNEL}", "value": value, "issued": now_s, "expires": now_s + 60.0}
        client.publish(topic, msgspec.json.encode(request), qos=1)

    try:
        yield publish
    finally:
        client.disconnect()
        client.loop_stop()


async def _commands(side: Side, count: int) -> list[float]:
    """Milliseconds of each."""
    times = []
    for number in range(count):
        await asyncio.sleep(EVERY_S)
        value, began_ns = number % 2 == 0, time.monotonic_ns()
        side.send(value)
        times.append((await side.pin.until(value=value) - began_ns) / 1e6)
    return times


async def _losses(at: Stage, sides: tuple[Side, Side]) -> list[float]:
    """Milliseconds beyond the grace after which each is safe."""
    for side in sides:
        side.send(True)
        await side.pin.until(value=True)
    lost_ns = time.monotonic_ns()
    await at.broker.child.kill()
    return [(await side.pin.until(value=False) - lost_ns) / 1e6 - GRACE_S * 1000 for side in sides]
