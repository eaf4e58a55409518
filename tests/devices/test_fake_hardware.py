"""Any site on hardware that is not there: whatever the file names can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers import registry
from gateway.cli.driver_page import NAME, example
from gateway.config import load
from gateway.config.fake import with_fake_hardware
from gateway.core.reading import Quality
from gateway.devices.site import build
from tests.simulation.virtual_clock import VirtualClock

LONGEST_S, STEP_S = 1300, 5
"""After this every part has a first reading; the time between two attempts."""
CONFIGURATIONS = sorted((Path(__file__).parents[2] / "config").glob("*.yaml"))


@pytest.fixture
def site_of(tmp_path):
    def load_text(text):
        file = tmp_path / "site.yaml"
        file.write_text(f"gateway: g\n{text}", encoding="utf-8")
        return load(file)

    return load_text


async def all_read(site, clock):
    """Series -> its reading, once there is one of each, within the time that a part may take to warm up."""
    bus_clock = VirtualClock()
    hardware = build(site, clock, bus_clock)
    wanted = {device.series(name) for device in hardware.devices.values() for name in device.channels}
    taken = {}
    for _ in range(0, LONGEST_S, STEP_S):
        for device in hardware.devices.values():
            taken |= {one.series: one for one in await device.read() or ()}
        if taken.keys() == wanted:
            break
        clock.advance(STEP_S)
        bus_clock.sleep(STEP_S)
    reasons = {name: device.reason for name, device in hardware.devices.items() if device.reason}
    for device in hardware.devices.values():
        await device.close({})
    for thread in hardware.threads.values():
        thread.close()
    assert (reasons, wanted - taken.keys()) == ({}, set())
    return taken


@pytest.mark.parametrize("name", registry.names())
async def test_the_example_of_every_driver_gives_good_readings(name, site_of, clock):
    site = site_of(example(registry.get(name)))
    taken = await all_read(with_fake_hardware(site), clock)
    assert all(series.startswith(f"{NAME}/") for series in taken)
    assert [one for one in taken.values() if one.quality is not Quality.GOOD] == []


@pytest.mark.parametrize("file", CONFIGURATIONS, ids=lambda file: file.stem)
async def test_every_site_that_comes_along_gives_readings_of_every_device(file, clock):
    site = with_fake_hardware(load(file))
    taken = await all_read(site, clock)
    assert {series.partition("/")[0] for series in taken} == {device.name for device in site.devices}


def test_every_bus_becomes_simulated_and_the_rest_stays_as_it_is(site_of):
    site = site_of("buses: {a: {kind: i2c}, b: {kind: serial, device: /dev/x, baud: 4800}}\n")
    fake = with_fake_hardware(site)
    assert [bus.simulated for bus in fake.buses] == [True, True]
    assert [(bus.name, bus.kind, bus.device, bus.baud) for bus in fake.buses] == [
        (bus.name, bus.kind, bus.device, bus.baud) for bus in site.buses
    ]
    assert fake.world is not None
    assert (fake.gateway, fake.link, fake.store) == (site.gateway, site.link, site.store)


def test_surroundings_that_the_site_names_are_kept(site_of):
    site = site_of("buses: {a: {kind: i2c, simulated: true}, b: {kind: gpio}}\nworld: {seed: 7}\n")
    assert with_fake_hardware(site).world is site.world
