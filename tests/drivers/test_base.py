from __future__ import annotations

import pytest

from drivers import base
from drivers.base import BadValueError, BusKind, Channel, Driver, DriverError, SystemClock, ValueKind

ERRORS = [one for one in vars(base).values() if isinstance(one, type) and issubclass(one, DriverError)]


class Thermometer(Driver):
    """The least that a driver is."""

    name, title, bus_kind, settings_type = "thermometer", "Thermometer", BusKind.I2C, dict

    def __init__(self, bus, settings):
        del bus, settings

    @classmethod
    def channels(cls, settings):
        del settings
        return (Channel(name="temperature", unit="Cel"),)

    def open(self):
        pass

    def read(self):
        return {"temperature": 21.0}


def test_what_a_driver_does_not_say_is_that_it_only_reads():
    driver = Thermometer(None, {})
    with pytest.raises(BadValueError, match="thermometer: channel 'temperature' cannot be written"):
        driver.write("temperature", 1.0)
    assert driver.watch(print) is False
    driver.close()
    driver.close()


def test_a_channel_is_a_number_that_is_read_unless_it_says_otherwise():
    (channel,) = Thermometer.channels({})
    assert (channel.kind, channel.writable, channel.low, channel.high) == (ValueKind.NUMBER, False, None, None)


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_says_what_it_means_and_is_caught_as_one_family(error):
    assert error.__doc__
    with pytest.raises(DriverError, match="at 0x44"):
        raise error("at 0x44")


def test_a_bad_value_is_an_ordinary_value_error_too():
    assert issubclass(BadValueError, ValueError)


def test_the_machines_clock_goes_on_while_it_sleeps():
    clock = SystemClock()
    before_s = clock.now_s()
    clock.sleep(0.001)
    assert clock.now_s() >= before_s + 0.001
