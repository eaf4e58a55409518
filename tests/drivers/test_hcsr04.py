from __future__ import annotations

import math
import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import registry
from drivers.base import BusError, NoAnswerError, WrongPartError
from drivers.bus import open_bus
from drivers.hcsr04 import PAUSE_S, Hcsr04, Hcsr04Settings, distance_of, echo_of, speed_of_sound
from drivers.simulated.faults import Faults
from drivers.simulated.gpio import Load, SimulatedPinFactory
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.sonar import SimulatedSonar
from drivers.simulated.world import WorldSettings
from tests.drivers.test_gpio_bus import broken
from tests.drivers.wiring import gpio_bus
from tests.simulation.virtual_clock import VirtualClock

TRIGGER, ECHO = 23, 24


class Tank:
    """A part above water, in air that may be warmer than it is told."""

    def __init__(self, distance=1.0, air=20.0, **settings) -> None:
        self.distance, self.air = distance, air
        self.clock, self.faults = VirtualClock(), Faults()
        sonar = SimulatedSonar(lambda: self.distance, lambda: self.air, self.clock, self.faults)
        wires = {TRIGGER: Load(self.trigger, active_low=False, faults=Faults()), ECHO: sonar}
        self.sonar, self.triggers = sonar, []
        self.factory = SimulatedPinFactory(wires, threading.RLock(), self.clock.now_s)
        self.settings = Hcsr04Settings(trigger=TRIGGER, echo=ECHO, **settings)
        self.driver = Hcsr04(gpio_bus(self.factory, self.clock), self.settings)
        self.driver.open()

    def trigger(self, level: bool) -> None:
        self.triggers.append((level, self.clock.now_s()))
        self.sonar.trigger(level)


@pytest.mark.parametrize(("temperature", "speed"), [(-20.0, 318.9), (0.0, 331.3), (20.0, 343.2), (40.0, 354.7)])
def test_sound_is_as_fast_as_the_tables_say(temperature, speed):
    assert speed_of_sound(temperature) == pytest.approx(speed, abs=0.1)


def test_an_echo_of_5_8_ms_is_a_metre():
    assert distance_of(0.005828, 20.0) == pytest.approx(1.0, abs=0.001)


@pytest.mark.parametrize(
    ("edges", "echo_s"),
    [
        ([], None),
        ([(False, 1.0)], None),
        ([(True, 1.0)], math.inf),
        ([(True, 1.0), (False, 1.5)], 0.5),
        ([(False, 0.5), (True, 1.0), (True, 1.2), (False, 1.5), (True, 2.0), (False, 9.0)], 0.5),
    ],
)
def test_an_echo_is_from_its_first_beginning_to_its_first_end(edges, echo_s):
    assert echo_of(edges) == echo_s


@given(st.floats(0.02, 4.0), st.floats(-40.0, 85.0))
def test_every_distance_is_measured_in_air_of_every_temperature(distance, temperature):
    tank = Tank(distance, temperature, temperature=temperature, samples=1)
    assert tank.driver.read() == {"distance": pytest.approx(distance, abs=1e-6)}


def test_air_that_is_warmer_than_it_is_told_makes_the_way_shorter():
    assert Tank(2.0, air=30.0).driver.read()["distance"] == pytest.approx(1.966, abs=0.001)


def test_echoes_from_something_else_do_not_count_as_long_as_they_are_few():
    tank = Tank(2.0, samples=5)
    tank.faults.corrupt_every = 3
    assert tank.driver.read() == {"distance": pytest.approx(2.0)}


def test_every_trigger_is_long_enough_and_no_echo_meets_the_next_sound():
    tank = Tank(samples=4)
    for _ in range(2):
        tank.driver.read()
    rises, falls = ([at_s for level, at_s in tank.triggers if level is wanted] for wanted in (True, False))
    falls = falls[-len(rises) :]
    assert len(rises) == 8
    assert all(fell_s - rose_s >= 0.99e-5 for rose_s, fell_s in zip(rises, falls, strict=True))
    assert all(after_s - before_s >= PAUSE_S for before_s, after_s in pairwise(rises))


def test_with_nothing_ahead_there_is_no_distance_and_the_next_one_is_right():
    tank = Tank(9.0)
    with pytest.raises(NoAnswerError, match="GPIO23 and GPIO24: no echo of 5 in 5"):
        tank.driver.read()
    tank.distance = 3.0
    tank.clock.sleep(1.0)
    assert tank.driver.read() == {"distance": pytest.approx(3.0)}


def test_a_part_that_is_absent_does_not_answer_and_the_reading_has_an_end():
    tank = Tank()
    tank.faults.absent = True
    with pytest.raises(NoAnswerError, match="does not answer"):
        tank.driver.read()
    assert tank.clock.now_s() < 1.0
    tank.faults.absent = False
    assert tank.driver.read() == {"distance": pytest.approx(1.0)}


def test_a_stuck_part_repeats_itself():
    tank = Tank()
    tank.driver.read()
    tank.faults.stuck = True
    tank.distance = 3.0
    assert tank.driver.read() == {"distance": pytest.approx(1.0)}


def test_one_pin_for_both_is_refused():
    with pytest.raises(ValueError, match="trigger and echo are both 5"):
        Hcsr04Settings(trigger=5, echo=5)


def test_a_pin_that_cannot_be_had_lets_the_other_go():
    tank = Tank()
    tank.driver.close()
    tank.driver._bus.input(ECHO)
    with pytest.raises(WrongPartError, match="GPIO24: another device"):
        tank.driver.open()
    tank.driver._bus.release(ECHO)
    tank.driver.open()
    assert tank.driver.read() == {"distance": pytest.approx(1.0)}


def test_a_closed_part_says_so_and_lets_both_pins_go():
    tank = Tank()
    tank.driver.close()
    tank.driver.close()
    with pytest.raises(BusError, match="not open"):
        tank.driver.read()
    assert tank.factory.pin(ECHO).when_changed is None
    assert tank.driver._bus._held == set()


@pytest.mark.parametrize("pin", [TRIGGER, ECHO])
def test_a_chip_that_is_gone_is_an_error_of_the_bus(pin):
    tank = Tank()
    broken(tank.factory, pin)
    with pytest.raises(BusError, match=f"GPIO{pin}"):
        tank.driver.read()


def test_in_the_world_it_looks_down_on_the_water_of_the_tank():
    clock = VirtualClock()
    settings = Hcsr04Settings(trigger=TRIGGER, echo=ECHO)
    world = WorldSettings(speed=1.0)
    hardware = SimulatedHardware(world, clock, {"pins": [SimulatedDevice("tank", "hcsr04", settings)]})
    bus = open_bus("gpio", backend=hardware.backend("pins"))
    bus.clock = clock
    driver = registry.get("hcsr04")(bus, settings)
    driver.open()
    assert driver.read() == {"distance": pytest.approx(hardware.world.value("tank.gap"), rel=0.001)}
    assert hardware.world.value("tank.gap") == pytest.approx(0.25 + 1.5 * (1 - hardware.world.value("tank.level")))
