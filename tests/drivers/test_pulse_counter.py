from __future__ import annotations

import math
import threading

import pytest

from drivers.base import BadValueError, BusError, WrongPartError
from drivers.bus.gpio import Pull
from drivers.pulse_counter import MeterUnit, PulseCounter, PulseCounterSettings
from drivers.simulated.faults import Faults
from drivers.simulated.gpio import SimulatedPinFactory
from drivers.simulated.pulses import Pulses
from tests.drivers.test_gpio_bus import broken
from tests.drivers.wiring import gpio_bus
from tests.simulation.virtual_clock import VirtualClock

PIN = 17


class Meter:
    """A meter with a contact, and the counter that it is wired to."""

    def __init__(self, **settings) -> None:
        self.clock, self.faults, self.turned = VirtualClock(100.0), Faults(), 0.0
        self.settings = PulseCounterSettings(pin=PIN, **settings)
        contact = Pulses(lambda: self.turned, 1.0, self.clock, self.faults, active_low=self.settings.active_low)
        self.factory = SimulatedPinFactory({PIN: contact}, threading.RLock(), self.clock.now_s)
        self.counter = PulseCounter(gpio_bus(self.factory, self.clock), self.settings)
        self.counter.open()

    def turn(self, pulses: float, seconds: float) -> None:
        """So many pulses, evenly."""
        self.clock.sleep(seconds)
        self.turned += pulses
        self.factory.refresh()

    def set_total(self, total):
        steps = self.counter.operate("SetTotal", {"total": total})
        with pytest.raises(StopIteration) as ended:
            next(steps)
        return ended.value.value


@pytest.mark.parametrize(("active_low", "pull"), [(True, Pull.UP), (True, Pull.NONE), (False, Pull.DOWN)])
def test_every_pulse_is_counted_whichever_way_the_meter_is_wired(active_low, pull):
    meter = Meter(active_low=active_low, pull=pull)
    assert meter.counter.read() == {"total": 0.0}
    meter.turn(10, 10.0)
    assert meter.counter.read() == {"total": 10.0, "rate": pytest.approx(1.0)}
    meter.turn(5, 1.0)
    assert meter.counter.read() == {"total": 15.0, "rate": pytest.approx(5.0)}


@pytest.mark.parametrize(
    ("unit", "pulses_per_unit", "units", "total", "rate"),
    [
        (MeterUnit.KWH, 1000, ("J", "W"), 36_000.0, 3600.0),
        (MeterUnit.M3, 100, ("m3", "m3/s"), 0.1, 0.01),
        (MeterUnit.LITRE, 450, ("m3", "m3/s"), 10 / 450_000, 1 / 450_000),
        (MeterUnit.MM, 1 / 0.2794, ("m", "m/s"), 0.002794, 0.0002794),
        (MeterUnit.M, 1.5, ("m", "m/s"), 10 / 1.5, 1 / 1.5),
        (MeterUnit.COUNT, 1, ("count", "1/s"), 10.0, 1.0),
    ],
)
def test_total_and_rate_are_in_primary_units_whatever_stands_on_the_meter(unit, pulses_per_unit, units, total, rate):
    meter = Meter(unit=unit, pulses_per_unit=pulses_per_unit)
    channels = PulseCounter.channels(meter.settings)
    assert tuple(one.unit for one in channels) == units
    meter.turn(10, 10.0)
    assert meter.counter.read() == pytest.approx({"total": total, "rate": rate})


def test_the_rate_sinks_when_no_pulse_comes_and_is_zero_at_last():
    meter = Meter(still_after_s=600.0)
    meter.turn(2, 2.0)
    seen = []
    for seconds in (0.5, 9.5, 490.0, 200.0):
        meter.turn(0, seconds)
        seen.append(meter.counter.read()["rate"])
    assert seen == [1.0, pytest.approx(0.1, rel=0.01), pytest.approx(1 / 500, rel=0.01), 0.0]


def test_the_rate_does_not_depend_on_when_it_is_read():
    meter = Meter()
    meter.turn(10, 100.0)
    meter.clock.sleep(3.7)
    assert meter.counter.read()["rate"] == pytest.approx(0.1)


def test_pulses_that_follow_each_other_too_fast_are_bounces():
    meter = Meter(debounce_s=0.05)
    meter.turn(100, 1.0)
    assert meter.counter.read()["total"] == 1.0


