from __future__ import annotations

import pytest

from drivers.base import BusError, ChecksumError, NoAnswerError, WrongPartError
from tests.simulation.greenhouse import Site


@pytest.fixture
def site():
    return Site()


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
    site.clock.sleep(3.0)  # What a PMS5003 said last stands until its next frame is overdue.
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
