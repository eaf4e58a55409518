"""The site of the benchmark of a thousand channels, and how its jitter is told from what the twin is sent."""

from __future__ import annotations

import json
import math

import pytest

from bench.bare_reads import PINS, layout
from bench.channels import GATEWAY, Sizes, Taken, _figures, site, times_of
from bench.daemon import Place
from bench.readings import Source
from bench.rig import open_store, take_in
from bench.simulated import SimulatedClock
from bench.wire import outgoing
from gateway.clock import NS_PER_S
from gateway.config import check, load
from gateway.core.segment import encode_pack
from gateway.core.settings import StoreSettings


def test_no_two_converters_have_one_place_and_there_are_a_thousand_channels():
    places = list(layout(Sizes().devices))
    assert len({(bus, address) for bus, _, address in places}) == len(places)
    assert len({name for _, name, _ in places}) * len(PINS) == 1000


def test_the_site_is_good(tmp_path):
    file = tmp_path / "site.yaml"
    file.write_text(json.dumps(site(Place(1883, None, tmp_path, tmp_path), 9)), encoding="utf-8")
    assert [str(problem) for problem in check(file)] == []
    found = load(file)
    assert found.gateway == GATEWAY
    assert (len(found.devices), len(found.buses)) == (9, 3)


def test_jitter_is_how_far_two_readings_are_from_a_second_apart():
    taken = Taken(cpu_s=3.0, rss=2_000_000, uss=1_000_000, times=[[0.0, 1.0, 2.25], [5.0]])
    assert _figures(taken, 30.0) == pytest.approx(
        {"cpu_percent": 10.0, "rss_mb": 2.0, "uss_mb": 1.0, "jitter_p50_ms": 0.0, "jitter_p99_ms": 250.0}
    )


async def test_the_times_of_a_device_are_those_of_the_readings_in_its_packs(tmp_path):
    clock, source = SimulatedClock(), Source(4)
    kept = StoreSettings(directory=str(tmp_path), runtime_directory=str(tmp_path))
    async with open_store(kept, clock) as (_, opened):
        readings = source.readings(12, clock.boottime_ns(), clock.wall_ns())
        take_in(opened.outbox, source, readings)
        pack = encode_pack(outgoing(opened.outbox.take_live(12)))
    expected = {}
    for reading in readings:
        expected.setdefault(reading.series.partition("/")[0], set()).add(reading.wall_ns / NS_PER_S)
    found = times_of([pack, pack])
    assert found.keys() == expected.keys()
    for device, times in found.items():
        assert len(times) == 3
        wanted = sorted(expected[device])
        assert all(math.isclose(one, other, abs_tol=0.001) for one, other in zip(times, wanted, strict=True))
