"""The conditions of safety on outputs that give a share of their power, down to the pin or register."""

from __future__ import annotations

import pytest

from gateway.core.settings_safety import (
    Boot,
    ConditionSettings,
    Fallback,
    InterlockSettings,
    LimitSettings,
    LinkLossSettings,
    SafetySettings,
    StaleSettings,
)
from tests.devices.dimmed import FAN, LAMP, MOST, VALVE, Dimmed

SERIES = [LAMP, FAN, VALVE]
SAFE = 0.3
"""No step of a part of 12 bits: what it gives is a little more."""
FULL = InterlockSettings(unless=ConditionSettings(channel="tank/level", below=90.0))


def near(share, steps=1):
    return pytest.approx(share, abs=steps / 4096)


@pytest.fixture
def site(plant):
    opened = []

    async def make(series, safe=0.0, **settings):
        one = Dimmed(plant, {series: (safe * MOST[series], SafetySettings(**settings))})
        opened.append(one)
        await one.start()
        return one

    yield make
    for one in opened:
        one.close()


async def events(plant, kind):
    rows = await plant.database.read("SELECT data FROM event WHERE kind = ? ORDER BY id", (kind,))
    return [data for (data,) in rows]


@pytest.mark.parametrize("series", SERIES)
async def test_the_first_that_it_gives_is_the_safe_share(site, series):
    dimmed = await site(series, safe=SAFE)
    assert dimmed.gives(series) == near(SAFE)


@pytest.mark.parametrize("series", SERIES)
async def test_what_is_outside_its_limits_never_reaches_it(site, series):
    most = MOST[series]
    dimmed = await site(series, safe=SAFE, limits=LimitSettings(min=0.2 * most, max=0.6 * most))
    for number, share in enumerate((0.19, 0.61, 0.0, 1.0, 0.2, 0.6)):
        await dimmed.ask(f"c{number}", series, share)
    refused, done = ("REJECTED", "OUT_OF_RANGE"), ("SUCCEEDED", "")
    assert [one[1:] for one in dimmed.outcomes] == [refused] * 4 + [done] * 2
    assert dimmed.given[series] == [near(0.2), near(0.6)]


@pytest.mark.parametrize("series", SERIES)
async def test_a_far_share_is_reached_in_steps_of_which_none_is_too_large_or_too_soon(site, series):
    most = MOST[series]
    dimmed = await site(series, slew=f"{0.1 * most:g} per 2s")
    await dimmed.passes(2.0)
    await dimmed.ask("c1", series, 0.5)
    await dimmed.goes_on(7.0)
    assert dimmed.outcomes == []
    assert dimmed.given[series] == [near(0.1), near(0.2, 2), near(0.3, 3), near(0.4, 4)]
    await dimmed.goes_on(1.0)
    assert dimmed.given[series][4:] == [near(0.5)]
    assert dimmed.outcomes == [("c1", "SUCCEEDED", "")]


@pytest.mark.parametrize("series", SERIES)
async def test_the_way_down_is_as_slow_as_the_way_up(site, series):
    dimmed = await site(series, safe=SAFE, slew=f"{0.1 * MOST[series]:g} per 2s")
    await dimmed.passes(2.0)
    await dimmed.ask("c1", series, 0.0)
    await dimmed.goes_on(4.0)
    assert dimmed.given[series] == [near(0.2, 2), near(0.1, 3), near(0.0)]
    assert dimmed.outcomes == [("c1", "SUCCEEDED", "")]


@pytest.mark.parametrize("series", SERIES)
async def test_shares_that_change_too_often_wait_and_the_safe_one_never(site, series):
    dimmed = await site(series, safe=SAFE, rate="2 per 1m")
    for number, share in enumerate((0.5, 0.6, 0.7)):
        await dimmed.ask(f"c{number}", series, share)
    assert dimmed.given[series] == [near(0.5), near(0.6)]
    await dimmed.ask("c3", series, SAFE)
    assert dimmed.given[series][2:] == [near(SAFE)]
    await dimmed.ask("c4", series, 0.8)
    await dimmed.passes(59.0)
    assert dimmed.given[series][3:] == []
    await dimmed.passes(1.1)
    assert dimmed.given[series][3:] == [near(0.8)]


@pytest.mark.parametrize("series", SERIES)
async def test_off_means_no_share_at_all_and_from_there_it_waits(site, series):
    dimmed = await site(series, min_off_s=60.0)
    await dimmed.ask("c1", series, 0.01)
    assert dimmed.given[series] == []
    await dimmed.passes(60.1)
    await dimmed.ask("c2", series, 0.9)
    await dimmed.ask("c3", series, 0.0)
    await dimmed.ask("c4", series, 0.5)
    assert dimmed.given[series] == [near(0.01), near(0.9), near(0.0)]
    await dimmed.passes(60.1)
    assert dimmed.given[series][3:] == [near(0.5)]


@pytest.mark.parametrize("series", SERIES)
async def test_a_small_share_too_counts_as_on_until_it_has_been_on_for_long_enough(site, series):
    dimmed = await site(series, max_on_s=60.0, rest_s=60.0)
    await dimmed.passes(61.0)
    await dimmed.ask("c1", series, 0.05)
    await dimmed.passes(30.0)
    await dimmed.ask("c2", series, 0.9)
    await dimmed.goes_on(29.0)
    assert dimmed.given[series] == [near(0.05), near(0.9)]
    await dimmed.goes_on(2.0)
    assert dimmed.given[series][2:] == [0.0]


