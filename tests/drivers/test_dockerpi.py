from __future__ import annotations

import itertools

import pytest

from drivers.base import BadValueError, BusError, NoAnswerError
from drivers.bus.i2c import I2CBus
from drivers.dockerpi import REGISTERS, Dockerpi, DockerpiSettings
from drivers.simulated.dockerpi import SimulatedDockerpi
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from tests.drivers.parts import QUIET
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock


@pytest.fixture
def board():
    return SimulatedDockerpi()


@pytest.fixture
def driver(board):
    made = Dockerpi(i2c_bus({0x10: board}, VirtualClock()), DockerpiSettings())
    made.open()
    return made


def test_opening_it_switches_nothing(board):
    board.relays[2] = True
    again = Dockerpi(i2c_bus({0x10: board}, VirtualClock()), DockerpiSettings())
    again.open()
    assert again.read() == {}
    assert board.relays == {1: False, 2: True, 3: False, 4: False}
    assert board.turns == 0


@pytest.mark.parametrize(("name", "register"), REGISTERS.items())
def test_each_relay_is_switched_alone_and_stays(board, driver, name, register):
    assert driver.write(name, True) is True
    assert board.relays == {one: one == register for one in range(1, 5)}
    assert driver.read() == {name: True}
    assert driver.write(name, False) is False
    assert not any(board.relays.values())
    assert board.turns == 2


def test_all_that_was_driven_is_read_and_nothing_turns_by_reading(board, driver):
    values = dict(zip(REGISTERS, itertools.cycle([True, False]), strict=False))
    for name, value in values.items():
        driver.write(name, value)
    turns = board.turns
    assert driver.read() == values
    assert board.turns == turns


def test_a_board_that_had_lost_its_supply_does_again_what_it_was_told(board, driver):
    driver.write("relay3", True)
    board.reset()
    assert driver.read() == {"relay3": True}
    assert board.relays[3]


def test_a_board_that_was_away_is_driven_as_before_when_it_is_opened_again(board, driver):
    driver.write("relay1", True)
    board.faults.absent = True
    with pytest.raises(NoAnswerError, match="0x10"):
        driver.read()
    board.reset()
    board.faults.absent = False
    driver.open()
    assert board.relays[1]


def test_what_the_board_did_not_take_does_not_count_as_driven(board, driver):
    board.faults.absent = True
    with pytest.raises(NoAnswerError):
        driver.write("relay1", True)
    board.faults.absent = False
    assert driver.read() == {}


@pytest.mark.parametrize("call", [lambda it: it.open(), lambda it: it.read(), lambda it: it.write("relay1", True)])
def test_a_hung_bus_is_an_error_of_the_bus(board, driver, call):
    board.faults.hung = True
    with pytest.raises(BusError):
        call(driver)


@pytest.mark.parametrize(("channel", "value"), [("relay5", True), ("relay1", 1), ("relay1", "on"), ("relay1", 0.5)])
def test_what_is_no_relay_or_no_boolean_is_refused(board, driver, channel, value):
    with pytest.raises(BadValueError):
        driver.write(channel, value)
    assert board.turns == 0


def test_a_board_at_another_address_drives_what_it_is_coupled_to():
    device = SimulatedDevice("heat", "dockerpi", DockerpiSettings(address=0x13))
    clock = VirtualClock()
    hardware = SimulatedHardware(QUIET, clock, {"bus": [device]})
    driver = Dockerpi(I2CBus(hardware.backend("bus"), clock=clock), device.settings)
    driver.open()
    driver.write("relay1", True)
    assert hardware.world.state("heater.on")
