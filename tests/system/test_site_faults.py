"""A part that is missing, and a store that is taken: named, and no harm to anything else."""

from __future__ import annotations

import sys

import msgspec
import pytest

from demo.broker import mosquitto
from tests.system.theatre import START_S, a_running_stage, a_stage, clean, flowing, status

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(mosquitto() is None, reason="mosquitto is not installed"),
]

EXIT_CONFIGURATION = 78

A_BUS_THAT_IS_NOT_THERE = [
    ("  uart:", "  i2c-77: {kind: i2c, device: /dev/i2c-77}\n  uart:"),
    ("    driver: ads1115\n    bus: i2c-1", "    driver: ads1115\n    bus: i2c-77"),
]


async def test_a_part_that_is_missing_at_the_start_is_named_and_the_others_flow(tmp_path):
    async with a_running_stage(tmp_path, changes=A_BUS_THAT_IS_NOT_THERE) as stage:

        def others(now):
            seen = {series.partition("/")[0] for series in now.state.series} if now.state else set()
            return seen == {"room", "air", "door", "heater"}

        assert await stage.until(others, START_S)
        devices = status(stage)["devices"]
        assert devices["soil"]["state"] == "down"
        assert "/dev/i2c-77" in devices["soil"]["reason"]
        assert {device["state"] for name, device in devices.items() if name != "soil"} == {"up"}
        assert await clean(stage)
        log = stage.daemons[0].log.read_text(encoding="utf-8")
        assert sum("device is down" in line and "soil" in line for line in log.splitlines()) == 1


async def test_a_second_daemon_on_one_store_is_refused_and_the_first_goes_on(tmp_path):
    async with a_running_stage(tmp_path) as stage:
        second = stage.processes.start_module("second", "gateway", "run", "--config", str(stage.folders.site))
        assert await second.wait() == 1
        said = "\n".join(second.last_lines())
        assert f"another edgetwin has the runtime directory {stage.folders.runtime}" in said
        assert "stop it" in said
        assert "Traceback" not in said
        assert await stage.until(flowing, START_S)
        assert await clean(stage)


async def test_a_second_twin_in_one_directory_is_refused_and_the_first_goes_on(tmp_path):
    async with a_running_stage(tmp_path) as stage:
        second = stage.processes.start_module(
            "second", "gateway", "twin", "--broker", stage.broker.address, "--directory", str(stage.folders.twin)
        )
        assert await second.wait() == 1
        assert f"another twin has {stage.folders.twin}" in "\n".join(second.last_lines())
        assert await clean(stage)


async def test_a_bad_site_is_told_with_its_place_and_has_a_status_of_its_own(tmp_path):
    async with a_stage(tmp_path) as stage:
        bad = tmp_path / "bad.yaml"
        bad.write_text("gateway: 'no name'\n", encoding="utf-8")
        daemon = stage.processes.start("bad", [sys.executable, "-P", "-m", "gateway", "run", "--config", str(bad)])
        assert await daemon.wait() == EXIT_CONFIGURATION
        assert f"{bad}:1:10: gateway: " in "\n".join(daemon.last_lines())


async def test_the_status_is_told_to_people_and_programs_while_the_daemon_runs(tmp_path):
    async def told(*options):
        arguments = ("status", "--config", str(stage.folders.site), *options)
        child = stage.processes.start_module("-".join(("status", *options)), "gateway", *arguments)
        return await child.wait(), child.log.read_text(encoding="utf-8")

    async with a_running_stage(tmp_path) as stage:
        code, text = await told("--json")
        assert (code, msgspec.json.decode(text)["gateway"]) == (0, "greenhouse-1")
        code, text = await told()
        assert code == 0
        assert "balanced" in text
        assert await stage.stop_daemon() == 0
        code, text = await told()
        assert code == 1
        assert "no answer at" in text
        assert "is the gateway running" in text
