"""The stage of the demo with more that can be broken on it, and the seven checks for whole processes."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from demo.broker import start_broker
from demo.processes import Child
from demo.stage import Stage
from gateway.store.database import FILE_NAME
from tests.faults.allowance import Finding
from tests.faults.checks import FRESH_S_MAX, RSS_BYTES_MAX
from tests.faults.wire import Wire, wire_to
from tests.system.theatre import START_S, a_stage, count, flowing, outcome, twin

FILES_MAX = 2
LOG_BYTES_S_MAX = 1_000_000 / 60
LOG_BYTES_SPARE = 20_000
WINDOW_READINGS = 8 * 50
"""What may be on its way of a site that reads some ten values a second."""
SECRET = "the-secret-of-the-gateway"


def rules_but(denied: str = "") -> str:
    """The broker's access rules: everything is allowed to everybody, but for one topic."""
    rules = f"topic deny {denied}\ntopic readwrite #\n" if denied else "topic readwrite #\n"
    return f"{rules}\nuser gateway\n{rules}"


class Uses(NamedTuple):
    """What the daemon used and said at one moment, and what the twin had received twice."""

    pid: int
    at_s: float
    rss_bytes: int
    files: int
    log_bytes: int
    duplicates: int


class House:
    """A stage, the wire behind its own, the broker's rules, and what is checked."""

    def __init__(self, stage: Stage, wire: Wire, rules: Path, access: str) -> None:
        self.stage = stage
        self.wire = wire
        self._rules = rules
        self._access = access
        self._setpoint = 10.0
        self._lines_read = 0
        self._before: Uses

    def rules(self, text: str) -> None:
        """Let the broker have these access rules, from the next reload on."""
        self._rules.write_text(text, encoding="utf-8")

    async def restart_broker(self) -> None:
        """Start one on the port of the one that has ended, with the same rules and memory."""
        stage = self.stage
        port = stage.broker.port
        stage.broker = await start_broker(stage.processes, stage.folders.state, port=port, access=self._access)
        stage._needed.append(stage.broker.child)

    async def begin(self) -> None:
        """From here on nothing may grow."""
        self._before = await self._uses()

    async def checked(self) -> list[Finding]:
        """What the seven checks find now that the fault is over."""
        findings = [Finding(7, what) for what in await self._fresh()]
        reckoning = await self.stage.reckon()
        if reckoning is None:
            findings.append(Finding(1, "no moment at which nothing waits"))
        elif not reckoning.clean:
            findings.append(Finding(1, str(reckoning)))
        findings += [Finding(4, what) for what in await self._command()]
        now = self.stage.now.daemon
        if now is None or not now.balanced or now.readings.shed:
            findings.append(Finding(3, f"the counts: {now.readings if now else 'no status'}"))
        after = await self._uses()
        findings += [Finding(number, what) for number, what in self._grown(self._before, after)]
        findings += [Finding(6, what) for what in self._sound()]
        self._before = after
        return findings

    async def _fresh(self) -> list[str]:
        began_s = time.monotonic()
        await self.stage.look()
        known = self.stage.now.daemon.readings.acknowledged if self.stage.now.daemon else 0

        def passed(now: Any) -> bool:
            return now.daemon is not None and now.daemon.readings.acknowledged > known and now.gateway is not None

        if await self.stage.until(passed, START_S) and time.monotonic() - began_s <= FRESH_S_MAX:
            return []
        return [f"no fresh reading within {time.monotonic() - began_s:.1f} s"]

    async def _command(self) -> list[str]:
        """Give one, and see it done once."""
        self._setpoint = 10.0 + (self._setpoint - 9.0) % 15
        given = await twin(self.stage, "command", channel="climate/setpoint", value=self._setpoint)
        became = await outcome(self.stage, given["id"])
        if became["status"] != "SUCCEEDED":
            return [f"a command ended {became}"]
        done = sum(count(daemon, f'event="command done" id={given["id"]}') for daemon in self._logs())
        return [] if done == 1 else [f"{given['id']} was done {done} times"]

    async def _uses(self) -> Uses:
        daemon = self.stage.daemons[-1]
        process = Path(f"/proc/{daemon.pid}")
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line)
        seen = await self.stage.look_at_twin()
        return Uses(
            daemon.pid,
            time.monotonic(),
            int(status["VmRSS"].split()[0]) * 1024,
            len(list((process / "fd").iterdir())),
            sum(child.log.stat().st_size for child in self._logs()),
            seen.readings.duplicates if seen else 0,
        )

    def _logs(self) -> list[Child]:
        """One child for each log: those of one name write into the same."""
        return list({child.log: child for child in self.stage.daemons}.values())

    def _grown(self, before: Uses, after: Uses) -> Iterator[tuple[int, str]]:
        if after.duplicates - before.duplicates > WINDOW_READINGS:
            yield 2, f"{after.duplicates - before.duplicates} readings came again"
        said = after.log_bytes - before.log_bytes
        if said > LOG_BYTES_SPARE + LOG_BYTES_S_MAX * (after.at_s - before.at_s):
            yield 5, f"{said} bytes of log in {after.at_s - before.at_s:.0f} s"
        if after.pid != before.pid:
            return
        if after.rss_bytes - before.rss_bytes > RSS_BYTES_MAX:
            yield 5, f"{after.rss_bytes - before.rss_bytes} bytes of memory more"
        if after.files - before.files > FILES_MAX:
            yield 5, f"{after.files - before.files} open files more"

    def _sound(self) -> Iterator[str]:
        stage = self.stage
        with contextlib.closing(sqlite3.connect(f"file:{stage.folders.store / FILE_NAME}?mode=ro", uri=True)) as store:
            found = store.execute("PRAGMA integrity_check").fetchone()[0]
        if found != "ok":
            yield f"integrity_check: {found}"
        for daemon in self._logs():
            lines = daemon.log.read_text(encoding="utf-8", errors="replace").splitlines()[self._lines_read :]
            self._lines_read += len(lines)
            yield from (f"a stack trace: …{line[-400:]}" for line in lines if "Traceback" in line)
            if any(SECRET in line for line in lines):
                yield "the password stands in the log"


@contextlib.asynccontextmanager
async def a_house(place: Path, protocol: str, persistence: bool) -> AsyncIterator[House]:
    """A house in which readings flow, by MQTT `protocol`, with a broker that keeps what it has over a kill or not."""
    rules, password, kept = place / "rules", place / "password", place / "broker"
    rules.write_text(rules_but(), encoding="utf-8")
    kept.mkdir()
    password.write_text(SECRET + "\n", encoding="utf-8")
    password.chmod(0o600)
    access = f"allow_anonymous true\nacl_file {rules}"
    if persistence:
        access += f"\npersistence true\npersistence_location {kept}/\nautosave_interval 1"
    link = {"protocol": f'"{protocol}"', "username": "gateway", "password_file": f'"{password}"', "keepalive": "5s"}
    async with (
        a_stage(place, access=access, link=link) as stage,
        wire_to(stage.broker.host, stage.broker.port) as wire,
    ):
        stage.wire._target = wire.address
        stage.start_twin()
        stage.start_daemon()
        assert await stage.until(flowing, START_S), stage.daemons[-1].last_lines()
        house = House(stage, wire, rules, access)
        await house.begin()
        yield house


def tidy(place: Path) -> None:
    """Remove what a house left."""
    shutil.rmtree(place, ignore_errors=True)
