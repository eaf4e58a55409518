"""The modes and the budget with the real broker and the real twin: what is sent, what the twin shows, what adds up."""

from __future__ import annotations

import pytest

from tests.system.theatre import START_S, a_running_stage, flowing, status, twin

pytestmark = pytest.mark.system

CHANGES = (
    (
        "temperature: {mode: event, deadband: 0.05, max_silence: 10s}",
        "temperature: {mode: hybrid, deadband: 0.5, deadband_max: 2, window: 3s, max_silence: 10s}",
    ),
    (
        "humidity: {mode: event, deadband: 0.5, max_silence: 30s}",
        "humidity: {mode: periodic, window: 2s, aggregates: [extremes, last, integral]}",
    ),
    (
        "moisture: {lane: low, mode: event, deadband: 0.01, max_silence: 1m}",
        "moisture: {lane: low, mode: event, swinging_door: 0.01, max_silence: 6s}",
    ),
)


async def history(stage, series):
    return (await twin(stage, "history", series=series))["readings"]


async def test_windows_doors_and_a_budget_reach_the_twin_and_add_up_over_a_crash(tmp_path):
    async with a_running_stage(tmp_path, changes=CHANGES, link={"budget": "20MB/day"}) as stage:
        assert await stage.until(lambda now: now.daemon is not None and now.daemon.readings.taken > 60, START_S)
        await stage.kill_daemon()
        stage.start_daemon()
        assert await stage.until(flowing, START_S)
        assert await stage.until(lambda now: now.daemon is not None and now.daemon.readings.taken > 120, START_S)
        said = status(stage)
        assert said["balanced"]
        modes = {name: one["mode"] for name, one in said["series"].items() if "mode" in one}
        assert modes["room/temperature"] == "hybrid"
        assert modes["room/humidity"] == "periodic"
        assert said["budget"]["bytes_per_day"] == 20_000_000
        assert 0 < said["budget"]["spent_bytes"] < 1_000_000
        windows = [one for one in await history(stage, "room/humidity") if "samples" in one]
        assert windows
        assert all(one["min"] <= one["value"] <= one["max"] and "integral" in one for one in windows)
        assert any("samples" in one for one in await history(stage, "room/temperature"))
        assert await history(stage, "soil/moisture")
        now = await stage.look()  # Something is always held, so there is no moment in which nothing waits.
        assert now.gateway is not None
        assert now.gateway.readings.missing == 0
        assert now.gateway.readings.out_of_order == 0