@pytest.mark.parametrize(("boot", "after"), [(Boot.SAFE, SAFE), (Boot.OFF, 0.0), (Boot.LAST, 0.7)])
@pytest.mark.parametrize("series", SERIES)
async def test_a_start_gives_the_safe_share_first_and_then_what_boot_says(site, series, boot, after):
    dimmed = await site(series, safe=SAFE, boot=boot)
    await dimmed.work()
    await dimmed.ask("c1", series, 0.7)
    assert dimmed.gives(series) == near(0.7)
    await dimmed.start()
    assert dimmed.gives(series) == near(SAFE)
    await dimmed.goes_on(5.0)
    assert dimmed.gives(series) == near(after)


@pytest.mark.parametrize(("to", "share"), [(Fallback.SAFE, SAFE), (Fallback.OFF, 0.0), (Fallback.HOLD, 0.8)])
@pytest.mark.parametrize("series", SERIES)
async def test_a_lost_link_brings_it_where_it_is_to_go_at_once_and_once(site, plant, series, to, share):
    lost = LinkLossSettings(after_s=10.0, to=to)
    dimmed = await site(series, safe=SAFE, on_link_loss=lost, slew=f"{0.1 * MOST[series]:g} per 1ms")
    await dimmed.work()
    await dimmed.ask("c1", series, 0.8)
    await dimmed.goes_on(1.0, step_s=0.1)
    assert dimmed.gives(series) == near(0.8)
    dimmed.up, written = False, len(dimmed.given[series])
    await dimmed.work()
    await dimmed.goes_on(9.0)
    assert dimmed.gives(series) == near(0.8)
    await dimmed.goes_on(20.0)
    forced = [] if to is Fallback.HOLD else [near(share)]
    assert dimmed.given[series][written:] == forced
    assert len(await events(plant, "forced")) == len(forced)
    assert await events(plant, "mismatch") == []


@pytest.mark.parametrize(("to", "share"), [(Fallback.SAFE, SAFE), (Fallback.OFF, 0.0)])
@pytest.mark.parametrize("series", SERIES)
async def test_an_input_that_is_stale_brings_it_where_it_is_to_go_until_it_is_read_again(site, series, to, share):
    dimmed = await site(series, safe=SAFE, on_stale=StaleSettings(channel="roof/temperature", after_s=10.0, to=to))
    dimmed.read("roof/temperature", 20.0)
    await dimmed.ask("c1", series, 0.8)
    await dimmed.goes_on(20.0)
    assert dimmed.given[series] == [near(0.8), near(share)]
    await dimmed.ask("c2", series, 0.6)
    dimmed.read("roof/temperature", 20.0)
    await dimmed.ask("c3", series, 0.6)
    assert dimmed.outcomes[1:] == [("c2", "REJECTED", "STALE_INPUT"), ("c3", "SUCCEEDED", "")]
    assert dimmed.gives(series) == near(0.6)


@pytest.mark.parametrize("series", SERIES)
async def test_an_interlock_forces_the_safe_share_once_and_refuses_any_other(site, plant, series):
    dimmed = await site(series, safe=SAFE, interlock=(FULL,))
    dimmed.read("tank/level", 50.0)
    await dimmed.ask("c1", series, 0.8)
    for _ in range(20):
        dimmed.read("tank/level", 95.0)
        await dimmed.goes_on(1.0)
    await dimmed.ask("c2", series, 0.5)
    assert dimmed.given[series] == [near(0.8), near(SAFE)]
    assert dimmed.outcomes[1:] == [("c2", "REJECTED", "INTERLOCK")]
    assert len(await events(plant, "forced")) == 1
    assert await events(plant, "mismatch") == []
    assert dimmed.outputs.states[series].known


@pytest.mark.parametrize("series", SERIES)
async def test_what_has_its_safe_share_from_the_start_on_is_not_forced_to_it(site, plant, series):
    dimmed = await site(series, safe=SAFE, interlock=(FULL,))
    for _ in range(5):
        dimmed.read("tank/level", 95.0)
        await dimmed.goes_on(10.0)
    assert dimmed.gives(series) == near(SAFE)
    assert len(dimmed.given[series]) <= 1
    assert await events(plant, "forced") == []
    dimmed.read("tank/level", 50.0)
    await dimmed.ask("c1", series, 0.8)
    dimmed.read("tank/level", 95.0)
    await dimmed.work()
    assert dimmed.gives(series) == near(SAFE)
    assert len(await events(plant, "forced")) == 1


@pytest.mark.parametrize("series", SERIES)
async def test_a_share_so_small_that_the_part_hardly_gives_it_is_still_taken_away(site, series):
    dimmed = await site(series, on_link_loss=LinkLossSettings(after_s=10.0))
    await dimmed.work()
    await dimmed.ask("c1", series, 0.002)
    assert dimmed.gives(series) > 0
    dimmed.up = False
    await dimmed.goes_on(11.0)
    assert dimmed.gives(series) == 0.0


async def test_of_exclusive_shares_the_second_is_refused_however_small(plant):
    dimmed = Dimmed(plant, {LAMP: (0.0, SafetySettings(exclusive=(FAN,))), FAN: (0.0, None)})
    try:
        await dimmed.start()
        await dimmed.ask("c1", FAN, 0.01)
        await dimmed.ask("c2", LAMP, 0.01)
        await dimmed.ask("c3", FAN, 0.0)
        await dimmed.ask("c4", LAMP, 0.01)
    finally:
        dimmed.close()
    assert [one[1:] for one in dimmed.outcomes] == [("SUCCEEDED", ""), ("REJECTED", "EXCLUSIVE")] + [
        ("SUCCEEDED", "")
    ] * 2
    assert (dimmed.gives(LAMP), dimmed.gives(FAN)) == (near(0.01), 0.0)
