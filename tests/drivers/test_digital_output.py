from __future__ import annotations

import errno
import gc
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BadValueError, BusError, WrongPartError
from drivers.cycles import CYCLE_S_MAX
from drivers.digital_output import DigitalOutput, DigitalOutputSettings
from drivers.simulated.faults import Faults
from drivers.simulated.gpio import Load, SimulatedPinFactory
from tests.drivers.wiring import gpio_bus, os_error

PIN = 22


class Relay:
    """A relay that remembers every position it had."""

    def __init__(self, *, active_low: bool) -> None:
        self.positions: list[bool] = []
        self.faults = Faults()
        wire = Load(self.move, active_low=active_low, faults=self.faults)
        self.factory = SimulatedPinFactory({PIN: wire}, threading.RLock())

    def move(self, on: bool) -> None:
        if not self.positions or self.positions[-1] is not on:
            self.positions.append(on)


@pytest.fixture(params=[False, True], ids=["active high", "active low"])
def active_low(request):
    return request.param


@pytest.fixture
def relay(active_low):
    return Relay(active_low=active_low)


def opened(relay, active_low, *, boot=False, bus=None) -> DigitalOutput:
    bus = bus or gpio_bus(relay.factory)
    driver = DigitalOutput(bus, DigitalOutputSettings(pin=PIN, active_low=active_low, boot=boot))
    driver.open()
    return driver


@pytest.mark.parametrize("boot", [False, True])
def test_a_relay_has_its_boot_value_and_never_another_before(relay, active_low, boot):
    driver = opened(relay, active_low, boot=boot)
    assert driver.read() == {"on": boot}
    assert relay.positions == [boot]


def test_a_write_moves_the_relay_and_answers_what_it_reads_back(relay, active_low):
    driver = opened(relay, active_low)
    assert driver.write("on", True) is True
    assert driver.read() == {"on": True}
    assert driver.write("on", False) is False
    assert relay.positions == [False, True, False]


def test_a_closed_driver_leaves_the_relay_as_it_is(relay, active_low):
    driver = opened(relay, active_low)
    driver.write("on", True)
    driver.close()
    driver.close()
    gc.collect()
    assert relay.positions[-1] is True
    with pytest.raises(BusError, match="GPIO22: not open"):
        driver.read()
    with pytest.raises(BusError, match="GPIO22: not open"):
        driver.write("on", False)


def test_a_driver_that_is_opened_again_does_not_move_the_relay(relay, active_low):
    driver = opened(relay, active_low)
    driver.write("on", True)
    driver.open()
    assert driver.read() == {"on": True}
    assert relay.positions == [False, True]


def test_another_driver_object_takes_the_relay_over_as_it_is(relay, active_low):
    bus = gpio_bus(relay.factory)
    driver = opened(relay, active_low, bus=bus)
    driver.write("on", True)
    driver.close()
    assert opened(relay, active_low, bus=bus).read() == {"on": True}
    assert relay.positions == [False, True]


@pytest.mark.parametrize("value", [1, 0, 1.0, "on", "true", None])
def test_what_is_no_boolean_is_refused_and_moves_nothing(relay, active_low, value):
    driver = opened(relay, active_low)
    with pytest.raises(BadValueError, match="true and false are allowed"):
        driver.write("on", value)
    assert relay.positions == [False]


def test_another_channel_is_refused(relay, active_low):
    with pytest.raises(BadValueError, match="no channel 'speed'; there is 'on'"):
        opened(relay, active_low).write("speed", True)


def test_a_channel_name_is_a_setting():
    (channel,) = DigitalOutput.channels(DigitalOutputSettings(pin=PIN, channel="valve"))
    assert (channel.name, channel.writable) == ("valve", True)


def test_one_pin_is_for_one_device(relay, active_low):
    driver = opened(relay, active_low)
    with pytest.raises(WrongPartError, match="another device"):
        opened(relay, active_low, bus=driver._bus)


def test_a_chip_that_is_gone_is_an_error_of_the_bus(relay, active_low):
    driver = opened(relay, active_low)

    def fail(*_):
        raise os_error(errno.ENODEV)

    relay.factory.pin(PIN)._set_state = fail
    with pytest.raises(BusError, match="GPIO22"):
        driver.write("on", True)


def test_a_line_that_does_not_follow_is_answered_as_it_is(relay, active_low):
    """As with a short on the line: what was ordered and what is are two things."""
    driver = opened(relay, active_low)
    relay.factory.pin(PIN)._set_state = lambda _: None
    assert driver.write("on", True) is False


