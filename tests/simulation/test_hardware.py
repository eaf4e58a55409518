from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from drivers import registry
from drivers.ads1115 import Ads1115Input, Ads1115Settings
from drivers.base import BadValueError, BusError, BusKind, Channel, ChecksumError, Driver, NoAnswerError, WrongPartError
from drivers.bus import open_bus
from drivers.digital_input import DigitalInputSettings
from drivers.digital_output import DigitalOutputSettings
from drivers.pms5003 import Pms5003Settings
from drivers.sht4x import Sht4xSettings
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.world import WorldSettings
from tests.simulation.virtual_clock import VirtualClock

SITE = {
    "i2c-1": [
        SimulatedDevice("room", "sht4x", Sht4xSettings()),
        SimulatedDevice("outside", "sht4x", Sht4xSettings(address=0x45)),
        SimulatedDevice(
            "garden",
            "ads1115",
            Ads1115Settings(
                inputs={
                    "moisture": Ads1115Input(pin="A0", scale=-2 / 3, offset=1.8, unit="/"),
                    "light": Ads1115Input(pin="A1"),
                }
            ),
        ),
    ],
    "uart": [SimulatedDevice("air", "pms5003", Pms5003Settings())],
    "pins": [
        SimulatedDevice("door", "digital_input", DigitalInputSettings(pin=17)),
        SimulatedDevice("fan", "digital_output", DigitalOutputSettings(pin=23)),
        SimulatedDevice("heater", "digital_output", DigitalOutputSettings(pin=22, active_low=True)),
    ],
}


class Site:
    """The devices of a site, wired and opened as the gateway does it."""

    def __init__(self, devices: Mapping[str, list[SimulatedDevice]] = SITE, **world: Any) -> None:
        self.clock = VirtualClock()
        self.hardware = SimulatedHardware(dataclasses.replace(WorldSettings(), **world), self.clock, devices)
        self.drivers: dict[str, Driver] = {}
        for name, group in devices.items():
            kind = registry.get(group[0].driver).bus_kind
            bus = open_bus(kind, clock=self.clock, backend=self.hardware.backend(name))
            for device in group:
                self.drivers[device.name] = registry.get(device.driver)(bus, device.settings)
        for driver in self.drivers.values():
            driver.open()

    def read(self) -> dict[str, Any]:
        return {f"{name}/{key}": value for name, one in self.drivers.items() for key, value in one.read().items()}


@pytest.fixture
def site():
    return Site()


def test_every_device_of_a_site_reads_something_plausible(site):
    values = site.read()
    assert values["room/temperature"] == pytest.approx(18.0, abs=0.5)
    assert 30 < values["room/humidity"] < 80
    assert values["outside/temperature"] == pytest.approx(8.0, abs=1.0)
    assert values["garden/moisture"] == pytest.approx(0.45, abs=0.01)
    assert 2.0 < values["garden/light"] < 3.0
    assert 1e-9 < values["air/pm2_5"] < 1e-7
    assert values["door/closed"] is True
    assert values["heater/on"] is False


def test_every_value_is_within_the_range_of_its_channel(site):
    channels: dict[str, Channel] = {
        f"{device.name}/{channel.name}": channel
        for group in SITE.values()
        for device in group
        for channel in device.channels()
    }
    for _ in range(50):
        site.clock.sleep(30.0)
        for series, value in site.read().items():
            channel = channels[series]
            assert channel.low is None or channel.low <= value <= channel.high


def test_the_heater_heats_and_the_fan_does_not(site):
    site.drivers["fan"].write("on", True)
    site.clock.sleep(10.0)
    before = site.drivers["room"].read()["temperature"]
    assert before < 18.0
    site.drivers["heater"].write("on", True)
    site.clock.sleep(10.0)
    warm = site.drivers["room"].read()["temperature"]
    assert warm > before + 3.0
    site.drivers["heater"].write("on", False)
    site.clock.sleep(10.0)
    assert site.drivers["room"].read()["temperature"] < warm - 2.0


