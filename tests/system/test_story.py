"""The demo as a person starts it: the story holds, its JSON is what it promises, and Ctrl-C leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pty
import shutil
import signal
import sys
from pathlib import Path

import pytest

from demo.broker import mosquitto
from demo.processes import HOUSE
from demo.waiting import until
from tests.system.theatre import children_of, runs

pytestmark = pytest.mark.system

LONGEST_S = 90.0
COMMAND = (sys.executable, "-P", "-m", "demo")
SHAPE = {
    "readings": {"taken", "suppressed", "acknowledged", "waiting", "shed", "lost", "duplicated", "out_of_order"},
    "latency_ms": {"p50", "p99"},
    "heater": {"before_cel", "after_cel"},
}
PATCHED = (
    "import sys, demo.broker; demo.broker.mosquitto = lambda: None; from demo.__main__ import main; sys.exit(main())"
)
"""The demo on a machine without Mosquitto."""

AT_A_TERMINAL = """\
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Becomes a program whose controlling terminal is its standard input, so that Ctrl-C there reaches it."""


async def started(*arguments, command=COMMAND, **options):
    options.setdefault("stdout", asyncio.subprocess.PIPE)
    options.setdefault("stderr", asyncio.subprocess.PIPE)
    environment = {**os.environ, "PYTHONPATH": str(HOUSE)}
    return await asyncio.create_subprocess_exec(*command, *arguments, env=environment, **options)


async def played(*arguments, command=COMMAND):
    """Exit status, standard output and standard error of a whole run."""
    async with asyncio.timeout(LONGEST_S):
        process = await started(*arguments, command=command)
        output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


def check_summary(output):
    summary = json.loads(output)
    assert set(summary) == {"readings", "latency_ms", "command_ms", "heater", "disk_bytes", "daemon_rss_mb", "ok"}
    for key, names in SHAPE.items():
        assert set(summary[key]) == names
    readings = summary["readings"]
    assert readings["taken"] == sum(readings[key] for key in ("suppressed", "shed", "acknowledged", "waiting"))
    assert readings["acknowledged"] > 50
    nothing = {key: readings[key] for key in ("waiting", "shed", "lost", "duplicated", "out_of_order")}
    assert set(nothing.values()) == {0}
    assert 0 < summary["latency_ms"]["p50"] <= summary["latency_ms"]["p99"]
    assert summary["command_ms"] > 0
    assert summary["heater"]["after_cel"] >= summary["heater"]["before_cel"] + 1
    assert summary["disk_bytes"] >= 0
    assert 5 < summary["daemon_rss_mb"] < 100
    assert summary["ok"] is True


async def test_the_story_holds_and_its_json_is_alone_on_standard_output():
    if mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    status, output, told = await played("--json", "--seconds", "12")
    assert status == 0, told
    assert output.count("\n") == 1
    check_summary(output)
    assert "FAILED" not in told
    for act in range(1, 6):
        assert f"act {act}: " in told


async def test_the_story_holds_with_the_broker_in_python_and_its_state_can_be_kept(tmp_path):
    keep = tmp_path / "kept"
    command = (sys.executable, "-P", "-c", PATCHED)
    status, output, told = await played("--json", "--seconds", "12", "--keep", str(keep), command=command)
    assert status == 0, told
    check_summary(output)
    assert "broker: amqtt" in told
    names = {path.name for path in keep.iterdir()}
    assert {"broker.log", "daemon.log", "twin.log", "greenhouse.yaml", "store", "twin"} <= names


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
        process = await started("--seconds", "12", stderr=asyncio.subprocess.STDOUT, **options)
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


@pytest.mark.parametrize("seconds", ["11", "0", "nan", "4000", "x"])
async def test_a_length_that_makes_no_sense_is_refused(seconds):
    status, output, told = await played("--seconds", seconds)
    assert (status, output) == (2, "")
    assert "--seconds" in told


async def test_a_folder_in_use_is_refused_before_anything_starts(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    status, output, told = await played("--keep", str(tmp_path))
    assert (status, output) == (1, "")
    assert told == f"demo: {tmp_path} is not empty; give a new folder, so that one run is not taken for another\n"
