from __future__ import annotations

import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import registry
from drivers.bus import open_bus
from drivers.pulse_counter import MeterUnit, PulseCounterSettings
from drivers.simulated.faults import Faults
from drivers.simulated.gpio import Dimmed, SimulatedPinFactory
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.pulses import PULSES_MAX, Pulses
from drivers.simulated.world import WorldSettings
from tests.simulation.virtual_clock import VirtualClock

looks = st.lists(st.tuples(st.integers(0, 200).map(lambda quarters: quarters / 4), st.integers(0, 60)), max_size=20)


@given(looks, st.booleans())
def test_pulses_are_as_many_as_the_quantity_has_steps_in_the_order_of_their_times(looks, active_low):
    clock, turned = VirtualClock(), [0.0]
    contact = Pulses(lambda: turned[0], 1.0, clock, Faults(), active_low=active_low)
    edges = []
    for more, seconds in looks:
        clock.sleep(seconds)
        turned[0] += more
        edges += contact.edges()
    assert sum(level is not active_low for _, level in edges) == int(turned[0])
    assert all(after_s - before_s > -1e-9 for (before_s, _), (after_s, _) in pairwise(edges))
    assert all(level is active_low for _, level in edges[-1:])
    assert all(-1e-9 <= at_s <= clock.now_s() + 1e-9 for at_s, _ in edges)


def test_so_many_pulses_that_nobody_can_follow_are_cut_off():
    clock, turned = VirtualClock(), [0.0]
    contact = Pulses(lambda: turned[0], 1.0, clock, Faults(), active_low=True)
    clock.sleep(1.0)
    turned[0] = 1e6
    assert len(list(contact.edges())) == 2 * PULSES_MAX


@pytest.mark.parametrize(
    ("unit", "pulses_per_unit", "quantity"),
    [
        (MeterUnit.KWH, 1000, "mains.energy"),
        (MeterUnit.LITRE, 10, "water.volume"),
        (MeterUnit.M, 1.5, "wind.run"),
        (MeterUnit.COUNT, 1, "wheel.turns"),
    ],
)
def test_a_meter_in_the_world_counts_what_there_was(unit, pulses_per_unit, quantity):
    clock = VirtualClock()
    settings = PulseCounterSettings(pin=17, unit=unit, pulses_per_unit=pulses_per_unit)
    device = SimulatedDevice("meter", "pulse_counter", settings)
    hardware = SimulatedHardware(WorldSettings(speed=1.0), clock, {"pins": [device]})
    assert hardware.couplings == {"meter/total": quantity}
    bus = open_bus("gpio", backend=hardware.backend("pins"))
    bus.clock = clock
    counter = registry.get("pulse_counter")(bus, settings)
    counter.open()
    for _ in range(10):
        clock.sleep(60.0)
        readings = counter.read()
    step = counter.channels(settings)[0].resolution
    assert readings["total"] == pytest.approx(hardware.world.value(quantity), abs=1.01 * step)
    assert readings["rate"] == pytest.approx(hardware.world.value(quantity) / 600, rel=0.1)


@pytest.mark.parametrize("active_low", [False, True])
def test_what_is_pulsed_is_told_the_share_of_the_time(active_low):
    turns: list[float] = []
    factory = SimulatedPinFactory({22: Dimmed(turns.append, active_low, Faults())}, threading.RLock())
    pin = factory.pin(22)
    pin.output_with_pulses(100.0, 0.25)
    assert (pin.frequency, pin.state) == (100.0, 0.25)
    pin.state = 1.0
    pin.input_with_pull("up")
    assert turns == ([0.75, 0.0, 0.0] if active_low else [0.25, 1.0, 0.0])
    assert pin.frequency is None
