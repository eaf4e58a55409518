from __future__ import annotations

import errno
import gc
import threading

import pytest

from drivers.base import BusError, WrongPartError
from drivers.bus.gpio import GpioBus, Pull
from drivers.simulated.gpio import SimulatedPinFactory
from tests.drivers.wiring import gpio_bus, os_error
from tests.simulation.virtual_clock import VirtualClock


@pytest.fixture
def factory():
    return SimulatedPinFactory({}, threading.RLock())


@pytest.fixture
def bus(factory):
    return gpio_bus(factory)


def levels(factory, number: int) -> list[bool]:
    """Every level that the line has had since it was first used."""
    return [bool(state.state) for state in factory.pin(number).states]


@pytest.mark.parametrize("active_low", [False, True])
def test_an_input_gives_the_level_by_its_active_end(bus, factory, active_low):
    pin = bus.input(17, active_low=active_low)
    factory.pin(17).drive_high()
    assert pin.read() is not active_low
    factory.pin(17).drive_low()
    assert pin.read() is active_low


@pytest.mark.parametrize(("pull", "level"), [(Pull.UP, True), (Pull.DOWN, False)])
def test_an_input_that_nobody_drives_has_the_level_of_its_pull(bus, pull, level):
    assert bus.input(17, pull=pull).read() is level


def test_every_edge_is_told_with_its_level(bus, factory):
    seen: list[bool] = []
    pin = bus.input(17, pull=Pull.UP, active_low=True)
    pin.listen(seen.append)
    factory.pin(17).drive_low()
    factory.pin(17).drive_high()
    assert seen == [True, False]


@pytest.mark.parametrize(("dated_s", "told_s"), [(99.5, 99.5), (100.0, 100.0), (1.7e9, 100.0)])
def test_an_edge_has_the_time_that_it_was_dated_unless_that_is_by_another_clock(dated_s, told_s):
    clock, seen = VirtualClock(100.0), []
    factory = SimulatedPinFactory({}, threading.RLock(), lambda: dated_s)
    bus = gpio_bus(factory, clock)
    bus.input(17, pull=Pull.DOWN).edges(lambda *edge: seen.append(edge))
    factory.pin(17).drive_high()
    assert seen == [(True, told_s)]


def test_a_pulse_is_two_levels_whichever_end_is_active(bus, factory):
    for pin, active_low in ((22, False), (23, True)):
        line = bus.output(pin, active_low=active_low)
        factory.pin(pin).clear_states()
        line.pulse()
        assert levels(factory, pin) == [active_low, not active_low, active_low]


def test_a_listener_outlives_everybody_who_forgets_the_pin(bus, factory):
    seen: list[bool] = []
    bus.input(17).listen(seen.append)
    gc.collect()
    factory.pin(17).drive_high()
    assert seen == [True]


def test_a_listener_that_is_taken_away_hears_nothing_more(bus, factory):
    seen: list[bool] = []
    pin = bus.input(17)
    pin.listen(seen.append)
    pin.listen(None)
    factory.pin(17).drive_high()
    pin.listen(seen.append)
    bus.release(17)
    factory.pin(17).drive_low()
    assert seen == []


@pytest.mark.parametrize("active_low", [False, True])
@pytest.mark.parametrize("initial", [False, True])
def test_an_output_has_its_first_level_from_the_first_moment(bus, factory, active_low, initial):
    factory.pin(22).input_with_pull("up" if initial is not active_low else "down")
    factory.pin(22).clear_states()
    pin = bus.output(22, active_low=active_low, initial=initial)
    assert pin.read() is initial
    assert levels(factory, 22) == [initial is not active_low]


@pytest.mark.parametrize("active_low", [False, True])
def test_an_output_drives_the_line_by_its_active_end(bus, factory, active_low):
    pin = bus.output(22, active_low=active_low)
    pin.write(True)
    assert factory.pin(22).state is not active_low
    assert pin.read() is True
    pin.write(False)
    assert factory.pin(22).state is active_low
    assert pin.read() is False


def test_an_output_stays_driven_when_it_is_released_and_the_bus_is_closed(bus, factory):
    bus.output(22).write(True)
    bus.release(22)
    bus.close()
    gc.collect()
    assert factory.pin(22).function == "output"
    assert factory.pin(22).state is True


def test_an_output_that_is_taken_up_again_keeps_its_level(bus, factory):
    bus.output(22, initial=False).write(True)
    bus.release(22)
    factory.pin(22).clear_states()
    assert bus.output(22, initial=False).read() is True
    assert levels(factory, 22) == [True]


def test_an_input_is_free_when_it_is_released(bus, factory):
    bus.input(17, pull=Pull.UP)
    bus.close()
    assert factory.pin(17).when_changed is None
    assert bus.output(17, initial=True).read() is True


def test_a_pin_belongs_to_one_device(bus):
    bus.input(17)
    bus.output(22)
    for take in (bus.input, bus.output):
        for pin in (17, 22):
            with pytest.raises(WrongPartError, match=f"GPIO{pin}: another device"):
                take(pin)


def test_a_pin_that_this_process_drives_is_not_made_an_input(bus):
    bus.output(22)
    bus.release(22)
    with pytest.raises(WrongPartError, match="driven by this process"):
        bus.input(22)


@pytest.mark.parametrize("take", ["input", "output"])
def test_a_pin_that_the_board_does_not_have_is_named(bus, take):
    with pytest.raises(WrongPartError, match="GPIO77: the board has no such line"):
        getattr(bus, take)(77)


def test_a_pull_that_the_board_does_not_allow_is_named(bus):
    with pytest.raises(WrongPartError, match=r"GPIO2.*choose another pull"):
        bus.input(2, pull=Pull.DOWN)


def test_a_pin_that_could_not_be_had_is_not_held(bus):
    with pytest.raises(WrongPartError):
        bus.input(2, pull=Pull.DOWN)
    assert bus.input(2, pull=Pull.UP).read() is True


def test_a_missing_chip_is_asked_for_again(factory):
    answers = [BusError("no chip"), factory]

    def opener():
        answer = answers.pop(0)
        if isinstance(answer, BusError):
            raise answer
        return answer

    bus = GpioBus(opener)
    with pytest.raises(BusError, match="no chip"):
        bus.input(17)
    assert bus.input(17, pull=Pull.UP).read() is True


def broken(factory, number: int) -> None:
    """From now on the line answers as on a chip that was pulled out."""

    def fail(*_):
        raise os_error(errno.ENODEV)

    pin = factory.pin(number)
    pin._get_state = pin._set_state = pin._set_function = pin._enable_event_detect = fail


def test_a_chip_that_is_gone_is_an_error_of_the_bus(bus, factory):
    contact, relay = bus.input(17), bus.output(22)
    broken(factory, 17)
    broken(factory, 22)
    calls = [contact.read, lambda: contact.listen(print), relay.read, lambda: relay.write(True)]
    for call in calls:
        with pytest.raises(BusError, match=r"GPIO(17|22): .*No such device"):
            call()
    bus.close()


def test_an_opener_may_fail_as_the_operating_system_does():
    def opener():
        raise os_error(errno.ENODEV)

    with pytest.raises(BusError, match="gpio chip 0 cannot be opened"):
        GpioBus(opener, device="0").input(17)
