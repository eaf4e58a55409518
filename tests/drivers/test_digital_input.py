from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from drivers.base import BusError, ValueKind, WrongPartError
from drivers.bus.gpio import Pull
from drivers.digital_input import DigitalInput, DigitalInputSettings
from drivers.simulated.faults import Faults
from drivers.simulated.gpio import Contact, SimulatedPinFactory
from tests.drivers.wiring import gpio_bus
from tests.simulation.virtual_clock import VirtualClock

PIN = 17


class Door:
    """A door contact that somebody opens and closes, each time with the bounces that are asked for."""

    def __init__(self, *, active_low: bool = True) -> None:
        self.closed = True
        self.faults = Faults()
        wire = Contact(lambda: self.closed, active_low=active_low, faults=self.faults)
        self.factory = SimulatedPinFactory({PIN: wire}, threading.RLock())

    def set(self, closed: bool, bounces: int = 0) -> None:
        for level in [closed, not closed] * bounces + [closed]:
            self.closed = level
            self.factory.refresh()


@pytest.fixture
def door():
    return Door()


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def driver(door, clock):
    driver = DigitalInput(gpio_bus(door.factory, clock), DigitalInputSettings(pin=PIN))
    driver.open()
    return driver


@pytest.fixture
def heard(driver):
    heard: list[tuple[str, bool]] = []
    assert driver.watch(lambda channel, value: heard.append((channel, value))) is True
    return heard


@pytest.mark.parametrize(
    ("active_low", "pull"), [(True, Pull.UP), (True, Pull.NONE), (False, Pull.DOWN), (False, Pull.NONE)]
)
def test_a_contact_is_read_whichever_way_it_is_wired(active_low, pull, clock):
    door = Door(active_low=active_low)
    settings = DigitalInputSettings(pin=PIN, pull=pull, active_low=active_low, debounce_s=0.0)
    driver = DigitalInput(gpio_bus(door.factory, clock), settings)
    driver.open()
    seen = []
    for closed in (True, False, True):
        door.set(closed)
        seen.append(driver.read())
    assert seen == [{"closed": True}, {"closed": False}, {"closed": True}]


def test_a_pull_that_fights_the_contact_shows_as_on_the_bench(door, clock):
    driver = DigitalInput(gpio_bus(door.factory, clock), DigitalInputSettings(pin=PIN, pull=Pull.DOWN))
    driver.open()
    door.set(closed=False)
    clock.sleep(1.0)
    assert driver.read() == {"closed": True}


def test_the_channel_has_the_name_in_the_settings(door, clock):
    settings = DigitalInputSettings(pin=PIN, channel="leak")
    (channel,) = DigitalInput.channels(settings)
    assert (channel.name, channel.kind, channel.writable) == ("leak", ValueKind.BOOLEAN, False)
    driver = DigitalInput(gpio_bus(door.factory, clock), settings)
    driver.open()
    assert driver.read() == {"leak": True}


def test_a_change_is_told_at_once_and_once(door, clock, heard):
    door.set(False, bounces=5)
    assert heard == [("closed", False)]
    clock.sleep(0.06)
    door.set(True, bounces=3)
    assert heard == [("closed", False), ("closed", True)]


def test_a_short_pulse_is_put_right_by_the_next_reading(driver, door, clock, heard):
    door.set(False)
    clock.sleep(0.01)
    door.set(True)
    assert heard == [("closed", False)]
    clock.sleep(1.0)
    assert driver.read() == {"closed": True}
    assert heard == [("closed", False), ("closed", True)]


def test_a_reading_in_the_middle_of_bounces_agrees_with_what_was_told(driver, door, heard):
    door.set(False)
    door.closed = True
    assert driver.read() == {"closed": False}
    assert heard == [("closed", False)]


def test_a_listener_from_before_hears_after_the_pin_is_opened_again(driver, door, heard):
    driver.close()
    door.set(False)
    assert heard == []
    driver.open()
    assert driver.read() == {"closed": False}
    door.set(True)
    assert heard == [("closed", True)]


def test_a_closed_driver_says_so_and_lets_the_pin_go(driver, door):
    driver.close()
    driver.close()
    with pytest.raises(BusError, match="GPIO17: not open"):
        driver.read()
    assert door.factory.pin(PIN).when_changed is None


def test_a_listener_may_come_before_the_pin_is_open(door, clock):
    heard = []
    driver = DigitalInput(gpio_bus(door.factory, clock), DigitalInputSettings(pin=PIN))
    driver.watch(lambda *change: heard.append(change))
    driver.open()
    door.set(False)
    assert heard == [("closed", False)]


def test_two_devices_cannot_have_one_pin(driver):
    other = DigitalInput(driver._bus, DigitalInputSettings(pin=PIN))
    for _ in range(2):
        with pytest.raises(WrongPartError, match="another device"):
            other.open()
        other.close()
    assert driver.read() == {"closed": True}


def test_a_stuck_contact_does_not_move(driver, door, clock):
    door.faults.stuck = True
    door.set(False)
    clock.sleep(1.0)
    assert driver.read() == {"closed": True}


def test_edges_from_a_thread_and_readings_from_another_end_in_agreement(driver, door, clock):
    last: list[bool] = []
    driver.watch(lambda _, value: last.append(value))

    def slam() -> None:
        for index in range(300):
            clock.sleep(0.06)
            door.set(index % 2 == 1)

    thread = threading.Thread(target=slam)
    thread.start()
    while thread.is_alive():
        driver.read()
    thread.join()
    clock.sleep(1.0)
    assert driver.read() == {"closed": door.closed}
    assert last[-1] is door.closed
    assert all(before is not after for before, after in pairwise(last))
