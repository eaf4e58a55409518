"""The demo when somebody has seen enough: a signal at any moment leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import shutil
import signal
import sys
from pathlib import Path

import pytest

from demo.processes import HOUSE
from demo.waiting import until
from tests.system.theatre import COMMAND, LONGEST_S, a_demo, children_of, runs

pytestmark = pytest.mark.system

AT_A_TERMINAL = """\
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Becomes a program whose controlling terminal is its standard input, so that Ctrl-C there reaches it."""


class Running:
    """A demo that runs, and everything that it has started."""

    def __init__(self, process):
        self.process = process
        self.children = {}

    async def until_it_says(self, word):
        while word not in (line := (await self.process.stdout.readline()).decode()):
            assert line, f"it never said {word!r}"

    def look(self):
        self.children |= children_of(self.process.pid)

    def places(self):
        """The folders that its programs were told of."""
        words = [word for arguments in self.children.values() for word in arguments if "edgetwin-demo-" in word]
        places = {parent for word in words for parent in Path(word).parents if parent.name.startswith("edgetwin-demo-")}
        for place in list(places):
            with contextlib.suppress(OSError):
                text = (place / "greenhouse.yaml").read_text(encoding="utf-8")
                places.add(Path(text.partition('runtime_directory: "')[2].partition('"')[0]))
        return places


@contextlib.asynccontextmanager
async def running(**options):
    async with asyncio.timeout(LONGEST_S):
        process = await a_demo("--seconds", "12", stderr=asyncio.subprocess.STDOUT, **options)
        try:
            yield Running(process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def nothing_left(demo, places):
    async def look():
        left = [pid for pid in demo.children if runs(pid)] + [place for place in places if place.exists()]
        return None if left else True

    return await until(look, 10)


@pytest.mark.parametrize(
    ("moment", "number", "programs"),
    [
        ("act 1", signal.SIGINT, 1),
        ("ok: readings", signal.SIGTERM, 3),
        ("act 2", signal.SIGINT, 3),
        ("the link is back", signal.SIGHUP, 3),
    ],
)
async def test_a_signal_at_any_moment_leaves_no_process_and_no_folder(moment, number, programs):
    async with running() as demo:
        await demo.until_it_says(moment)
        demo.look()
        places = demo.places()
        assert len(demo.children) >= programs
        assert len(places) == 2
        demo.process.send_signal(number)
        await demo.process.stdout.read()
        assert await demo.process.wait() == 128 + number
        assert await nothing_left(demo, places)


@pytest.mark.parametrize("delay_s", [0.0, 0.05, 0.15, 0.3])
async def test_a_signal_while_it_starts_leaves_no_process(delay_s):
    async with running() as demo:
        await asyncio.sleep(delay_s)
        demo.look()
        places = demo.places()
        demo.process.send_signal(signal.SIGINT)
        await demo.process.stdout.read()
        # A Python that is not yet up has a status of its own for that.
        assert await demo.process.wait() in (130, -signal.SIGINT, 1)
        assert await nothing_left(demo, places)


async def test_two_signals_are_as_good_as_one():
    async with running() as demo:
        await demo.until_it_says("ok: readings")
        demo.look()
        places = demo.places()
        for _ in range(3):
            demo.process.send_signal(signal.SIGINT)
        await demo.process.stdout.read()
        assert await demo.process.wait() == 130
        assert await nothing_left(demo, places)


async def test_when_the_demo_itself_is_killed_its_programs_end_too():
    async with running() as demo:
        await demo.until_it_says("ok: readings")
        demo.look()
        places = demo.places()
        demo.process.kill()
        assert await demo.process.wait() == -signal.SIGKILL
        assert await nothing_left(demo, [])
        for place in places:  # The kernel ends processes, and tidies no folders.
            shutil.rmtree(place)


async def test_ctrl_c_on_a_terminal_ends_the_live_view_and_shows_the_cursor_again():
    terminal, its_end = pty.openpty()
    try:
        environment = {**os.environ, "PYTHONPATH": str(HOUSE), "TERM": "xterm-256color"}
        words = [sys.executable, "-c", AT_A_TERMINAL, *COMMAND, "--seconds", "12"]
        process = await asyncio.create_subprocess_exec(
            *words, stdin=its_end, stdout=its_end, stderr=its_end, env=environment
        )
        os.close(its_end)
        shown = await shown_until(terminal, b"readings of 5 parts")
        demo = Running(process)
        demo.look()
        places = demo.places()
        os.write(terminal, b"\x03")
        shown += await shown_until(terminal, None)
        assert await process.wait() == 130
    finally:
        os.close(terminal)
    assert shown.rfind(b"\x1b[?25h") > shown.rfind(b"\x1b[?25l")
    assert b"Traceback" not in shown
    assert await nothing_left(demo, places)


async def shown_until(terminal, word):
    """What a terminal shows until `word`, or until its end where there is none."""
    loop, shown = asyncio.get_running_loop(), b""
    async with asyncio.timeout(30):
        while word is None or word not in shown:
            ready = loop.create_future()
            loop.add_reader(terminal, ready.set_result, None)
            try:
                await ready
            finally:
                loop.remove_reader(terminal)
            try:
                chunk = os.read(terminal, 65_536)
            except OSError:  # How Linux says that nobody has the other end any more.
                return shown
            shown += chunk
    return shown
