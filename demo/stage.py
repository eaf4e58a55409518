"""The stage: broker, wire, twin and daemon as they run, and the means to look at them and to wait."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from demo.broker import EVERYBODY, Broker, start_broker
from demo.claims import Claims, StoryError
from demo.folders import Folders
from demo.numbers import DaemonNow, GatewayNow, Latency, Readings, Row, Snapshot, StateNow, ask_daemon
from demo.processes import Child, Processes, processes
from demo.proxy import Proxy, proxy_to
from demo.reckoning import Reckoning, reckon
from demo.site import EXAMPLE, make_site
from demo.summary import Heater, ReadingsSummary, Summary
from demo.view import View
from demo.waiting import EVERY_S, until
from gateway.core.settings import Site
from twin.client import TwinNotRunningError, ask

HISTORY_MAX = 10_000
"""Readings of one series that the twin gives in one answer: at two in a second, more than an hour."""

QUIET_S = 15.0
"""Longest wait for a moment at which nothing is on its way; with readings on common ticks there is one every second."""


@dataclass
class Measured:
    """What the acts measure; None until they have."""

    command_ms: float | None = None
    before_cel: float | None = None
    after_cel: float | None = None
    reckoning: Reckoning | None = None
    counted: Readings | None = None
    """The daemon's count at the moment of the reckoning."""


