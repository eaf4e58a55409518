from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import NoAnswerError, WrongPartError
from drivers.ina2xx import Ina219, Ina219Settings, Ina226, Ina226Settings, config_219, config_226, signed
from drivers.simulated.ina2xx import SimulatedIna219, SimulatedIna226, Supply
from drivers.simulated.registers import signed_word
from tests.drivers.parts import with_chip
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock

ALL = pytest.mark.parametrize("name", ["ina219", "ina226", "ina260"])
STEP_A = {"ina219": 10e-6 / 0.1, "ina226": 2.5e-6 / 0.1, "ina260": 0.00125}


@pytest.fixture
def clock():
    return VirtualClock()


def chip_of(name, clock, volts=12.0, amperes=-0.5):
    supply = Supply(lambda: volts, lambda: amperes, STEP_A[name])
    if name == "ina219":
        return SimulatedIna219(clock, supply)
    return SimulatedIna226(clock, supply, {"ina226": 0x2260, "ina260": 0x2270}[name])


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        (Ina219Settings(), 0x3DDB),
        (Ina219Settings(max_current=0.4, samples=1), 0x2443),
        (Ina219Settings(max_current=1.6, samples=128), 0x37FB),
        (Ina219Settings(max_current=0.8, samples=2), 0x2CCB),
    ],
)
def test_a_configuration_is_the_word_of_the_datasheet(settings, word):
    assert config_219(settings) == word


@pytest.mark.parametrize(("samples", "die", "word"), [(1, 0x2260, 0x4123), (16, 0x2260, 0x4523), (1, 0x2270, 0x6123)])
def test_the_newer_parts_keep_the_bits_that_read_as_one(samples, die, word):
    assert config_226(samples, die) == word


@pytest.mark.parametrize(("word", "value"), [(0x8000, -32768), (0xFFFF, -1), (0x0000, 0), (0x7FFF, 32767)])
def test_a_word_has_a_sign(word, value):
    assert signed(word) == value


@given(st.integers(-32768, 32767))
def test_a_number_comes_back_from_its_word(value):
    assert signed(signed_word(value)) == value


@ALL
@pytest.mark.parametrize("amperes", [-0.39, -0.0025, 0.0, 0.0025, 0.39])
def test_current_flows_both_ways_and_power_with_it(name, clock, amperes):
    driver = with_chip(name, chip_of(name, clock, amperes=amperes), clock)
    driver.open()
    assert driver.read() == {
        "voltage": pytest.approx(12.0),
        "current": pytest.approx(amperes, abs=STEP_A[name] / 2 + 1e-9),
        "power": pytest.approx(12.0 * amperes, abs=6.1 * STEP_A[name] + 1e-5),
    }


def test_the_example_of_the_datasheet_comes_out(clock):
    chip = SimulatedIna226(clock, Supply(lambda: 11.98, lambda: 10.0, 2.5e-6 / 0.002))
    bus = i2c_bus({0x40: chip}, clock)
    bus.write_register(0x40, 0x05, b"\x0a\x00")
    driver = Ina226(bus, Ina226Settings(shunt=0.002))
    driver.open()
    assert driver.read() == {"voltage": 11.98, "current": 10.0, "power": 119.8}
    words = [int.from_bytes(bus.read_register(0x40, register, 2)) for register in (1, 2, 3, 4)]
    assert words == [0x1F40, 0x2570, 0x12B8, 0x2710]


def test_a_current_beyond_the_range_is_out_of_the_channels_range(clock):
    chip = chip_of("ina219", clock, amperes=9.0)
    driver = with_chip("ina219", chip, clock, max_current=0.4)
    driver.open()
    current = Ina219.channels(Ina219Settings(max_current=0.4))[1]
    assert driver.read()["current"] == pytest.approx(0.4)
    assert 0.3998 < current.high < 0.4


@pytest.mark.parametrize("samples", [1, 8, 128])
def test_a_measurement_takes_the_time_of_its_samples(clock, samples):
    driver = with_chip("ina219", chip_of("ina219", clock), clock, samples=samples)
    before_s = clock.now_s()
    driver.read()
    assert 0.00106 * samples <= clock.now_s() - before_s < 0.00107 * samples * 1.15


@ALL
def test_a_measurement_that_never_ends_is_given_up(name, clock):
    chip = chip_of(name, clock)
    driver = with_chip(name, chip, clock)
    chip._clock = VirtualClock()
    with pytest.raises(NoAnswerError, match="does not end"):
        driver.read()


@ALL
def test_a_load_dump_that_resets_the_part_costs_no_reading(name, clock):
    chip = chip_of(name, clock)
    driver = with_chip(name, chip, clock)
    driver.open()
    chip.stored(0, 0x8000)
    assert driver.read()["current"] == pytest.approx(-0.5, abs=0.001)


def test_parts_of_one_address_are_told_from_each_other(clock):
    for there, configured in (("ina226", "ina219"), ("ina219", "ina226"), ("ina260", "ina226"), ("ina226", "ina260")):
        with pytest.raises(WrongPartError, match="another part answers"):
            with_chip(configured, chip_of(there, clock), clock).open()


def test_without_a_calibration_the_parts_own_current_is_nothing(clock):
    bus = i2c_bus({0x40: chip_of("ina219", clock)}, clock)
    bus.write_register(0x40, 0, b"\x3d\xdb")
    clock.sleep(0.1)
    assert bus.read_register(0x40, 4, 2) == b"\x00\x00"
    bus.write_register(0x40, 5, b"\x10\x01")
    assert bus.read_register(0x40, 5, 2) == b"\x10\x00"
    assert int.from_bytes(bus.read_register(0x40, 4, 2), signed=True) == -5000


def test_a_current_that_no_range_holds_is_refused():
    with pytest.raises(ValueError, match=r"at most 3\.2 A"):
        Ina219Settings(max_current=5.0)
    assert Ina219Settings(max_current=32.0, shunt=0.01).max_current == 32.0