@pytest.mark.parametrize("seed", range(5))
def test_a_thermostat_holds_a_day_of_frost_on_the_real_drivers(seed):
    """Two-point control, once in 10 simulated seconds, outside -5 to 10 Cel: 21 within half a degree after an hour."""
    site = Site(seed=seed, outside_mean=2.5, outside_swing=7.5, door_opens_every_s=0.0)
    room, heater = site.drivers["room"], site.drivers["heater"]
    temperatures: list[float] = []
    for _ in range(86_400 // 10):
        temperature = room.read()["temperature"]
        temperatures.append(temperature)
        if temperature < 20.9:
            heater.write("on", True)
        elif temperature > 21.1:
            heater.write("on", False)
        site.clock.sleep(10 / 60)
    settled = temperatures[360:]
    assert min(settled) > 20.5
    assert max(settled) < 21.5
    assert sum(settled) / len(settled) == pytest.approx(21.0, abs=0.2)


def test_the_same_seed_gives_the_same_readings_to_the_last_digit():
    runs = []
    for _ in range(2):
        site = Site(seed=42)
        readings = []
        for step in range(60):
            site.drivers["heater"].write("on", step % 7 < 3)
            site.clock.sleep(1.0)
            readings.append(site.read())
        runs.append(readings)
    assert runs[0] == runs[1]
    assert Site(seed=43).read() != Site(seed=42).read()


def test_edges_of_the_door_come_while_somebody_looks_at_anything(site):
    heard: list[bool] = []
    assert site.drivers["door"].watch(lambda _, closed: heard.append(bool(closed)))
    for _ in range(600):
        site.clock.sleep(0.2)
        site.drivers["room"].read()
    assert len(heard) > 2
    assert heard == [index % 2 == 1 for index in range(len(heard))]
    assert site.drivers["door"].read() == {"closed": heard[-1]}


def test_one_broken_part_harms_nothing_else(site):
    site.hardware.faults("room").absent = True
    with pytest.raises(NoAnswerError):
        site.drivers["room"].read()
    for name, driver in site.drivers.items():
        if name != "room":
            assert driver.read()


@pytest.mark.parametrize(
    ("device", "fault", "error"),
    [
        ("room", {"absent": True}, NoAnswerError),
        ("room", {"nack": 99}, NoAnswerError),
        ("room", {"corrupt_every": 1}, ChecksumError),
        ("room", {"hung": True}, BusError),
        ("garden", {"absent": True}, NoAnswerError),
        ("garden", {"hung": True}, BusError),
        ("air", {"absent": True}, NoAnswerError),
        ("air", {"corrupt_every": 1}, ChecksumError),
        ("air", {"hung": True}, BusError),
    ],
)
def test_a_fault_shows_as_its_error_and_is_over_with_it(site, device, fault, error):
    faults, driver = site.hardware.faults(device), site.drivers[device]
    driver.read()
    whole = {name: getattr(faults, name) for name in fault}
    for name, value in fault.items():
        setattr(faults, name, value)
    with pytest.raises(error):
        driver.read()
    for name, value in whole.items():
        setattr(faults, name, value)
    assert driver.read()


@pytest.mark.parametrize("device", ["room", "garden", "air"])
def test_a_part_that_was_swapped_is_found_when_it_is_opened(site, device):
    site.hardware.faults(device).wrong_part = True
    site.clock.sleep(200.0)  # What a PMS5003 has sent before is lost in the overflow.
    with pytest.raises(WrongPartError):
        site.drivers[device].open()


def test_a_stuck_sensor_repeats_itself_while_the_world_goes_on(site):
    before = site.drivers["room"].read()
    site.hardware.faults("room").stuck = True
    site.drivers["heater"].write("on", True)
    site.clock.sleep(10.0)
    assert site.drivers["room"].read() == before
    site.hardware.faults("room").stuck = False
    assert site.drivers["room"].read()["temperature"] > before["temperature"] + 2


def test_what_is_coupled_by_name_is_what_is_read():
    site = Site(
        couple={"room/temperature": "outside.temperature", "garden/moisture": "soil.moisture", "fan/on": "heater.on"}
    )
    values = site.read()
    assert values["room/temperature"] == pytest.approx(values["outside/temperature"], abs=0.5)
    assert values["garden/moisture"] == pytest.approx(0.45, abs=0.05)
    site.drivers["fan"].write("on", True)
    assert site.hardware.world.state("heater.on") is True


def test_a_wrong_coupling_is_refused_at_once():
    with pytest.raises(BadValueError, match=r"did you mean room\.temperature\?"):
        Site(couple={"room/temperature": "room.temperatur"})


def device(name: str, driver: str, settings: Any) -> SimulatedDevice:
    return SimulatedDevice(name, driver, settings)


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ([("a", "sht4x", Sht4xSettings()), ("b", "sht4x", Sht4xSettings())], "'b': address 0x44 is taken"),
        ([("a", "pms5003", Pms5003Settings()), ("b", "pms5003", Pms5003Settings())], "'a', 'b': one serial line"),
        (
            [
                ("a", "digital_input", DigitalInputSettings(pin=4)),
                ("b", "digital_output", DigitalOutputSettings(pin=4)),
            ],
            "'b': GPIO4 is taken",
        ),
        ([("a", "sht4x", Sht4xSettings()), ("b", "pms5003", Pms5003Settings())], "different kinds of bus: i2c, serial"),
    ],
)
def test_two_devices_in_one_place_are_refused(group, message):
    with pytest.raises(BadValueError, match=message):
        SimulatedHardware(WorldSettings(), VirtualClock(), {"bus": [device(*one) for one in group]})


@pytest.mark.parametrize("kind", list(BusKind))
def test_a_driver_without_a_model_is_named(monkeypatch, kind):
    class Strange(Driver):
        name, title, bus_kind, settings_type = "strange", "Strange", kind, dict

        @classmethod
        def channels(cls, settings):
            del settings
            return (Channel(name="value", unit="V"),)

    monkeypatch.setattr(registry, "get", lambda _: Strange)
    with pytest.raises(BadValueError, match="'strange' has no simulation"):
        SimulatedHardware(WorldSettings(), VirtualClock(), {"bus": [device("thing", "strange", {})]})


def test_a_bus_without_devices_has_no_adapter():
    hardware = SimulatedHardware(WorldSettings(), VirtualClock(), {"empty": []})
    for name in ("empty", "unheard-of"):
        with pytest.raises(BusError, match="does not exist"):
            open_bus("i2c", backend=hardware.backend(name)).read(0x44, 6)


def test_faults_of_what_is_not_there_are_a_key_error(site):
    with pytest.raises(KeyError):
        site.hardware.faults("nobody")


def test_every_driver_has_a_model():
    simulated = {one.driver for group in SITE.values() for one in group}
    assert simulated == set(registry.names())