class Stage:
    """Everything that takes part. `daemons` are the runs of the daemon, the newest last."""

    def __init__(
        self, folders: Folders, site: Site, started: Processes, broker: Broker, wire: Proxy, view: View
    ) -> None:
        self.folders = folders
        self.site = site
        self.broker = broker
        self.wire = wire
        self.view = view
        self.claims = Claims()
        self.measured = Measured()
        self.now = Snapshot()
        self.last: DaemonNow | None = None
        """The last answer of a daemon, also of one that has ended since."""
        self.daemons: list[Child] = []
        self.processes = started
        self._needed: list[Child] = [broker.child]

    def start_twin(self, *options: str) -> Child:
        """Start the twin, on the broker directly: only the gateway's link is cut."""
        arguments = ("twin", "--broker", self.broker.address, "--directory", str(self.folders.twin), *options)
        twin = self.processes.start_module("twin", "gateway", *arguments)
        self._needed.append(twin)
        return twin

    def start_daemon(self) -> None:
        """Start the daemon, anew or for the first time."""
        daemon = self.processes.start_module("daemon", "gateway", "run", "--config", str(self.folders.site))
        self.daemons.append(daemon)
        self._needed.append(daemon)

    async def restart_broker(self) -> None:
        """Start a broker on the port of one that has ended, with the same rules."""
        self.broker = await start_broker(self.processes, self.folders.state, port=self.broker.port)
        self._needed.append(self.broker.child)

    def may_end(self, child: Child) -> Child:
        """From now on nothing rests on `child`, which is returned."""
        self._needed.remove(child)
        return child

    async def kill_daemon(self) -> None:
        """End the daemon by SIGKILL."""
        await self.may_end(self.daemons[-1]).kill()

    async def stop_daemon(self) -> int:
        """End the daemon as a service manager does; returns its exit status."""
        return await self.may_end(self.daemons[-1]).stop()

    def claim(self, text: str, held: bool) -> bool:
        """Note and show a claim; returns whether it held."""
        self.claims.add(text, held)
        self.view.claim(text, held)
        return held

    async def ask(self, question: str, **details: Any) -> dict[str, Any]:
        """The twin's answer about our gateway; empty where it does not answer or does not know it yet."""
        try:
            answer = await ask(self.folders.twin, {"ask": question, **details})
        except TwinNotRunningError:
            return {}
        return {} if "error" in answer else answer

    async def look(self) -> Snapshot:
        """How everything is now.

        Raises:
            StoryError: a program that is needed has ended.
        """
        for child in self._needed:
            if child.status is not None:
                said = "\n".join(f"  {line}" for line in child.last_lines())
                raise StoryError(f"the {child.name} ended with status {child.status}; it said last:\n{said}")
        state = await self.look_at_state()
        self.now = Snapshot(await self.look_at_daemon(), await self.look_at_twin(), state)
        self.view.show(self.now)
        return self.now

    async def watch(self, every_s: float) -> None:
        """Look now and then, so that the view moves while an act waits; ends when a program that is needed has."""
        with contextlib.suppress(StoryError):
            while True:
                await self.look()
                await asyncio.sleep(every_s)

    async def look_at_twin(self) -> GatewayNow | None:
        """What the twin says of our gateway; None where it does not answer or does not know it yet."""
        gateway = (await self.ask("status")).get("gateways", {}).get(self.site.gateway)
        return msgspec.convert(gateway, GatewayNow) if gateway else None

    async def look_at_state(self) -> StateNow | None:
        """The newest readings and the shadows, as the twin has them; None where it has none."""
        state = await self.ask("state", gateway=self.site.gateway)
        return msgspec.convert(state, StateNow) if state else None

    async def look_at_daemon(self) -> DaemonNow | None:
        """What the daemon says of itself; its memory and its writes are measured on the way."""
        for daemon in self.daemons:
            daemon.measure()
        answer = await ask_daemon(self.folders.runtime)
        self.last = answer or self.last
        return answer

    async def until(self, true: Callable[[Snapshot], bool], bound_s: float, every_s: float = EVERY_S) -> bool:
        """Look until `true` is so; returns whether that was within `bound_s`.

        Raises:
            StoryError: a program that is needed has ended.
        """

        async def look() -> bool | None:
            return true(await self.look()) or None

        return bool(await until(look, bound_s, every_s))

    async def reckon(self) -> Reckoning | None:
        """The account of the first quiet moment; None where there was none in time."""

        async def look() -> Reckoning | None:
            now = await self.look()
            if now.daemon is None or now.daemon.readings.waiting or now.state is None:
                return None
            twin = await self.look_at_twin()
            history = {series: await self.history(series) for series in now.state.series}
            after = await self.look_at_daemon()
            if twin is None or after is None or after.readings != now.daemon.readings:
                return None
            self.measured.counted = after.readings
            return reckon(after.readings, twin.readings, history)

        return await until(look, QUIET_S)

    async def history(self, series: str) -> list[Row]:
        """Every reading of a series that the twin holds."""
        answer = await self.ask("history", gateway=self.site.gateway, series=series, limit=HISTORY_MAX)
        return msgspec.convert(answer.get("readings", []), list[Row])

    def summary(self) -> Summary:
        """What has been measured so far, with the last status that daemon and twin gave."""
        gateway, measured = self.now.gateway, self.measured
        counted = measured.counted or (self.last.readings if self.last else Readings())
        reckoning = measured.reckoning
        return Summary(
            readings=ReadingsSummary(
                taken=counted.taken,
                suppressed=counted.suppressed,
                acknowledged=counted.acknowledged,
                waiting=counted.waiting,
                shed=counted.shed,
                lost=reckoning.lost if reckoning else None,
                duplicated=reckoning.duplicated if reckoning else None,
                out_of_order=reckoning.out_of_order if reckoning else None,
            ),
            latency_ms=gateway.latency_ms if gateway else Latency(),
            command_ms=measured.command_ms,
            heater=Heater(measured.before_cel, measured.after_cel),
            disk_bytes=sum(daemon.disk_bytes for daemon in self.daemons),
            daemon_rss_mb=round(max((daemon.rss_peak_bytes for daemon in self.daemons), default=0) / 1e6, 1),
            ok=self.claims.ok,
        )


@contextlib.asynccontextmanager
async def open_stage(
    folders: Folders,
    view: View,
    *,
    example: Path = EXAMPLE,
    link: Mapping[str, str] | None = None,
    access: str = EVERYBODY,
) -> AsyncIterator[Stage]:
    """A stage with broker and wire on it; on leaving everything ends.

    `example` is the site to play, `link` adds to that section of it, and `access` says whom the broker lets in.

    Raises:
        BrokerError: there is no broker.
        ConfigError: the example is not usable.
    """
    async with contextlib.AsyncExitStack() as stack:
        started = await stack.enter_async_context(processes(folders.state))
        broker = await start_broker(started, folders.state, access=access)
        wire = await stack.enter_async_context(proxy_to(broker.host, broker.port))
        # Whoever talks through the wire ends before the wire does.
        stack.push_async_callback(started.stop)
        site = make_site(
            folders.site,
            port=wire.port,
            store=folders.store,
            runtime=folders.runtime,
            link={"protocol": broker.protocol, **(link or {})},
            example=example,
        )
        yield Stage(folders, site, started, broker, wire, view)
