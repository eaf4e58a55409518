from __future__ import annotations

import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BadValueError, BusError, WrongPartError
from drivers.servo import Servo, ServoSettings, duty_of, share_of
from drivers.simulated.faults import Faults
from drivers.simulated.gpio import Dimmed, SimulatedPinFactory
from tests.drivers.test_gpio_bus import broken
from tests.drivers.wiring import gpio_bus

PIN = 18


class Damper:
    """A damper whose servo remembers the widths of its pulses, in us."""

    def __init__(self, **settings) -> None:
        self.settings = ServoSettings(pin=PIN, **settings)
        self.widths: list[float] = []
        self.factory = SimulatedPinFactory({PIN: Dimmed(self.pulse, False, Faults())}, threading.RLock())
        self.driver = Servo(gpio_bus(self.factory), self.settings)
        self.driver.open()

    def pulse(self, share: float) -> None:
        self.widths.append(round(share / self.settings.frequency * 1e6, 6))


def test_until_it_is_told_where_to_go_it_gets_no_pulses_and_says_nothing():
    damper = Damper()
    assert damper.widths == [0.0]
    assert damper.driver.read() == {}


@pytest.mark.parametrize(("position", "width_us"), [(0, 1000.0), (0.5, 1500.0), (1, 2000.0)])
def test_a_position_is_a_width_of_the_pulse(position, width_us):
    damper = Damper()
    assert damper.driver.write("position", position) == pytest.approx(position)
    assert damper.driver.read() == {"position": pytest.approx(position)}
    assert damper.widths[-1] == width_us


def test_with_its_travel_known_it_goes_to_an_angle():
    damper = Damper(travel=180.0, min_us=500.0, max_us=2500.0)
    (channel,) = Servo.channels(damper.settings)
    assert (channel.name, channel.unit, channel.high) == ("angle", "rad", math.pi)
    assert damper.driver.write("angle", math.pi / 4) == pytest.approx(math.pi / 4)
    assert damper.widths[-1] == 1000.0
    with pytest.raises(BadValueError, match="no channel 'position'; there is 'angle'"):
        damper.driver.write("position", 0.5)


@pytest.mark.parametrize("value", [-0.01, 1.01, math.nan, True, "open"])
def test_what_is_beyond_its_ends_is_refused_and_moves_nothing(value):
    damper = Damper()
    with pytest.raises(BadValueError, match="0 to 1 is allowed"):
        damper.driver.write("position", value)
    assert damper.widths == [0.0]


@pytest.mark.parametrize(
    "settings",
    [
        {"min_us": 2000.0, "max_us": 1000.0},
        {"min_us": 1500.0, "max_us": 1500.0},
        {"frequency": 400.0, "max_us": 2500.0},
    ],
)
def test_pulses_that_cannot_be_are_refused(settings):
    with pytest.raises(ValueError, match="min_us below max_us"):
        ServoSettings(pin=PIN, **settings)


@given(st.floats(0.0, 1.0), st.floats(100.0, 2000.0), st.floats(10.0, 450.0), st.floats(40.0, 400.0))
def test_every_position_is_a_pulse_between_the_ends_and_read_back(share, min_us, range_us, frequency):
    settings = ServoSettings(pin=PIN, min_us=min_us, max_us=min_us + range_us, frequency=frequency)
    duty = duty_of(share, settings)
    assert min_us * 0.999999 <= duty * 1e6 / frequency <= settings.max_us * 1.000001
    assert share_of(duty, settings) == pytest.approx(share, abs=1e-9)


def test_the_middle_of_the_usual_servo_is_a_pulse_of_three_fortieths():
    assert duty_of(0.5, ServoSettings(pin=PIN)) == pytest.approx(0.075)


def test_closed_it_holds_its_place_and_opened_again_it_goes_on():
    damper = Damper()
    damper.driver.write("position", 0.25)
    damper.driver.close()
    with pytest.raises(BusError, match="GPIO18: not open"):
        damper.driver.read()
    damper.driver.open()
    assert damper.driver.read() == {"position": pytest.approx(0.25)}
    assert damper.widths == [0.0, 1250.0]


def test_a_pin_belongs_to_one_device():
    damper = Damper()
    with pytest.raises(WrongPartError, match="another device"):
        Servo(damper.driver._bus, damper.settings).open()


def test_a_chip_that_is_gone_is_an_error_of_the_bus():
    damper = Damper()
    broken(damper.factory, PIN)
    with pytest.raises(BusError, match=r"GPIO18: .*No such device"):
        damper.driver.write("position", 0.5)
