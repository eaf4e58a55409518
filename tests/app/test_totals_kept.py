"""A counter's total over the life of the daemon: kept at the stop, handed back at the start."""

from __future__ import annotations

import sqlite3

import msgspec

from drivers.pulse_counter import PulseCounterSettings
from gateway.core.settings import BusSettings, DeviceSettings
from gateway.store.database import FILE_NAME
from tests.app.running import daemon, site_in


def with_meter(site, start):
    """The same site with a meter on a chip that is missing: its total is known all the same."""
    bus = BusSettings(name="meters", kind="gpio", device="no chip")
    meter = DeviceSettings(
        name="meter", driver="pulse_counter", bus="meters", settings=PulseCounterSettings(pin=17, start=start)
    )
    return msgspec.structs.replace(site, buses=(*site.buses, bus), devices=(*site.devices, meter))


def kept(folder):
    with sqlite3.connect(folder / "store" / FILE_NAME) as database:
        found = database.execute("SELECT value FROM held WHERE channel = 'meter/total'").fetchall()
    database.close()
    return [float(value) for (value,) in found]


async def test_a_total_is_kept_at_the_stop_and_goes_on_at_the_next_start(tmp_path, monkeypatch):
    site = site_in(tmp_path)
    async with daemon(with_meter(site, start=5.0), monkeypatch) as one:
        meter = one.rooms.hardware.remembering["meter"]
        meter.resume({"total": 41.0})
    assert kept(tmp_path) == [41.0]
    async with daemon(with_meter(site, start=9.0), monkeypatch) as other:
        assert other.rooms.hardware.remembering["meter"].memory() == {"total": 41.0}
    assert kept(tmp_path) == [41.0]
