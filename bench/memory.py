"""Memory of the real daemon: 20 simulated devices, TLS to the broker; and what a week without a link adds to it.

`rss_mb` and `uss_mb` are of a site without GPIO; where one is configured gpiozero is loaded, and `rss_gpio_mb` and
`uss_gpio_mb` are of the same site with a contact and a relay in place of two probes.

RSS and USS are those of /proc/PID/smaps_rollup, some time after everything has settled. The week passes in simulated
time, in the store alone, which is the only part that knows how long an outage lasts.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench import counters
from bench.certificates import Certificates, make
from bench.children import BenchError, module, output_of
from bench.daemon import CHANNELS, Place, command, unit_environment, write_site
from bench.environment import base_environment, compile_rooms
from bench.parts import Part
from bench.result import Measured, Metric
from bench.rig import Stage, stage
from bench.week import Outage
from demo.broker import free_port
from demo.folders import folders
from demo.numbers import ask_daemon
from demo.waiting import until

METRICS = (
    Metric("rss_mb", "MB", target=36),
    Metric("uss_mb", "MB", target=22),
    Metric("rss_gpio_mb", "MB"),
    Metric("uss_gpio_mb", "MB"),
    Metric("rss_growth_mb", "MB", target=0.5),
)
UP_S = 30.0
"""Longest wait for the first readings to be acknowledged."""
TLS = "listener {port} 127.0.0.1\ncafile {files.ca}\ncertfile {files.cert}\nkeyfile {files.key}"


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    settle_s: float = 20.0
    hours: int = 7 * 24
    base_only: bool = True
    """In an environment that has only the base requirements, which is made where there is none."""


FULL = Sizes()
QUICK = Sizes(settle_s=0.5, hours=1, base_only=False)


async def measure(sizes: Sizes) -> Measured:
    """Measure both."""
    environment = await base_environment(make=sizes.base_only)
    await compile_rooms(environment.python)
    with folders(None) as made:
        files, port = make(made.state), free_port()
        async with stage(TLS.format(port=port, files=files)) as at:
            await at.start_real_twin()
            daemon = await _daemon(at, port, files, environment.python, sizes.settle_s, gpio=True)
            lean = await _daemon(at, port, files, environment.python, sizes.settle_s, gpio=False)
            script = await _script(at, port, files, environment.python, sizes.settle_s)
        outage = await _outage(environment.python, made.runtime, sizes.hours)
        parts = await _parts(environment.python)
    mb = counters.MB
    return Measured(
        {
            "rss_mb": lean.rss / mb,
            "uss_mb": lean.uss / mb,
            "rss_gpio_mb": daemon.rss / mb,
            "uss_gpio_mb": daemon.uss / mb,
            "rss_growth_mb": (outage.rss_after - outage.rss_before) / mb,
        },
        {"rss_mb": script.rss / mb, "uss_mb": script.uss / mb},
        [
            environment.note,
            f"started as the service does: no flags, {' '.join(f'{k}={v}' for k, v in unit_environment().items())}",
            f"20 devices with {CHANNELS} channels, every second, {sizes.settle_s:g} s after the first acknowledgement",
            "without GPIO, and so without gpiozero, but for the figures that say so; the parts below are with it",
            *(_line(*part) for part in parts),
            _rest(daemon, parts),
            f"{sizes.hours} simulated hours offline, {outage.readings:,} readings, in the store alone",
            f"of that growth {(outage.rss_day - outage.rss_before) / mb:.1f} MB came on the first day",
            f"on the disk each took {outage.alone_bytes:.1f} bytes alone, {outage.joined_bytes:.2f} in joined segments",
            f"all files of that store together had {outage.files_bytes / counters.MB:.1f} MB",
            "what an outage adds to the baseline is not measured",
        ],
    )


async def _daemon(
    at: Stage, port: int, files: Certificates, python: str, settle_s: float, *, gpio: bool
) -> counters.Memory:
    name = "gpio" if gpio else "lean"
    place = Place(port, files.ca, at.folders.state / f"store-{name}", at.folders.runtime / name)
    site = write_site(at.folders.state, place, gpio=gpio)
    child = at.processes.start("daemon", command(python, site), unit_environment())

    async def look() -> bool | None:
        now = await ask_daemon(place.runtime)
        return (
            False if child.status is not None else ((now is not None and now.readings.acknowledged > CHANNELS) or None)
        )

    if not await until(look, UP_S):
        raise BenchError(f"the daemon does not get its readings to the twin; it says: {' | '.join(child.last_lines())}")
    await asyncio.sleep(settle_s)
    found = counters.memory(child.pid)
    await child.stop()
    return found


async def _script(at: Stage, port: int, files: Certificates, python: str, settle_s: float) -> counters.Memory:
    arguments = ("localhost", str(port), files.ca, at.folders.state / "rows", str(CHANNELS))
    child = at.processes.start("script", module(python, "bench.row_script", *arguments))
    await asyncio.sleep(settle_s + 2)
    if child.status is not None:
        raise BenchError(f"the baseline has ended; it says: {' | '.join(child.last_lines())}")
    found = counters.memory(child.pid)
    await child.stop()
    return found


async def _parts(python: str) -> list[Part]:
    return msgspec.json.decode(await output_of(module(python, "bench.parts")), type=list[Part])


def _rest(daemon: counters.Memory, parts: list[Part]) -> str:
    rss, uss = daemon.rss - sum(rss for _, rss, _ in parts), daemon.uss - sum(uss for _, _, uss in parts)
    return _line("what runs: the site, its threads, database and link with TLS", rss, uss)


def _line(name: str, rss: int, uss: int) -> str:
    return f"part: {name}: {rss / counters.MB:.1f} MB RSS, {uss / counters.MB:.1f} MB USS"


async def _outage(python: str, folder: Path, hours: int) -> Outage:
    said = await output_of(module(python, "bench.week", folder / "week", str(hours)))
    return msgspec.json.decode(said, type=Outage)
