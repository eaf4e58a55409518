"""Readings, the site, and the other sides: what the benchmarks measure with."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.ack_twin import event_ranges, ranges
from bench.baseline import RowGateway, RowStore, row_gateway
from bench.daemon import CHANNELS, Place, unit_environment, write_site
from bench.readings import CHANNELS_OF_A_DEVICE, Source, as_message
from bench.rig import open_store, take_in
from bench.simulated import START_NS, SimulatedClock
from bench.wire import outgoing
from gateway.clock import NS_PER_S
from gateway.config import load
from gateway.core.segment import encode_pack
from gateway.core.settings import StoreSettings
from gateway.core.wire import Event, Events, encode


@settings(max_examples=10, deadline=None)
@given(channels=st.integers(1, 30), cuts=st.lists(st.integers(1, 100), min_size=1, max_size=8))
def test_readings_are_the_same_however_they_are_asked_for(channels, cuts):
    whole = Source(channels).readings(sum(cuts), 0, START_NS)
    source = Source(channels)
    parts = []
    for cut in cuts:
        tick_ns = len(parts) // channels * NS_PER_S
        parts += source.readings(cut, tick_ns, START_NS + tick_ns)
    assert parts == whole


@settings(max_examples=10, deadline=None)
@given(channels=st.integers(2, 30).filter(lambda count: count % CHANNELS_OF_A_DEVICE == 0))
def test_a_device_stamps_its_channels_together_and_a_series_never_goes_back(channels):
    readings = Source(channels).readings(5 * channels, 0, START_NS)
    for first in range(0, len(readings), CHANNELS_OF_A_DEVICE):
        stamps = {one.wall_ns for one in readings[first : first + CHANNELS_OF_A_DEVICE]}
        assert len(stamps) == 1
    for series in {one.series for one in readings}:
        times = [one.boottime_ns for one in readings if one.series == series]
        assert all(before < after for before, after in pairwise(times))


def test_a_reading_of_now_has_exactly_that_time():
    reading = Source(4).now(17, 18)
    assert (reading.boottime_ns, reading.wall_ns) == (17, 18)


def test_the_baseline_sends_a_reading_as_one_object():
    source = Source(4)
    reading = source.now(0, START_NS + 123_456_789)
    message = json.loads(as_message(reading, source.units[reading.series]))
    assert message == {
        "device": "room-1",
        "channel": "temperature",
        "value": reading.value,
        "unit": "Cel",
        "time": START_NS / NS_PER_S + 0.123,
    }


def test_the_simulated_clock_moves_only_when_told():
    clock = SimulatedClock()
    before = (clock.boottime_ns(), clock.wall_ns())
    assert (clock.boottime_ns(), clock.wall_ns()) == before
    clock.advance(5)
    assert (clock.boottime_ns(), clock.wall_ns()) == (before[0] + 5, before[1] + 5)


@pytest.mark.parametrize("counts", [(1,), (3, 500), (1, 1, 1)])
async def test_the_small_twin_finds_what_the_gateway_sends(counts, tmp_path):
    clock, source = SimulatedClock(), Source(4)
    kept = StoreSettings(directory=str(tmp_path), runtime_directory=str(tmp_path))
    async with open_store(kept, clock) as (_, opened):
        segments = []
        for count in counts:
            take_in(opened.outbox, source, source.readings(count, clock.boottime_ns(), clock.wall_ns()))
            segments += opened.outbox.take_live(count)
        found = ranges(encode_pack(outgoing(segments)))
    assert [last - first + 1 for _, _, first, last in found] == list(counts)
    assert {(epoch, lane) for epoch, lane, _, _ in found} == {(segments[0].epoch, "normal")}


def test_the_small_twin_acknowledges_events():
    message = encode(Events("0123456789abcdef", [Event(4, 1.0, "start", {}), Event(5, 2.0, "stop", {})]))
    assert event_ranges(message) == [("0123456789abcdef", "events", number, number) for number in (4, 5)]


def test_the_site_is_valid_and_has_twenty_devices(tmp_path):
    for gpio in (True, False):
        place = Place(1883, tmp_path / "ca.pem", tmp_path / "store", tmp_path / "run")
        place.ca.write_text("")
        site = load(str(write_site(tmp_path, place, gpio=gpio)))
        assert len(site.devices) == 20
        assert {bus.kind for bus in site.buses} == ({"i2c", "serial", "gpio"} if gpio else {"i2c", "serial"})
    assert CHANNELS > 100


def test_rows_are_kept_until_they_are_forgotten(tmp_path):
    store = RowStore(tmp_path / "deep")
    rows = [store.put(message) for message in ("a", "b")]
    store.put_all(["c"])
    store.forget(rows[0])
    store.close()
    again = RowStore(tmp_path / "deep")
    assert [message for _, message in again.waiting()] == ["b", "c"]
    again.close()


def test_the_baseline_sends_its_backlog_and_forgets_what_is_acknowledged(mosquitto_broker, tmp_path):
    with row_gateway(tmp_path, *mosquitto_broker, ["old 1", "old 2"]) as gateway:
        assert isinstance(gateway, RowGateway)
        assert gateway.cached == 2
        gateway.take("new")
        gateway.settle()
        assert gateway.cached == 0
    left = RowStore(tmp_path)
    assert left.waiting() == []
    left.close()


def test_the_daemon_has_the_environment_of_its_unit_but_for_paths():
    assert unit_environment("[Service]\nEnvironment=LG_WD=/run/x\nEnvironment=A=1\nExecStart=x\n") == {"A": "1"}
    assert unit_environment() == {"MALLOC_ARENA_MAX": "1"}
