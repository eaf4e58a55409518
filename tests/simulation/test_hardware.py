from __future__ import annotations

import pytest

from drivers.base import BadValueError, Channel
from tests.simulation.greenhouse import SITE, Site


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
