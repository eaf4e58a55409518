"""A driver that cannot be made keeps no other part from being read and driven."""

from __future__ import annotations

import pytest

from drivers import plug_ins
from gateway.core.settings import BusSettings, DeviceSettings, Site
from gateway.devices.device import DeviceState
from gateway.devices.site import build
from tests.devices.test_site import HEATER
from tests.drivers.plug_in_packages import GOOD, install

__all__ = ["install"]

BUSES = (
    BusSettings(name="i2c", kind="i2c", device="/dev/no-such-bus"),
    BusSettings(name="header", kind="gpio", simulated=True),
)


def site():
    settings = plug_ins.driver("good").settings_type()
    tank = DeviceSettings(name="tank", driver="good", bus="i2c", settings=settings)
    return Site(gateway="gw", buses=BUSES, devices=(tank, HEATER))


@pytest.fixture
def hardware_of(clock):
    built = []

    def make(site):
        built.append(build(site, clock))
        return built[-1]

    yield make
    for hardware in built:
        for thread in hardware.threads.values():
            thread.close()


@pytest.mark.parametrize("error", ["KeyError('no key')", "SystemExit(3)"])
async def test_its_part_is_down_with_the_reason_and_the_others_work(hardware_of, install, clock, error):
    install(code=GOOD.replace("self.settings = settings", f"raise {error}"))
    devices = hardware_of(site()).devices
    tank = devices["tank"]
    assert tank.channels.keys() == {"temperature"}
    for _ in range(2):
        assert await tank.read() is None
        assert tank.state is DeviceState.DOWN
        assert tank.reason == f"driver 'good' cannot be made: {error}; repair it, then restart the gateway"
        clock.advance(60)
    assert await devices["heater"].write("on", True) is True


async def test_a_driver_that_can_be_made_is_that_of_its_package(hardware_of, install):
    install()
    (reading,) = await hardware_of(site()).devices["tank"].read()
    assert reading.value == 20.0
