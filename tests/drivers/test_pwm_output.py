from __future__ import annotations

import gc
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BadValueError, BusError, WrongPartError
from drivers.pwm_output import PwmOutput, PwmOutputSettings
from drivers.simulated.faults import Faults
from drivers.simulated.gpio import Dimmed, SimulatedPinFactory
from tests.drivers.test_gpio_bus import broken
from tests.drivers.wiring import gpio_bus

PIN = 18


class Lamp:
    """A lamp that remembers how bright it was."""

    def __init__(self, **settings) -> None:
        self.settings = PwmOutputSettings(pin=PIN, **settings)
        self.shares: list[float] = []
        wire = Dimmed(self.shares.append, self.settings.active_low, Faults())
        self.factory = SimulatedPinFactory({PIN: wire}, threading.RLock())
        self.bus = gpio_bus(self.factory)
        self.driver = PwmOutput(self.bus, self.settings)
        self.driver.open()


both_ways = pytest.mark.parametrize("active_low", [False, True], ids=["active high", "active low"])


@both_ways
@pytest.mark.parametrize("boot", [0.0, 0.25, 1.0])
def test_it_has_its_boot_value_and_never_another_before(active_low, boot):
    lamp = Lamp(active_low=active_low, boot=boot)
    assert lamp.shares == [boot]
    assert lamp.driver.read() == {"duty": boot}


@both_ways
def test_a_write_is_what_the_lamp_gets_at_the_frequency_in_the_settings(active_low):
    lamp = Lamp(active_low=active_low, frequency=400.0)
    assert lamp.driver.write("duty", 0.75) == 0.75
    assert lamp.driver.read() == {"duty": 0.75}
    assert (lamp.shares[-1], lamp.factory.pin(PIN).frequency) == (0.75, 400.0)


@given(st.floats(0.0, 1.0), st.booleans())
def test_every_share_is_read_back_as_it_was_written(share, active_low):
    lamp = Lamp(active_low=active_low)
    assert lamp.driver.write("duty", share) == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan"), float("inf"), True, "on"])
def test_what_is_no_share_is_refused_and_changes_nothing(value):
    lamp = Lamp(boot=0.5)
    with pytest.raises(BadValueError, match="0 to 1 is allowed"):
        lamp.driver.write("duty", value)
    assert lamp.shares == [0.5]


def test_the_channel_has_the_name_in_the_settings():
    lamp = Lamp(channel="brightness")
    (channel,) = PwmOutput.channels(lamp.settings)
    assert (channel.name, channel.unit, channel.low, channel.high, channel.writable) == (
        "brightness", "/", 0.0, 1.0, True,
    )  # fmt: skip
    assert lamp.driver.write("brightness", 1) == 1.0
    with pytest.raises(BadValueError, match="no channel 'duty'; there is 'brightness'"):
        lamp.driver.write("duty", 0.5)


def test_closed_it_stays_as_it_is_and_taken_up_again_it_keeps_its_duty():
    lamp = Lamp(boot=0.1)
    lamp.driver.write("duty", 0.6)
    lamp.driver.close()
    lamp.driver.close()
    lamp.bus.close()
    gc.collect()
    with pytest.raises(BusError, match="GPIO18: not open"):
        lamp.driver.read()
    lamp.driver.open()
    assert lamp.driver.read() == {"duty": 0.6}
    assert lamp.shares == [0.1, 0.6]


def test_a_pin_belongs_to_one_device_and_is_no_input():
    lamp = Lamp()
    with pytest.raises(WrongPartError, match="another device"):
        PwmOutput(lamp.bus, lamp.settings).open()
    lamp.driver.close()
    with pytest.raises(WrongPartError, match="driven by this process"):
        lamp.bus.input(PIN)


def test_a_chip_that_is_gone_is_an_error_of_the_bus():
    lamp = Lamp()
    broken(lamp.factory, PIN)
    for call in (lamp.driver.read, lambda: lamp.driver.write("duty", 0.5)):
        with pytest.raises(BusError, match=r"GPIO18: .*No such device"):
            call()
