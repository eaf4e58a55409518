"""Programs that the benchmarks start: what they say, and that none is left behind."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from bench.children import ROOT, BenchError, module, output_of
from bench.environment import base_environment
from demo.waiting import until

FOREVER = """
import os, pathlib, signal, sys
place = pathlib.Path(sys.argv[1])
place.with_suffix(".new").write_text(f"{os.getpid()}")
place.with_suffix(".new").rename(place)
signal.pause()
"""


async def test_what_a_program_says_is_returned():
    assert await output_of([sys.executable, "-c", "print('said')"]) == b"said\n"


async def test_a_module_of_ours_is_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = await output_of(module(sys.executable, "bench", "--help"))
    assert b"usage: bench" in said
    assert (ROOT / "bench").is_dir()


async def test_a_program_that_fails_is_named_with_its_status():
    with pytest.raises(BenchError, match=r"status 3: .*exit"):
        await output_of([sys.executable, "-c", "raise SystemExit(3)  # exit"])


async def test_a_program_ends_with_whoever_waits_for_it(tmp_path):
    place = tmp_path / "pid"
    waiting = asyncio.create_task(output_of([sys.executable, "-c", FOREVER, str(place)]))

    async def look() -> int | None:
        return int(place.read_text()) if place.exists() else None

    pid = await until(look, 20.0)
    assert pid
    os.kill(pid, 0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_an_environment_with_more_than_a_device_has_is_told():
    environment = await base_environment(make=False)
    assert environment.python == sys.executable
    assert "more than a device (" in environment.note
    assert "hypothesis" in environment.note
