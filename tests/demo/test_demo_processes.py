"""Programs that the demo starts: watched, measured, and none left behind."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from demo.processes import HOUSE, processes
from demo.waiting import until

PYTHON = sys.executable
SLEEPS = "import time, sys; print('up', flush=True); time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"


def alive(pid):
    """Whether a process runs; one that has ended and is not waited for does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def gone(pid):
    async def look():
        return None if alive(pid) else True

    return await until(look, 10, 0.01)


async def said(child, word):
    async def look():
        return True if word in child.log.read_text() else None

    return await until(look, 10, 0.01)


@pytest.fixture
async def started(tmp_path):
    async with asyncio.timeout(30), processes(tmp_path) as started:
        yield started


async def test_the_exit_status_is_that_of_the_program(started):
    assert await started.start("one", [PYTHON, "-c", "raise SystemExit(7)"]).wait() == 7


async def test_what_a_program_says_is_in_its_log(started):
    child = started.start("one", [PYTHON, "-c", "import sys; print('out'); print('err', file=sys.stderr)"])
    await child.wait()
    assert sorted(child.last_lines()) == ["err", "out"]


async def test_only_the_last_lines_of_a_log_are_shown(started):
    child = started.start("one", [PYTHON, "-c", "for n in range(10_000): print(n)"])
    await child.wait()
    assert child.last_lines() == ["9995", "9996", "9997", "9998", "9999"]


async def test_a_second_run_goes_on_with_the_log_of_the_first(started):
    for word in ("first", "second"):
        child = started.start("one", [PYTHON, "-c", f"print('{word}')"])
        await child.wait()
    assert child.last_lines() == ["first", "second"]


async def test_a_program_is_asked_to_end_before_it_is_made_to(started):
    child = started.start("one", [PYTHON, "-c", SLEEPS])
    await said(child, "up")
    assert await child.stop() == -signal.SIGTERM


async def test_a_program_that_does_not_listen_is_killed(started):
    child = started.start("one", [PYTHON, "-c", DEAF])
    await said(child, "up")
    assert await child.stop(patience_s=0.1) == -signal.SIGKILL


async def test_ending_a_program_twice_is_no_mistake(started):
    child = started.start("one", [PYTHON, "-c", SLEEPS])
    assert await child.kill() == -signal.SIGKILL
    assert await child.stop() == -signal.SIGKILL
    child.send(signal.SIGTERM)


async def test_a_program_that_is_not_there_ends_at_once(started):
    child = started.start("one", ["/no/such/program"])
    assert await child.wait() != 0
    assert "No such file" in child.last_lines()[-1]


async def test_what_a_program_has_started_itself_ends_with_it(started):
    text = (
        "import subprocess, sys\n"
        f"other = subprocess.Popen([sys.executable, '-c', {SLEEPS!r}])\n"
        "print('pid', other.pid, flush=True)"
    )
    child = started.start("one", [PYTHON, "-c", text])
    await child.wait()
    pid = int(child.log.read_text().split("pid ")[1].split()[0])
    assert await gone(pid)


async def test_memory_and_writes_are_counted_also_after_the_end(started, tmp_path):
    text = (
        "import os; held = bytearray(80_000_000)\n"
        f"with open({str(tmp_path / 'file')!r}, 'wb') as file:\n"
        "    file.write(bytes(1_000_000)); file.flush(); os.fsync(file.fileno())\n"
        f"{SLEEPS}"
    )
    child = started.start("one", [PYTHON, "-c", text])
    await said(child, "up")
    await child.kill()
    assert child.rss_peak_bytes > 80_000_000
    assert child.disk_bytes >= 1_000_000 or in_memory(tmp_path)


def in_memory(path):
    """Whether a folder is on a file system in memory, where nothing is written to a disk."""
    kind = subprocess.run(["stat", "-f", "-c", "%T", path], capture_output=True, text=True, check=True).stdout.strip()
    return kind in {"tmpfs", "ramfs"}


async def test_the_house_is_found_by_its_modules(started):
    child = started.start_module("one", "gateway", "--help")
    assert await child.wait() == 0
    assert "usage: edgetwin" in child.log.read_text()


async def test_leaving_ends_everything_even_while_being_cancelled(tmp_path):
    pids = []

    async def run():
        async with processes(tmp_path) as started:
            children = [started.start(name, [PYTHON, "-c", SLEEPS]) for name in ("one", "two")]
            pids.extend(child.pid for child in children)
            for child in children:
                await said(child, "up")
            await asyncio.sleep(600)

    task = asyncio.ensure_future(run())

    async def two():
        return True if len(pids) == 2 else None

    await until(two, 10, 0.01)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [await gone(pid) for pid in pids] == [True, True]


async def test_nothing_outlives_whoever_started_it(tmp_path):
    text = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom demo.processes import processes\n"
        "async def main():\n"
        f"    async with processes(Path({str(tmp_path)!r})) as started:\n"
        f"        print(started.start('one', [sys.executable, '-c', {SLEEPS!r}]).pid, flush=True)\n"
        "        await asyncio.sleep(600)\n"
        "asyncio.run(main())"
    )
    parent = await asyncio.create_subprocess_exec(PYTHON, "-c", text, cwd=HOUSE, stdout=asyncio.subprocess.PIPE)
    pid = int(await parent.stdout.readline())

    async def up():
        log = tmp_path / "one.log"
        return True if log.exists() and "up" in log.read_text() else None

    assert await until(up, 10, 0.01)
    parent.kill()
    await parent.wait()
    assert await gone(pid)
