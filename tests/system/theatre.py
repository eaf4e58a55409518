"""What the system tests share: a stage with everything on it, and processes as the kernel sees them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from pathlib import Path

import aiomqtt

from demo.folders import folders
from demo.processes import HOUSE
from demo.site import EXAMPLE
from demo.stage import open_stage
from demo.view import PlainView
from demo.waiting import until
from gateway.cli.status import ask as ask_gateway
from twin.client import ask

COMMAND = (sys.executable, "-P", "-m", "demo")
LONGEST_S = 90.0
"""Longest run of a demo; one of twelve seconds takes fifteen."""

START_S = 20.0
"""Longest wait for a start, an arrival or an end; all take a second or two on a machine with nothing else to do."""


@contextlib.asynccontextmanager
async def a_stage(tmp_path, *, changes=(), **options):
    """A stage with broker and wire; `changes` are (old, new) texts in the example's file."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    example = tmp_path / "example.yaml"
    example.write_text(text, encoding="utf-8")
    with folders(tmp_path / "state") as where:
        async with open_stage(where, PlainView(sys.stdout, time.monotonic), example=example, **options) as stage:
            yield stage
            await ended_in_order(stage)


async def ended_in_order(stage):
    """A daemon that still runs stops in time and without a complaint."""
    for daemon in stage.daemons:
        if daemon.status is None:
            assert await daemon.stop() == 0, daemon.last_lines()


@contextlib.asynccontextmanager
async def a_running_stage(tmp_path, **options):
    """A stage on which readings flow."""
    async with a_stage(tmp_path, **options) as stage:
        stage.start_twin()
        stage.start_daemon()
        assert await stage.until(flowing, START_S)
        yield stage


def flowing(now):
    """Whether the daemon is connected, and the twin acknowledges."""
    return connected(now) and now.daemon.readings.acknowledged > 0


def connected(now):
    return now.daemon is not None and now.daemon.link.state == "connected"


def cut_off(now):
    return now.daemon is not None and now.daemon.link.state != "connected"


def waits_for(count):
    """Whether at least `count` readings wait."""
    return lambda now: now.daemon is not None and now.daemon.readings.waiting >= count


async def clean(stage):
    """Whether everything that was taken in is in the twin, once and in order, and something is."""
    reckoning = await stage.reckon()
    assert reckoning is not None, "no quiet moment"
    assert reckoning.clean, str(reckoning)
    return stage.measured.counted.acknowledged > 0


def status(stage):
    """The daemon's whole status document."""
    return ask_gateway(stage.folders.runtime / "status.sock")


async def twin(stage, question, **details):
    """The twin's answer, errors too."""
    return await ask(stage.folders.twin, {"ask": question, "gateway": stage.site.gateway, **details})


async def outcome(stage, execution):
    """What became of a command, as the twin knows it, once it is final."""

    async def look():
        found = await twin(stage, "execution", id=execution)
        return found if found.get("finished") is not None else None

    found = await until(look, START_S)
    assert found is not None, f"no outcome of {execution}"
    return found


def client(stage):
    """A stranger at the broker, who is not behind the wire."""
    return aiomqtt.Client(stage.broker.host, stage.broker.port, protocol=aiomqtt.ProtocolVersion.V5)


def count(child, text):
    """In how many lines of a log `text` stands."""
    return sum(text in line for line in child.log.read_text(encoding="utf-8").splitlines())


def children_of(pid):
    """The processes that `pid` has started and that run, with their arguments."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                if int(parent) == pid and state != "Z":
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().decode().split("\0")
    return found


def runs(pid):
    """Whether a process runs."""
    with contextlib.suppress(OSError):
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def a_demo(*arguments, command=COMMAND, **options):
    """The demo as a process of its own, with pipes where `options` say nothing else."""
    options.setdefault("stdout", asyncio.subprocess.PIPE)
    options.setdefault("stderr", asyncio.subprocess.PIPE)
    environment = {**os.environ, "PYTHONPATH": str(HOUSE)}
    return await asyncio.create_subprocess_exec(*command, *arguments, env=environment, **options)
