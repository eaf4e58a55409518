"""The hardware of a site from its settings: nothing is opened, what is simulated needs no hardware."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from drivers.digital_output import DigitalOutputSettings
from drivers.ds18b20 import Ds18b20Settings
from drivers.host import HostSettings
from drivers.mcp3008 import Mcp3008Settings
from drivers.pulse_counter import PulseCounterSettings
from drivers.register_map import RegisterMapSettings
from drivers.sht4x import Sht4xSettings
from gateway.core.settings import BusSettings, DeviceSettings, Site
from gateway.devices.device import DeviceState
from gateway.devices.site import build

ROOM = DeviceSettings(name="room", driver="sht4x", bus="i2c", settings=Sht4xSettings())
HEATER = DeviceSettings(
    name="heater", driver="digital_output", bus="header", settings=DigitalOutputSettings(pin=27), safe={"on": False}
)


def site(*, simulated):
    buses = (BusSettings(name="i2c", kind="i2c", simulated=simulated, device="/dev/no-such-bus"),)
    buses += (BusSettings(name="header", kind="gpio", simulated=simulated),)
    return Site(gateway="gw", buses=buses, devices=(ROOM, HEATER))


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


@pytest.mark.parametrize("simulated", [False, True])
async def test_readings_that_are_made_up_are_told_at_the_start(hardware_of, simulated):
    with capture_logs() as logs:
        hardware_of(site(simulated=simulated))
    assert [line["buses"] for line in logs] == ([["i2c", "header"]] if simulated else [])


@pytest.mark.parametrize("simulated", [False, True])
async def test_only_what_a_real_meter_has_counted_is_remembered(hardware_of, simulated):
    bus = BusSettings(name="header", kind="gpio", simulated=simulated)
    meter = DeviceSettings(name="meter", driver="pulse_counter", bus="header", settings=PulseCounterSettings(pin=17))
    hardware = hardware_of(Site(gateway="gw", buses=(bus,), devices=(meter, HEATER)))
    assert list(hardware.remembering) == ([] if simulated else ["meter"])


async def test_simulated_parts_can_be_read_and_driven(hardware_of):
    hardware = hardware_of(site(simulated=True))
    assert hardware.threads.keys() == {"i2c", "header"}
    assert {reading.series for reading in await hardware.devices["room"].read()} == {
        "room/temperature",
        "room/humidity",
    }
    assert await hardware.devices["heater"].write("on", True) is True
    assert (await hardware.devices["heater"].read())[0].value is True


@pytest.mark.parametrize(
    ("kind", "device", "driver", "settings", "series"),
    [
        ("onewire", "", "ds18b20", Ds18b20Settings(), "part/temperature"),
        ("modbus", "", "register_map", RegisterMapSettings(map="sdm120"), "part/power"),
        ("modbus", "tcp://meter:502", "register_map", RegisterMapSettings(map="sdm120"), "part/power"),
        ("modbus", "rtu+tcp://meter:23", "register_map", RegisterMapSettings(map="sdm120"), "part/power"),
        ("spi", "", "mcp3008", Mcp3008Settings(), "part/ch0"),
        ("sysfs", "", "host", HostSettings(), "part/load"),
    ],
)
async def test_every_kind_of_bus_can_be_simulated(hardware_of, kind, device, driver, settings, series):
    bus = BusSettings(name="bus", kind=kind, device=device, simulated=True)
    part = DeviceSettings(name="part", driver=driver, bus="bus", settings=settings)
    readings = await hardware_of(Site(gateway="gw", buses=(bus,), devices=(part,))).devices["part"].read()
    assert series in {reading.series for reading in readings}


async def test_nothing_is_opened_before_it_is_used(hardware_of):
    hardware = hardware_of(site(simulated=False))
    assert {device.state for device in hardware.devices.values()} == {DeviceState.NEW}


async def test_hardware_that_is_not_there_is_a_device_that_is_down(hardware_of):
    room = hardware_of(site(simulated=False)).devices["room"]
    assert await room.read() is None
    assert room.state is DeviceState.DOWN
    assert "/dev/no-such-bus" in room.reason


async def test_two_devices_of_one_bus_share_its_thread(hardware_of):
    other = DeviceSettings(name="other", driver="sht4x", bus="i2c", settings=Sht4xSettings(address=0x45))
    base = site(simulated=True)
    hardware = hardware_of(Site(gateway="gw", buses=base.buses, devices=(ROOM, other)))
    assert hardware.devices["room"].bus is hardware.devices["other"].bus is hardware.threads["i2c"]


async def test_parts_of_one_address_behind_a_multiplexer_are_read_through_the_one_thread(hardware_of):
    rooms = tuple(
        DeviceSettings(name=f"room-{channel}", driver="sht4x", bus=f"i2c/0x70/{channel}", settings=Sht4xSettings())
        for channel in range(3)
    )
    outside = DeviceSettings(name="outside", driver="sht4x", bus="i2c", settings=Sht4xSettings(address=0x45))
    base = site(simulated=True)
    hardware = hardware_of(Site(gateway="gw", buses=base.buses, devices=(*rooms, outside)))
    for _ in range(2):
        for device in hardware.devices.values():
            assert await device.read()
            assert device.bus is hardware.threads["i2c"]
