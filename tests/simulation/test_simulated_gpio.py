from __future__ import annotations

import threading

import pytest
from gpiozero import Button, DigitalOutputDevice

from drivers.simulated.faults import Faults
from drivers.simulated.gpio import Contact, Load, SimulatedPinFactory

CONTACT, LOAD, FREE = 17, 22, 5


class Bench:
    def __init__(self) -> None:
        self.closed = False
        self.moves: list[bool] = []
        self.contact_faults, self.load_faults = Faults(), Faults()
        wires = {
            CONTACT: Contact(lambda: self.closed, active_low=True, faults=self.contact_faults),
            LOAD: Load(self.moves.append, active_low=True, faults=self.load_faults),
        }
        self.factory = SimulatedPinFactory(wires, threading.RLock())


@pytest.fixture
def bench():
    return Bench()


def test_gpiozeros_own_devices_work_on_it(bench):
    """The library's devices, which the gateway does not use, are a second opinion on the pins."""
    presses: list[bool] = []
    with Button(CONTACT, pin_factory=bench.factory) as button:
        button.when_pressed = lambda: presses.append(True)
        assert not button.is_pressed
        bench.closed = True
        bench.factory.refresh()
        assert button.is_pressed
    assert presses == [True]
    with DigitalOutputDevice(LOAD, active_high=False, initial_value=True, pin_factory=bench.factory) as relay:
        relay.off()
        relay.on()
        assert bench.moves[-1] is True
    # Closed, the library's device makes the pin an input, and the relay falls off.
    assert bench.moves[-1] is False


def test_a_pin_that_is_read_follows_its_contact_without_being_told(bench):
    pin = bench.factory.pin(CONTACT)
    pin.input_with_pull("up")
    assert pin.state is True
    bench.closed = True
    assert pin.state is False


@pytest.mark.parametrize(
    ("active_low", "pull", "level"),
    [(True, "up", True), (True, "floating", True), (True, "down", False), (False, "down", False), (False, "up", True)],
)
def test_an_open_contact_leaves_the_pin_to_its_pull(active_low, pull, level):
    contact = Contact(lambda: False, active_low=active_low, faults=Faults())
    assert contact.level(pull) is level


@pytest.mark.parametrize("pull", ["up", "down", "floating"])
@pytest.mark.parametrize("active_low", [True, False])
def test_a_closed_contact_is_stronger_than_any_pull(active_low, pull):
    assert Contact(lambda: True, active_low=active_low, faults=Faults()).level(pull) is not active_low


def test_made_an_output_without_a_level_a_pin_is_low_first(bench):
    """As with lgpio; so whoever wants an active-low relay off has to say so in the same call."""
    pin = bench.factory.pin(LOAD)
    pin.function = "output"
    pin.state = True
    assert bench.moves[:2] == [True, False]


def test_made_an_output_with_its_level_a_pin_has_no_other_before(bench):
    bench.factory.pin(LOAD).output_with_state(True)
    assert set(bench.moves) == {False}


def test_a_pin_that_becomes_an_input_lets_its_load_go(bench):
    pin = bench.factory.pin(LOAD)
    pin.output_with_state(False)
    pin.function = "input"
    assert bench.moves == [True, False]


def test_a_stuck_contact_and_a_stuck_load_stay_where_they_are(bench):
    pin = bench.factory.pin(CONTACT)
    pin.input_with_pull("up")
    bench.contact_faults.stuck = True
    bench.closed = True
    assert pin.state is True
    load = bench.factory.pin(LOAD)
    load.output_with_state(True)
    bench.load_faults.stuck = True
    load.state = False
    assert set(bench.moves) == {False}


def test_a_pin_without_a_wire_is_a_pin_all_the_same(bench):
    pin = bench.factory.pin(FREE)
    pin.input_with_pull("up")
    assert pin.state is True
    pin.output_with_state(False)
    assert pin.state is False
    bench.factory.refresh()
    assert bench.moves == []