def test_the_total_begins_with_what_the_meter_showed():
    meter = Meter(unit=MeterUnit.KWH, pulses_per_unit=1000, start=12.5)
    meter.counter.resume({})
    meter.turn(1000, 100.0)
    assert meter.counter.read()["total"] == pytest.approx(13.5 * 3.6e6)


def test_the_total_goes_on_over_a_restart_and_the_rate_begins_anew():
    before, after = Meter(start=7.0), Meter(start=7.0)
    before.turn(3, 3.0)
    before.counter.close()
    after.counter.resume(before.counter.memory())
    assert after.counter.read() == {"total": 10.0}
    after.turn(2, 4.0)
    assert after.counter.read() == {"total": 12.0, "rate": pytest.approx(0.5)}


@pytest.mark.parametrize("total", [-1.0, math.nan, math.inf, "12", True])
def test_a_total_that_makes_no_sense_is_passed_over(total):
    meter = Meter(start=7.0)
    meter.counter.resume({"total": total})
    assert meter.counter.read() == {"total": 7.0}


def test_a_total_that_cannot_be_known_is_not_read_until_it_is_set():
    meter = Meter(start=7.0)
    meter.counter.resume(None)
    meter.turn(4, 4.0)
    assert meter.counter.read() == {"rate": pytest.approx(1.0)}
    assert meter.counter.memory() == {}
    assert meter.set_total(20.0) == 20.0
    meter.turn(4, 4.0)
    assert meter.counter.memory() == {"total": 24.0}


def test_the_total_can_be_set_to_what_the_meter_shows():
    meter = Meter(unit=MeterUnit.M3, pulses_per_unit=100)
    meter.turn(5, 5.0)
    assert meter.set_total(1234.5) == 1234.5
    meter.turn(1, 1.0)
    assert meter.counter.read()["total"] == pytest.approx(1234.51)
    (operation,) = PulseCounter.operations(meter.settings)
    assert (operation.name, operation.idempotent, operation.parameters[0].unit) == ("SetTotal", True, "m3")


def test_another_operation_is_refused():
    with pytest.raises(BadValueError, match="no operation 'Toggle'"):
        next(Meter().counter.operate("Toggle", {}))


def test_neither_channel_can_be_written():
    with pytest.raises(BadValueError, match="'total' cannot be written"):
        Meter().counter.write("total", 5.0)


def test_after_a_failure_of_the_chip_the_total_goes_on_and_the_gap_is_no_interval():
    meter = Meter()
    meter.turn(10, 10.0)
    meter.counter.close()
    meter.turn(5, 500.0)
    meter.counter.open()
    assert meter.counter.read() == {"total": 10.0}
    meter.turn(2, 2.0)
    assert meter.counter.read() == {"total": 12.0, "rate": pytest.approx(1.0)}


def test_a_contact_that_is_stuck_gives_no_pulses():
    meter = Meter()
    meter.turn(3, 3.0)
    meter.faults.stuck = True
    meter.turn(3, 3.0)
    assert meter.counter.read()["total"] == 3.0


def test_a_closed_counter_says_so_and_a_pin_has_one_owner():
    meter = Meter()
    other = PulseCounter(meter.counter._bus, meter.settings)
    with pytest.raises(WrongPartError, match="another device"):
        other.open()
    other.close()
    meter.counter.close()
    meter.counter.close()
    with pytest.raises(BusError, match="GPIO17: not open"):
        meter.counter.read()
    assert meter.factory.pin(PIN).when_changed is None


def test_a_chip_that_is_gone_is_an_error_of_the_bus_and_costs_no_total():
    meter = Meter()
    meter.turn(3, 3.0)
    broken(meter.factory, PIN)
    with pytest.raises(BusError, match="GPIO17"):
        meter.counter.read()
    assert meter.counter.memory() == {"total": 3.0}


def test_pulses_from_one_thread_and_readings_from_another_lose_nothing():
    meter = Meter(debounce_s=0.0)
    totals = [0.0]

    def run() -> None:
        for _ in range(200):
            meter.turn(1, 0.1)

    thread = threading.Thread(target=run)
    thread.start()
    while thread.is_alive():
        totals.append(meter.counter.read()["total"])
    thread.join()
    assert totals == sorted(totals)
    assert meter.counter.read()["total"] == 200.0