def test_a_stuck_relay_does_not_move_though_its_pin_does(relay, active_low):
    driver = opened(relay, active_low)
    relay.faults.stuck = True
    assert driver.write("on", True) is True
    assert relay.positions == [False]


def test_without_a_driven_pin_the_relay_is_off(relay, active_low):
    opened(relay, active_low, boot=True)
    relay.factory.pin(PIN).function = "input"
    assert relay.positions == [True, False]


def done(driver, operation, **parameters):
    """Do an operation as the gateway does, without waiting; the steps that it asked for, and its result."""
    steps, asked = driver.operate(operation, parameters), []
    try:
        while True:
            step = next(steps)
            if step.write is not None:
                driver.write(*step.write)
            asked.append(step)
    except StopIteration as end:
        return asked, end.value


def test_it_says_what_it_can_be_asked_to_do():
    toggle, pulse, cycle = DigitalOutput.operations(DigitalOutputSettings(pin=PIN))
    assert (toggle.name, toggle.idempotent, toggle.parameters) == ("Toggle", False, ())
    assert (pulse.name, pulse.idempotent, [one.name for one in pulse.parameters]) == ("Pulse", False, ["for"])
    assert pulse.time_limit_s > pulse.parameters[0].high
    assert (cycle.name, cycle.idempotent) == ("StartCycle", False)
    assert [one.name for one in cycle.parameters] == ["on", "off", "times"]
    assert cycle.time_limit_s > CYCLE_S_MAX


def test_a_toggle_makes_it_what_it_is_not(relay, active_low):
    driver = opened(relay, active_low)
    assert [done(driver, "Toggle")[1] for _ in range(2)] == [True, False]
    assert relay.positions == [False, True, False]


@pytest.mark.parametrize("lasts_s", [0.01, 2.5, 3600.0])
def test_a_pulse_is_as_long_as_it_was_asked_for(relay, active_low, lasts_s):
    driver = opened(relay, active_low)
    steps, result = done(driver, "Pulse", **{"for": lasts_s})
    assert sum(step.wait_s for step in steps) == pytest.approx(lasts_s)
    assert (steps[-2].percent, result, relay.positions) == (100.0, False, [False, True, False])


def test_a_pulse_that_ends_early_is_off(relay, active_low):
    driver = opened(relay, active_low)
    steps = driver.operate("Pulse", {"for": 10.0})
    driver.write(*next(steps).write)
    next(steps)
    steps.close()
    assert relay.positions == [False, True, False]


CYCLES = st.tuples(st.floats(0.01, 30.0), st.floats(0.01, 30.0), st.integers(1, 20))


@given(CYCLES, st.booleans())
def test_a_cycle_is_on_and_off_as_often_and_as_long_as_it_was_asked_for(given, active_low):
    on, off, times = given
    relay = Relay(active_low=active_low)
    driver = opened(relay, active_low)
    steps, result = done(driver, "StartCycle", on=on, off=off, times=float(times))
    assert relay.positions == [False, *[True, False] * times]
    assert result is False
    assert sum(step.wait_s for step in steps) == pytest.approx(on * times + off * (times - 1))
    percents = [step.percent for step in steps if step.percent is not None]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (0.0, pytest.approx(100.0))


@given(CYCLES, st.integers(0, 200))
def test_a_cycle_that_ends_early_is_off(given, taken):
    on, off, times = given
    relay = Relay(active_low=False)
    driver = opened(relay, False)
    steps = driver.operate("StartCycle", {"on": on, "off": off, "times": float(times)})
    for _, step in zip(range(taken), steps, strict=False):
        if step.write is not None:
            driver.write(*step.write)
    steps.close()
    assert relay.positions[-1] is False


@pytest.mark.parametrize("parameters", [
    {"on": 1.0, "off": 1.0, "times": 2.5}, {"on": 3600.0, "off": 3600.0, "times": 13.0}
])  # fmt: skip
def test_a_cycle_that_cannot_be_is_refused_and_moves_nothing(relay, active_low, parameters):
    driver = opened(relay, active_low)
    with pytest.raises(BadValueError, match=r"whole numbers|allowed at most 86400 s"):
        done(driver, "StartCycle", **parameters)
    assert relay.positions == [False]


def test_what_it_cannot_do_now_or_ever_is_refused(relay, active_low):
    driver = opened(relay, active_low, boot=True)
    for operation in ("Pulse", "StartCycle", "Explode"):
        with pytest.raises(BadValueError):
            done(driver, operation, **{"for": 1.0, "on": 1.0, "off": 1.0, "times": 1.0})
    assert relay.positions == [True]
