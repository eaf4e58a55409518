"""The demo as a person starts it: the story holds, and its JSON is what it promises."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest

from demo.broker import mosquitto
from tests.system.theatre import COMMAND, LONGEST_S, a_demo

pytestmark = pytest.mark.system

SHAPE = {
    "readings": {"taken", "suppressed", "acknowledged", "waiting", "shed", "lost", "duplicated", "out_of_order"},
    "latency_ms": {"p50", "p99"},
    "heater": {"before_cel", "after_cel"},
}
PATCHED = (
    "import sys, demo.broker; demo.broker.mosquitto = lambda: None; from demo.__main__ import main; sys.exit(main())"
)
"""The demo on a machine without Mosquitto."""


async def played(*arguments, command=COMMAND):
    """Exit status, standard output and standard error of a whole run."""
    async with asyncio.timeout(LONGEST_S):
        process = await a_demo(*arguments, command=command)
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
