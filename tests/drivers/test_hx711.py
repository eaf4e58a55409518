from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from drivers import registry
from drivers.base import BusError, NoAnswerError, WrongPartError
from drivers.bus import open_bus
from drivers.hx711 import Hx711, Hx711Settings, decode
from drivers.simulated.faults import Faults
from drivers.simulated.gpio import Load, SimulatedPinFactory
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.hx711 import SimulatedHx711
from drivers.simulated.world import WorldSettings
from tests.drivers.test_gpio_bus import broken
from tests.drivers.wiring import gpio_bus
from tests.simulation.virtual_clock import VirtualClock

DATA, CLOCK = 5, 6
OFFSET, SCALE = 84_200.0, 419_000.0


class Scale:
    """A scale with something on it."""

    def __init__(self, kilograms=2.0, **settings) -> None:
        self.kilograms = kilograms
        self.clock, self.faults = VirtualClock(), Faults()
        self.pulses, self.interrupted_every = 0, 0
        self.settings = Hx711Settings(**{"data": DATA, "clock": CLOCK, "offset": OFFSET, "scale": SCALE} | settings)
        self.part = SimulatedHx711(self.counts, self.settings.gain, self.clock, self.faults)
        wires = {CLOCK: Load(self.tick, active_low=False, faults=Faults()), DATA: self.part}
        self.factory = SimulatedPinFactory(wires, threading.RLock(), self.clock.now_s)
        self.driver = Hx711(gpio_bus(self.factory, self.clock), self.settings)
        self.driver.open()

    def tick(self, level: bool) -> None:
        """The machine has something else to do in the middle of some pulses."""
        self.part.clock(level)
        self.pulses += level
        if level and self.interrupted_every and self.pulses % self.interrupted_every == 0:
            self.clock.sleep(0.0001)

    def counts(self) -> float:
        return self.settings.offset + self.settings.scale * self.kilograms


@pytest.mark.parametrize(
    ("word", "counts"), [(0, 0), (1, 1), (0x7FFFFF, 8_388_607), (0x800000, -8_388_608), (0xFFFFFF, -1)]
)
def test_a_word_is_a_signed_number_of_24_bits(word, counts):
    assert decode(word) == counts


@examples(deadline=None, max_examples=40)
@given(st.floats(-19.0, 19.0), st.sampled_from([128, 64, 32]))
def test_every_weight_is_read_at_every_gain_from_the_first_reading_on(kilograms, gain):
    scale = Scale(kilograms, gain=gain)
    for _ in range(2):
        assert scale.driver.read() == {"weight": pytest.approx(kilograms, abs=1 / SCALE)}


def test_a_gauge_that_is_wired_the_other_way_round_weighs_as_well():
    scale = Scale(3.0, scale=-SCALE)
    assert scale.driver.read() == {"weight": pytest.approx(3.0, abs=1 / SCALE)}
    (channel,) = Hx711.channels(scale.settings)
    assert channel.low < 0 < channel.high


def test_a_wild_conversion_does_not_count():
    scale = Scale(2.0)
    scale.faults.corrupt_every = 4
    assert scale.driver.read() == {"weight": pytest.approx(2.0, abs=1 / SCALE)}


@pytest.mark.parametrize("every", [400, 250, 200])
def test_what_was_interrupted_is_thrown_away_and_done_again(every):
    scale = Scale(2.0, gain=64)
    scale.interrupted_every = every
    for _ in range(3):
        began_s = scale.clock.now_s()
        assert scale.driver.read() == {"weight": pytest.approx(2.0, abs=1 / SCALE)}
        assert scale.clock.now_s() - began_s < 1.8
    assert scale.pulses > every


def test_a_machine_that_is_always_interrupted_says_so():
    scale = Scale()
    scale.interrupted_every = 7
    with pytest.raises(NoAnswerError, match="0 good conversions of 5 in time; a clock pulse must not take 60 us"):
        scale.driver.read()


@pytest.mark.parametrize("kilograms", [25.0, -25.0])
def test_beyond_its_range_there_is_no_weight(kilograms):
    with pytest.raises(NoAnswerError, match="GPIO5 and GPIO6: beyond its range"):
        Scale(kilograms).driver.read()


def test_a_part_that_is_absent_does_not_answer_and_comes_back():
    scale = Scale()
    scale.faults.absent = True
    with pytest.raises(NoAnswerError, match="does not answer"):
        scale.driver.read()
    assert scale.clock.now_s() < 1.0
    scale.faults.absent = False
    assert scale.driver.read() == {"weight": pytest.approx(2.0, abs=1 / SCALE)}


def test_a_data_line_that_is_held_low_is_no_weight():
    scale = Scale()
    scale.part.edges = lambda: iter([(0.0, False)])
    with pytest.raises(NoAnswerError, match="0 good conversions"):
        scale.driver.read()


def test_a_stuck_part_repeats_itself():
    scale = Scale()
    scale.driver.read()
    scale.faults.stuck = True
    scale.kilograms = 9.0
    assert scale.driver.read() == {"weight": pytest.approx(2.0, abs=1 / SCALE)}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"data": 6}, "data and clock are both 6"),
        ({"gain": 100}, "gain 100; 128, 64 and 32"),
        ({"scale": 0.0}, "scale 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Hx711Settings(**settings)


def test_a_pin_that_cannot_be_had_lets_the_other_go():
    scale = Scale()
    scale.driver.close()
    scale.driver._bus.input(DATA)
    with pytest.raises(WrongPartError, match="GPIO5: another device"):
        scale.driver.open()
    scale.driver._bus.release(DATA)
    scale.driver.open()
    assert scale.driver.read()


def test_a_closed_part_says_so():
    scale = Scale()
    scale.driver.close()
    scale.driver.close()
    with pytest.raises(BusError, match="not open"):
        scale.driver.read()
    assert scale.driver._bus._held == set()


@pytest.mark.parametrize("pin", [DATA, CLOCK])
def test_a_chip_that_is_gone_is_an_error_of_the_bus(pin):
    scale = Scale()
    broken(scale.factory, pin)
    with pytest.raises(BusError, match=f"GPIO{pin}"):
        scale.driver.read()


def test_in_the_world_it_weighs_the_hopper():
    clock, settings = VirtualClock(), Hx711Settings()
    hardware = SimulatedHardware(WorldSettings(), clock, {"pins": [SimulatedDevice("hopper", "hx711", settings)]})
    bus = open_bus("gpio", backend=hardware.backend("pins"))
    bus.clock = clock
    driver = registry.get("hx711")(bus, settings)
    driver.open()
    assert driver.read() == {"weight": pytest.approx(hardware.world.value("hopper.weight"), abs=0.0001)}
